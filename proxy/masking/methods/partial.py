"""partial: keeps the ends of a text and fills what is between."""

from typing import Annotated

from msgspec import Meta, structs

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.method import Method, text_kernel, text_problem
from proxy.masking.plan import Kernel


class Partial(Method, tag="partial", frozen=True):
    """Keeps the first and last characters and stars the rest: 4111111111111111 becomes ************1111.

    A text that would keep all its characters keeps none; an empty one is redacted."""

    keep_first: Annotated[int, Meta(ge=0, le=1000)] = 0
    keep_last: Annotated[int, Meta(ge=0, le=1000)] = 0
    fill: Annotated[str, Meta(min_length=1, max_length=1)] = "*"

    def problem(self, column: Column) -> str:
        """Fits texts. A name has a length in bytes, so it takes a fill of one byte."""
        if column.type_oid == oids.NAME and not self.fill.isascii():
            return "partial: fill must be an ASCII character where the type is name"
        if any(0xD800 <= ord(character) <= 0xDFFF or character == "\x00" for character in self.fill):
            return "partial: fill must be a character that PostgreSQL can store"
        return text_problem("partial", column)

    def kernel(self, column: Column) -> Kernel:
        """The kernel with what it keeps."""
        return structs.replace(
            text_kernel("partial", column), first=self.keep_first, last=self.keep_last, fill=self.fill.encode()
        )
