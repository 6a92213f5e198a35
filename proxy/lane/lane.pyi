from proxy.lane.session import Session
from proxy.lane.together import Shared

class Lane:
    """All established sessions of one worker. shared: what they have in common; wake_fd: the journal's eventfd, -1
    where there is none. Raises MemoryError, OSError."""

    count: int
    def __init__(self, shared: Shared, *, wake_fd: int = -1) -> None: ...
    def fileno(self) -> int:
        """The descriptor that the event loop watches."""

    def close(self) -> None:
        """Ends every session without a word."""

    def adopt(self, session: Session, client_fd: int, server_fd: int) -> None:
        """Takes over both descriptors (non-blocking), which it will close. Raises OSError, MemoryError."""

    def run(self) -> None:
        """Serves every descriptor that is ready."""

    def tick(self) -> None:
        """Once every tenth of a second: opens what streams slowly, buries who does not read his last words."""

    def sessions(self) -> list[Session]:
        """Every session that the lane carries."""
