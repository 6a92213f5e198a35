"""null: nothing at all."""

from proxy.masking.column import Column
from proxy.masking.method import Method
from proxy.masking.plan import CONSTANT, NOTHING, Constants, Kernel


class Null(Method, tag="null", frozen=True):
    """NULL for every value."""

    def problem(self, column: Column) -> str:
        """Fits every type."""
        return ""

    def kernel(self, column: Column) -> Kernel:
        """The constant, which there is none of."""
        return CONSTANT

    def constants(self, column: Column) -> Constants:
        """NULL."""
        return NOTHING
