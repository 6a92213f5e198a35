"""fixed: a constant that the rules give."""

from proxy.masking.column import Column
from proxy.masking.literals import encode
from proxy.masking.method import Method
from proxy.masking.plan import CONSTANT, Constants, Kernel


class Fixed(Method, tag="fixed", frozen=True):
    """The same given value for every value: {method: fixed, value: 'n/a'}."""

    value: str | int | float | bool

    def problem(self, column: Column) -> str:
        """Fits where the value is one of the column's type."""
        try:
            encode(self.value, column)
        except ValueError as error:
            return f"fixed: {error}"
        return ""

    def kernel(self, column: Column) -> Kernel:
        """The constant."""
        return CONSTANT

    def constants(self, column: Column) -> Constants:
        """The given value."""
        return encode(self.value, column)
