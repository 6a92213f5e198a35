"""What a masking method is: a name in the rules, its parameters, and how it masks a column."""

import msgspec

from proxy.masking.column import Column
from proxy.masking.constants import redacted
from proxy.masking.plan import Constants, Kernel

__all__ = ["Column", "KeyedMethod", "Method"]


class Method(msgspec.Struct, frozen=True, tag_field="method", forbid_unknown_fields=True):
    """One entry under `masks`. A subclass answers for every column: problem() in words, or kernel()."""

    def problem(self, column: Column) -> str:
        """Why its values cannot be values of this column, in words; empty where they can."""
        raise NotImplementedError

    def kernel(self, column: Column) -> Kernel:
        """The kernel that masks this column, where there is no problem."""
        raise NotImplementedError

    def constants(self, column: Column) -> Constants:
        """What stands in for a value that the kernel cannot take."""
        return redacted(column)

    def warning(self, column: Column) -> str:
        """What a person should know about this mask on this column, in words; empty where nothing."""
        return ""

    def element(self, column: Column) -> "Method":
        """The method for the elements of an array, where kernel() says array."""
        return self


class KeyedMethod(Method, frozen=True):
    """A method whose values depend on a key. domain: values that must mask alike share it; empty: the classified
    type. version: of the key; None: the current one."""

    domain: str = ""
    version: int | None = None


def text_problem(name: str, column: Column) -> str:
    """Why a method that makes texts cannot mask this column; empty where it can."""
    if column.is_text:
        return ""
    return f"{name} makes a text, which is no value of type {column.display}; auto, redact and null fit every type"


def text_kernel(name: str, column: Column) -> Kernel:
    """A kernel that makes texts for this column; its own settings are still missing."""
    return Kernel(name, limit=column.limit, pad=column.pad, blank=column.blank)
