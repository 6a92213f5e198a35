"""email: a mail address for a mail address."""

from typing import Final

from proxy.masking.column import Column
from proxy.masking.method import KeyedMethod, text_kernel, text_problem
from proxy.masking.plan import Kernel

STAND_IN: Final = "@example.com"
TOKEN: Final = 16  # characters of base32: 80 bits


class Email(KeyedMethod, tag="email", frozen=True):
    """A keyed address at example.com: mia@corp.example becomes k3x7q2m5wzapd4fh@example.com.

    keep_domain: the value's own domain instead; what is no mail address is then redacted. Different values get
    different addresses, but for one pair in 2^80; a column too short for 16 characters before the @ gets fewer."""

    keep_domain: bool = False

    def problem(self, column: Column) -> str:
        """Fits texts with room for one character at example.com."""
        if column.is_text and column.limit <= len(STAND_IN):
            return f"email needs {len(STAND_IN) + 1} characters, and the type is {column.display}"
        return text_problem("email", column)

    def kernel(self, column: Column) -> Kernel:
        """One of two kernels."""
        return text_kernel("email_in_domain" if self.keep_domain else "email", column)

    def warning(self, column: Column) -> str:
        """Says where the column leaves too few characters before the @."""
        left = column.limit - len(STAND_IN)
        return "" if left >= TOKEN else f"email: {left} characters before the @ are not enough to keep values apart"
