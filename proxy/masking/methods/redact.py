"""redact: one constant for all values of a type."""

from proxy.masking.column import Column
from proxy.masking.method import Method
from proxy.masking.plan import CONSTANT, Kernel


class Redact(Method, tag="redact", frozen=True):
    """The same valid value whatever it hides: 'redacted', 0, 2000-01-01. A type that nobody knows becomes NULL."""

    def problem(self, column: Column) -> str:
        """Fits every type."""
        return ""

    def kernel(self, column: Column) -> Kernel:
        """The constant."""
        return CONSTANT
