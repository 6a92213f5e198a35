class Aes:
    """A key of 16 or 32 bytes. engine: "hardware", "table", or "best": hardware where the processor has it.
    Raises ValueError: another length, another engine, no such hardware."""

    def __init__(self, key: bytes, engine: str = "best") -> None: ...
    def encrypt(self, block: bytes) -> bytes:
        """One block, shape (16,) in and out. Raises ValueError: another length."""

    def digest(self, message: bytes) -> bytes:
        """The CMAC of a message, shape (16,)."""

    def digest_pieces(self, pieces: list[bytes]) -> bytes:
        """The CMAC of a message that comes in pieces, shape (16,)."""

def engines() -> tuple[str, ...]:
    """The engines that this processor can run."""
