"""A lane session on buffers, and a handler that answers from a book: text to verdict."""

from collections.abc import Mapping, Sequence
from typing import Final

from proxy.audit.spool import Spool
from proxy.lane import verdict as lane
from proxy.lane.session import Session
from proxy.lane.table import Table
from proxy.lane.together import Shared
from proxy.lane.verdict import Verdict
from proxy.masking.rows import RowMask
from proxy.relay import ledger, phases
from proxy.wire.constants import Format
from proxy.wire.frame import pack
from proxy.wire.messages.bare import Flush, Sync, Terminate
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.query import Query
from proxy.wire.messages.rows import CommandComplete, DataRow, FieldDescription, RowDescription

CONTEXT: Final = 7
READY: Final = b"Z\0\0\0\x05I"
IN_TRANSACTION: Final = b"Z\0\0\0\x05T"
FAILED: Final = b"Z\0\0\0\x05E"
PARSED: Final = b"1\0\0\0\x04"
BOUND: Final = b"2\0\0\0\x04"
CLOSED: Final = b"3\0\0\0\x04"
NO_DATA: Final = b"n\0\0\0\x04"
EMPTY: Final = b"I\0\0\0\x04"
SUSPENDED: Final = b"s\0\0\0\x04"
SYNC: Final = Sync().encode()
FLUSH: Final = Flush().encode()
TERMINATE: Final = Terminate().encode()
REFUSAL: Final = pack(b"E", b"SERROR\0C42501\0Mrefused\0\0")
PROTECTED: Final = (16500, 2)
"""Relation and attribute number of the column that the restricted reader of these tests may not see."""


def query(text: str) -> bytes:
    """A simple Query."""
    return Query(text.encode()).encode()


def batch(text: str, name: bytes = b"") -> bytes:
    """Parse, Bind, Execute of the unnamed portal."""
    return Parse(name, text.encode()).encode() + Bind(b"", name).encode() + Execute(b"", 0).encode()


def row(*values: bytes | None) -> bytes:
    """A DataRow."""
    return DataRow(values).encode()


def described(*columns: tuple[int, int], form: Format = Format.TEXT) -> bytes:
    """A RowDescription of text columns by relation and attribute number."""
    return RowDescription(tuple(FieldDescription(b"c", *column, 25, -1, -1, form) for column in columns)).encode()


def complete(tag: str = "SELECT 1") -> bytes:
    """A CommandComplete."""
    return CommandComplete(tag.encode()).encode()


def error(sqlstate: str = "22012", severity: str = "ERROR") -> bytes:
    """An ErrorResponse."""
    return pack(b"E", f"S{severity}\0V{severity}\0C{sqlstate}\0Mit failed\0\0".encode())


class Book:
    """Answers by text. asked: what was asked, in order; a text that the book lacks stays unanswered."""

    def __init__(self, verdicts: Mapping[str, Verdict]) -> None:
        self.verdicts, self.asked = dict(verdicts), list[tuple[int, bytes, bytes]]()
        self.heard, self.broken, self.completions = list[bytes](), list[BaseException](), list[bytes]()
        self.convicted, self.ended = 0, list[str]()
        self.stricter: Verdict | None = None

    def statement(self, session: Session, event: int, payload: bytes, stored: bytes) -> None:
        """A frame is held."""
        self.asked.append((event, payload, stored))

    def tapped(self, session: Session, frames: bytes | None) -> None:
        """Our own question is answered."""
        self.heard.append(b"" if frames is None else frames)

    def completed(self, session: Session, verdict: Verdict | None, tag: bytes) -> None:
        """A command that was to be told of is over."""
        self.completions.append(tag)

    def parameter(self, session: Session, payload: bytes, doubtful: bool) -> bool:
        """A setting has changed."""
        return not doubtful

    def scrub(self, session: Session, kind: int, verdict: Verdict | None, serial: int, frame: bytes) -> bytes:
        """Withholds everything but the type."""
        return pack(bytes((kind,)), b"SERROR\0C22012\0Mwithheld\0\0")

    def convict(self, session: Session, verdict: Verdict | None, payload: bytes) -> Verdict | None:
        """What the test has prepared."""
        self.convicted += 1
        return self.stricter

    def last_word(self, session: Session, reason: str) -> bytes:
        """The FATAL."""
        return pack(b"E", b"SFATAL\0M" + reason.encode() + b"\0\0")

    def broke(self, error: BaseException) -> None:
        """A handler failed."""
        self.broken.append(error)

    def closed(self, session: Session, reason: str) -> None:
        """Both sockets are closed."""
        self.ended.append(reason)


class Play:
    """One session on buffers. verdicts are known to the lane from the start, by their text's template.
    spool: where every statement that has a reference is recorded, durably; identity: of the session there."""

    def __init__(
        self,
        known: Mapping[str, Verdict] | None = None,
        *,
        shield: Sequence[tuple[int, int]] = (),
        message: int = 1 << 20,
        spool: Spool | None = None,
        identity: int = 1,
    ) -> None:
        self.table = Table(limit=64)
        self.shared = Shared(
            moves=phases.packed(), answers=ledger.packed(), table=self.table, spool=spool, audit=2 if spool else 0,
            buffer_limit=65_536, message_limit=message, tap_limit=65_536,
        )  # fmt: skip
        self.book = Book({})
        self.session = Session(self.shared, self.book)
        self.kept = [Verdict(flags=lane.COPY), Verdict(flags=lane.REFUSE, error=REFUSAL)]
        self.session.begin(
            portal=self.kept[0], call=self.kept[1 if shield else 0], large=self.kept[1], session=identity
        )
        self.stand(shield)
        self.session.resume()
        for text, verdict in (known or {}).items():
            self.know(text, verdict)

    def stand(self, shield: Sequence[tuple[int, int]] = (), context: int = CONTEXT) -> None:
        """Where the session stands; restricted where something is shielded."""
        packed = b"".join((oid << 16 | attnum).to_bytes(8, "little") for oid, attnum in shield)
        self.session.place(context, 0, restricted=bool(shield), shield=packed)

    def know(self, text: str, verdict: Verdict, context: int = CONTEXT) -> None:
        """From now on the lane knows the verdict of a text that is its own template."""
        self.kept.append(verdict)
        self.table.remember(context, text.encode(), verdict)

    def client(self, data: bytes) -> bytes:
        """The client says data; what the server gets."""
        self.session.feed_client(data)
        return self.session.take_server()

    def server(self, data: bytes) -> bytes:
        """The server says data; what the client gets."""
        self.session.feed_server(data)
        return self.session.take_client()

    def answer(self, verdict: Verdict, *, parsed: bool = False) -> bytes:
        """The verdict on what is held; what the server gets."""
        self.kept.append(verdict)
        self.session.resolve(verdict, parsed=parsed)
        return self.session.take_server()


def allow(**more: int) -> Verdict:
    """Passes."""
    return Verdict(**{"flags": lane.COPY, **more})  # type: ignore[arg-type]  # keywords of the constructor


def refuse() -> Verdict:
    """Refuses with REFUSAL."""
    return Verdict(flags=lane.REFUSE, error=REFUSAL)


def masked(mask: RowMask, covered: bytes) -> Verdict:
    """Passes with masks."""
    return Verdict(columns=len(covered), mask=mask, covered=covered)
