from proxy.lane.verdict import Verdict

class Table:
    """context, template to verdict. limit: entries that are kept, rounded up to a power of two; bytes_limit: of their
    keys together. Raises ValueError: a limit below 8; MemoryError."""

    count: int
    evicted: int
    held: int
    def __init__(self, *, limit: int, bytes_limit: int = ...) -> None: ...
    def find(self, context: int, key: bytes) -> Verdict | None:
        """The verdict under that key, None where there is none."""

    def remember(self, context: int, key: bytes, verdict: Verdict) -> None:
        """Places verdict; what stood under that key is replaced. The caller keeps verdict while it is in use."""

    def forget(self) -> None:
        """Empties the table: the rules have changed."""
