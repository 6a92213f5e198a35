class ColumnMask:
    """How one column's values are masked. constants: what a value becomes that the kernel cannot take, as text and in
    binary; None is NULL. Raises ValueError: an unknown kernel."""

    def __init__(self, method: str, kernel: str, constants: tuple[bytes | None, bytes | None]) -> None: ...
    @property
    def method(self) -> str:
        """The method's name in the rules."""
