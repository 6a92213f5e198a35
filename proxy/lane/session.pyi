from typing import Protocol

from proxy.lane.together import Shared
from proxy.lane.verdict import Verdict

class Handler(Protocol):
    """Whom the lane asks. None of these may answer from inside: resolve, fail and the like come later."""

    def statement(self, session: Session, event: int, payload: bytes, stored: bytes) -> None: ...
    def tapped(self, session: Session, frames: bytes | None) -> None: ...
    def completed(self, session: Session, verdict: Verdict | None, tag: bytes) -> None: ...
    def parameter(self, session: Session, payload: bytes, doubtful: bool) -> bool: ...
    def scrub(self, session: Session, kind: int, verdict: Verdict | None, serial: int, frame: bytes) -> bytes: ...
    def convict(self, session: Session, verdict: Verdict | None, payload: bytes) -> Verdict | None: ...
    def last_word(self, session: Session, reason: str) -> bytes: ...
    def broke(self, error: BaseException) -> None: ...
    def closed(self, session: Session, reason: str) -> None: ...

class Session:
    """One client and one server connection, from the first ReadyForQuery on. Raises InvariantBroken where an order
    comes at a moment that it cannot have been meant for."""

    handler: Handler
    def __init__(self, shared: Shared, handler: Handler) -> None: ...
    def begin(self, *, portal: Verdict, call: Verdict, large: Verdict, session: int) -> None:
        """Who it is. portal, call, large: the verdicts of an Execute whose portal the protocol did not bind, of a
        FunctionCall, and of a message over the limit (it must refuse). session: the journal's reference."""

    def place(self, context: int, lex_options: int, *, restricted: bool, shield: bytes) -> None:
        """The moment that decisions belong to. shield: 8-byte native integers, relation << 16 | attnum, of the columns
        above the reader's clearance."""

    def ask_state_again(self) -> None:
        """The next statement waits until place() was called anew."""

    def ask_server(self, frames: bytes, kinds: bytes) -> None:
        """Sends messages of our own; kinds: what is owed for each (Owe). The answers come to handler.tapped."""

    def resolve(self, verdict: Verdict, *, parsed: bool = False) -> None:
        """Answers the statement that is held. parsed: the server has taken that very Parse in the probe."""

    def fail(self, error: bytes, verdict: Verdict | None, sqlstate: bytes, *, ready: bytes = b"") -> None:
        """The server itself has rejected the statement that is held, in the probe. error: what the client gets;
        ready: the ReadyForQuery that follows it, for a simple Query. verdict: what the record says of it, or None."""

    def retry(self) -> None:
        """Looks again at the frame that is held: its moment is known now (place)."""

    def resume(self) -> None:
        """Lets the client's messages in: after login, or when a cancel request has arrived."""

    def pause(self) -> bool:
        """Holds what the client sends next; True where nothing held it before."""

    def say(self, frames: bytes) -> None:
        """Puts frames out for the client, behind everything that is on its way."""

    def end(self, reason: str) -> None:
        """Ends the session; its handler is asked for the last word, and told the reason."""

    def finish(self) -> None:
        """Ends the session behind what was said last."""

    def forget_statements(self) -> None:
        """Protocol names of prepared statements mean nothing any more: SQL may have given them another meaning."""

    def forget_portals(self) -> None: ...
    @property
    def status(self) -> str:
        """ReadyForQuery's last word: I, T or E."""

    @property
    def dirty(self) -> bool:
        """The session's settings must be asked before the next statement is decided."""

    @property
    def phase(self) -> int: ...
    @property
    def owed(self) -> int:
        """Replies that are due."""

    @property
    def held(self) -> int: ...
    @property
    def serial(self) -> int:
        """Number of the last statement recorded."""

    @property
    def failed(self) -> str:
        """Why the session is over; empty while it is not."""

    @property
    def closing(self) -> bool: ...
    def receive_client(self, data: bytes) -> None:
        """What the client sent before the lane had its socket."""

    def receive_server(self, data: bytes) -> None:
        """What the server sent before the lane had its socket."""

    def feed_client(self, data: bytes) -> None:
        """Bytes of the client, for tests and for sessions whose bytes come through an SSL object."""

    def feed_server(self, data: bytes) -> None:
        """Bytes of the server."""

    def take_server(self) -> bytes:
        """What is to be sent to the server; it is forgotten here."""

    def take_client(self) -> bytes:
        """What may be sent to the client by now; it is forgotten here."""
