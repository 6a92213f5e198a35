from typing import Final

from proxy.masking.plan import Constants, Kernel

UNKEYED: Final[frozenset[str]]

class ColumnMask:
    """How one column's values are masked. kernel: its name and settings (proxy.masking.plan). constants: what a value
    becomes that the kernel cannot take, as text and in binary; None is NULL. key: 16 or 32 bytes, for keyed kernels.
    Raises ValueError: no such kernel, no key, no element for an array, settings out of their range."""

    def __init__(
        self,
        method: str,
        kernel: Kernel,
        constants: Constants,
        key: bytes | None = None,
        element: ColumnMask | None = None,
    ) -> None: ...
    def hide_null(self) -> None:
        """From now on NULL becomes the constant too: whether a derived value is NULL tells of what it hides."""
    @property
    def method(self) -> str:
        """The method's name in the rules, for the record."""

def kernels() -> tuple[str, ...]:
    """The names of all kernels."""
