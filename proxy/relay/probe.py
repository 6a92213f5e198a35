"""The probe: asks the server how it understands a statement, in the session itself, before anything runs.

One round trip: our settings, Parse of the statement, the settings back. The trees are exactly the LOG notices between
the end of our first statement and the ParseComplete of the client's: nothing that the client wrote runs in that window.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from proxy.relay.moment import Ask, Moment, run
from proxy.relay.words import Owe
from proxy.wire.constants import ClientType, ErrorField, ServerType, Target, TransactionStatus
from proxy.wire.frame import Frame, pack
from proxy.wire.messages.bare import Flush, Sync
from proxy.wire.messages.named import Close
from proxy.wire.messages.report import ErrorResponse, NoticeResponse
from proxy.wire.messages.session import ReadyForQuery

_OPEN: Final = b"_pgwarden_open"
_SHUT: Final = b"_pgwarden_shut"
_ASKED: Final = b"_pgwarden_asked"
_TREE: Final = b"rewritten parse tree:"
_LOG: Final = b"LOG"
_CLOSED_BY_RUN: Final = 2
"""CloseComplete messages that one statement of ours brings: its portal's and its own."""


class Answer(msgspec.Struct, frozen=True):
    """What the server said of one statement. trees: the DETAIL of each notice, as sent; none for a utility command.
    notices: whole frames that the statement's analysis raised for the client."""

    trees: tuple[bytes, ...] = ()
    notices: tuple[bytes, ...] = ()
    error: ErrorResponse | None = None


class Answers(msgspec.Struct, frozen=True):
    """What came back: one Answer a statement, in order, up to the first error; status where a Sync was answered."""

    statements: tuple[Answer, ...]
    status: TransactionStatus | None = None
    broken: ErrorResponse | None = None
    """Our own statements failed: nothing is proven."""


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"E'{escaped}'"


def _set(settings: dict[str, str]) -> bytes:
    calls = (f"pg_catalog.set_config('{name}', {_literal(value)}, true)" for name, value in settings.items())
    return ("select " + ", ".join(calls)).encode()


def _settings(moment: Moment) -> tuple[dict[str, str], dict[str, str]]:
    """What the probe sets, and what it sets back."""
    ours = {"client_min_messages": "log", "debug_print_rewritten": "on", "debug_pretty_print": "off"}
    back = {
        "debug_pretty_print": moment.debug_pretty_print,
        "debug_print_rewritten": moment.debug_print_rewritten,
        "client_min_messages": moment.client_min_messages,
    }
    if moment.quiet:  # the trees stay out of the server's log
        ours = {"log_min_messages": "fatal", **ours}
        back |= {"log_min_messages": moment.log_min_messages}
    return ours, back


def probe_parse(moment: Moment, parse: bytes) -> Ask:
    """The probe around a client's own Parse (a whole frame), inside its batch: the server keeps that statement."""
    return _around(moment, parse, bytes((Owe.PARSE,)), end=Flush().encode(), owed_end=b"")


def probe_texts(moment: Moment, texts: list[bytes], types: bytes = b"\0\0") -> Ask:
    """The probe for the commands of a simple Query: parsed under a name of ours and closed. types: the tail of a
    Parse, count and OIDs. A Sync ends it: that ends an implicit transaction and leaves a transaction block alone."""
    frames, owed = b"", b""
    for text in texts:
        frames += _asked(text, types)
        owed += bytes((Owe.PARSE, Owe.CLOSE))
    return _around(moment, frames, owed, end=Sync().encode(), owed_end=bytes((Owe.SYNC,)))


def probe_inner(moment: Moment, text: bytes, types: bytes) -> Ask:
    """The probe for the statement inside a client's Parse, inside its batch."""
    return _around(moment, _asked(text, types), bytes((Owe.PARSE, Owe.CLOSE)), end=Flush().encode(), owed_end=b"")


def _asked(text: bytes, types: bytes) -> bytes:
    payload = _ASKED + b"\0" + text + b"\0" + types
    return pack(ClientType.PARSE, payload) + Close(Target.STATEMENT, _ASKED).encode()


def _around(moment: Moment, frames: bytes, owed: bytes, *, end: bytes, owed_end: bytes) -> Ask:
    ours, back = _settings(moment)
    first, last = run(_OPEN, _set(ours)), run(_SHUT, _set(back))
    return Ask(first.frames + frames + last.frames + end, first.owed + owed + last.owed + owed_end)


def read_answers(frames: list[Frame], moment: Moment, count: int) -> Answers:
    """Takes the window apart. count: statements that were asked. Anything unexpected leaves fewer answers than that,
    and what has no answer is not proven."""
    walk, status = iter(frames), _status(frames)
    if (broken := _skip_ours(walk)) is not None:
        return Answers((), status, broken)
    found: list[Answer] = []
    while len(found) < count:
        answer = _one(walk, moment)
        if answer is None:
            break
        found.append(answer)
        if answer.error is not None:
            break
    return Answers(tuple(found), status)


def _status(frames: list[Frame]) -> TransactionStatus | None:
    if frames and frames[-1].type == ServerType.READY_FOR_QUERY:
        return ReadyForQuery.decode(frames[-1].payload).status
    return None


def _skip_ours(walk: Iterator[Frame]) -> ErrorResponse | None:
    """Passes over the replies to our first statement; the error that came in their place."""
    closed = 0
    for frame in walk:
        if frame.type == ServerType.ERROR_RESPONSE:
            return ErrorResponse.decode(frame.payload)
        closed += frame.type == ServerType.CLOSE_COMPLETE
        if closed == _CLOSED_BY_RUN:
            return None
    return ErrorResponse({ErrorField.MESSAGE.value: b"the server did not answer the probe"})


def _one(walk: Iterator[Frame], moment: Moment) -> Answer | None:
    trees: list[bytes] = []
    notices: list[bytes] = []
    for frame in walk:
        if frame.type == ServerType.PARSE_COMPLETE:
            return Answer(tuple(trees), tuple(notices))
        if frame.type == ServerType.ERROR_RESPONSE:
            return Answer((), tuple(notices), ErrorResponse.decode(frame.payload))
        if frame.type == ServerType.NOTICE_RESPONSE:
            _sort_notice(frame, moment, trees, notices)
    return None


_LOUDNESS: Final = ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error")
"""client_min_messages, quietest last (manual, "Error Reporting and Logging")."""


def _sort_notice(frame: Frame, moment: Moment, trees: list[bytes], notices: list[bytes]) -> None:
    fields = NoticeResponse.decode(frame.payload).fields
    severity = fields.get(ErrorField.SEVERITY_UNLOCALIZED.value, b"")
    if severity == _LOG:
        if fields.get(ErrorField.MESSAGE.value) == _TREE:
            trees.append(fields.get(ErrorField.DETAIL.value, b""))
        return
    wanted = moment.client_min_messages
    said = severity.decode("ascii", "replace").lower()
    if severity == b"INFO" or (
        said in _LOUDNESS and wanted in _LOUDNESS and _LOUDNESS.index(said) >= _LOUDNESS.index(wanted)
    ):
        notices.append(frame.encode())
