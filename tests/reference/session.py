"""A session after its login, slowly: which message of the client each message of the server answers, and what the
client may send next. Written from the manual's "Message Flow" and postgres.c's PostgresMain, message by message.

One thing cannot be known from the outside: how much of what the client has sent a server had read in COPY mode when
an error ended that mode. A Sync that it read there was ignored, one that it had not read will be answered. So a
Session is a set of possible servers (View); what is impossible drops out as soon as the server says more.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import dropwhile
from typing import Final, TypeAlias

from proxy.relay.words import Phase
from proxy.wire.frame import Frame
from proxy.wire.messages.report import ErrorResponse


class Violation(Exception):
    """A peer said what it may not say here."""


class Stage(Enum):
    """How far the reply to one message has come."""

    NOTHING = auto()
    PARAMETERS = auto()  # Describe of a statement: ParameterDescription has come
    ROWS = auto()
    BETWEEN = auto()  # a simple Query: a command is complete, another or ReadyForQuery follows
    COPY_IN = auto()
    COPY_OUT = auto()
    COPY_OVER = auto()
    COPY_BOTH = auto()
    CALLED = auto()
    FAILED = auto()  # ErrorResponse has come, ReadyForQuery follows
    DONE = auto()


Answers: TypeAlias = Mapping[tuple[Stage, str], Stage]

_RESULT: Final[Answers] = {  # what running something may say, up to its last message
    (Stage.NOTHING, "G"): Stage.COPY_IN,
    (Stage.NOTHING, "H"): Stage.COPY_OUT,
    (Stage.NOTHING, "W"): Stage.COPY_BOTH,
    (Stage.COPY_OUT, "d"): Stage.COPY_OUT,
    (Stage.COPY_OUT, "c"): Stage.COPY_OVER,
    (Stage.COPY_BOTH, "d"): Stage.COPY_BOTH,
    (Stage.COPY_BOTH, "c"): Stage.COPY_OVER,
}
_ENDS: Final = (Stage.NOTHING, Stage.ROWS, Stage.COPY_IN, Stage.COPY_OVER)
_EXECUTE: Final[Answers] = {
    **_RESULT,
    (Stage.NOTHING, "D"): Stage.ROWS,
    (Stage.ROWS, "D"): Stage.ROWS,
    (Stage.NOTHING, "I"): Stage.DONE,
    **{(stage, "C"): Stage.DONE for stage in _ENDS},
    (Stage.NOTHING, "s"): Stage.DONE,
    (Stage.ROWS, "s"): Stage.DONE,
}
_QUERY_ONCE: Final[Answers] = {
    **_RESULT,
    (Stage.NOTHING, "T"): Stage.ROWS,
    (Stage.NOTHING, "I"): Stage.BETWEEN,
    (Stage.ROWS, "D"): Stage.ROWS,
    (Stage.ROWS, "T"): Stage.ROWS,  # a rule's DO ALSO SELECT describes another result of the same command
    (Stage.COPY_OVER, "T"): Stage.ROWS,  # START_REPLICATION tells the next timeline in a result
    **{(stage, "C"): Stage.BETWEEN for stage in _ENDS},
}
_QUERY: Final[Answers] = {
    **_QUERY_ONCE,
    **{(Stage.BETWEEN, type_): after for (stage, type_), after in _QUERY_ONCE.items() if stage is Stage.NOTHING},
    (Stage.BETWEEN, "Z"): Stage.DONE,
    (Stage.FAILED, "Z"): Stage.DONE,
}
_DESCRIBED: Final[Answers] = {(Stage.NOTHING, "T"): Stage.DONE, (Stage.NOTHING, "n"): Stage.DONE}

REPLIES: Final[Mapping[str, Answers]] = {
    "P": {(Stage.NOTHING, "1"): Stage.DONE},
    "B": {(Stage.NOTHING, "2"): Stage.DONE},
    "C": {(Stage.NOTHING, "3"): Stage.DONE},
    "DS": {
        (Stage.NOTHING, "t"): Stage.PARAMETERS,
        (Stage.PARAMETERS, "T"): Stage.DONE,
        (Stage.PARAMETERS, "n"): Stage.DONE,
    },
    "DP": _DESCRIBED,
    "E": _EXECUTE,
    "S": {(Stage.NOTHING, "Z"): Stage.DONE, (Stage.FAILED, "Z"): Stage.DONE},
    "Q": _QUERY,
    "F": {(Stage.NOTHING, "V"): Stage.CALLED, (Stage.CALLED, "Z"): Stage.DONE, (Stage.FAILED, "Z"): Stage.DONE},
}
"""By the client's message: what answers it, in which order. What is not here does not belong."""

BATCH: Final = ("P", "B", "C", "DS", "DP", "E")
"""Messages whose error makes the server discard everything up to Sync (SocketBackend, doing_extended_query_message)."""
UNANSWERED: Final = ("H", "d", "c", "f")
"""Flush; and COPY messages outside COPY, which the server ignores: a client may still send them after a failure."""
IN_COPY: Final = ("d", "c", "f", "H", "S", "X")
"""What a client may send while its COPY is open."""


@dataclass(frozen=True)
class Asked:
    """A message of the client. number: its place among them, from 0. kind: its type; DS and DP for Describe."""

    number: int
    kind: str


@dataclass(frozen=True)
class View:
    """One possible server. waiting: what it has not answered yet, in order. stage: of the reply to the first of them.
    open: a batch was begun and not ended by what it has answered. ignored: the Syncs that it has read inside the COPY
    of the first that waits, if it has read all that was sent."""

    waiting: tuple[Asked, ...] = ()
    stage: Stage = Stage.NOTHING
    open: bool = False
    skipping: bool = False
    copying: bool = False
    ignored: tuple[Asked, ...] = ()
    closing: bool = False
    over: bool = False

    @property
    def phase(self) -> Phase:
        """What the client may send now."""
        if self.closing or self.over:
            return Phase.CLOSING
        if self.stage is Stage.COPY_BOTH:
            return Phase.STREAMING
        if self.copying:
            return Phase.COPYING_SIMPLE if self.waiting[0].kind == "Q" else Phase.COPYING_EXTENDED
        if self.skipping:
            return Phase.SKIPPING
        return Phase.EXTENDED if opened(self.open, self.waiting) else Phase.READY

    def hear_client(self, asked: Asked) -> "View":
        """The client sends. Raises Violation."""
        if self.closing:
            raise Violation("a message behind Terminate")
        if asked.kind == "X":
            return replace(self, closing=True)
        if (self.copying or self.stage is Stage.COPY_BOTH) and asked.kind not in IN_COPY:
            raise Violation(f"{asked.kind} inside COPY")
        return replace(self, waiting=(*self.waiting, asked)).settled()

    def hear_server(self, type_: str) -> tuple[int, "View"]:
        """The server answers: the number of the message that it answers. Raises Violation."""
        if self.over or not self.waiting:
            raise Violation(f"{type_} answers nothing")
        head = self.waiting[0]
        after = REPLIES[head.kind].get((self.stage, type_))
        if after is None or (self.copying and type_ == "C"):  # a COPY is not complete before CopyDone
            raise Violation(f"{type_} does not answer {head.kind} in {self.stage.name}")
        view = replace(self, stage=after, ignored=())
        if after is Stage.DONE:
            view = replace(view, stage=Stage.NOTHING, waiting=self.waiting[1:], open=opened(self.open, (head,)))
        return head.number, replace(view, copying=after is Stage.COPY_IN).settled()

    def fail(self) -> tuple[int, list["View"]]:
        """An ErrorResponse that is not fatal: what it answers, and where the server may be then. Raises Violation."""
        if self.over or not self.waiting or self.stage is Stage.FAILED:
            raise Violation("an error that answers nothing")
        head, behind = self.waiting[0], self.waiting[1:]
        clean = replace(self, copying=False, ignored=())
        views = []
        for unread in (self.ignored[read:] for read in range(len(self.ignored) + 1)):
            if head.kind in BATCH:
                views.append(replace(clean, waiting=unread + behind, stage=Stage.NOTHING, skipping=True))
            else:
                views.append(replace(clean, waiting=(head, *unread, *behind), stage=Stage.FAILED))
        return head.number, [view.settled() for view in views]

    def settled(self) -> "View":
        """The same, when the server has read on as far as it can without an answer."""
        if self.copying:
            return self._read_copy()
        if self.stage is Stage.COPY_BOTH:
            return replace(self, waiting=self.waiting[:1])
        waiting = self.waiting
        if self.skipping:
            waiting = tuple(dropwhile(lambda asked: asked.kind != "S", waiting))
            return replace(self, waiting=waiting, skipping=not waiting)
        return replace(self, waiting=tuple(dropwhile(lambda asked: asked.kind in UNANSWERED, waiting)))

    def _read_copy(self) -> "View":
        """Behind the command that copies: CopyData, Flush and Sync say nothing, CopyDone and CopyFail end it."""
        head, ignored = self.waiting[0], self.ignored
        for at, asked in enumerate(self.waiting[1:], 1):
            if asked.kind in ("c", "f"):
                return replace(self, waiting=(head, *self.waiting[at + 1 :]), copying=False, ignored=ignored)
            if asked.kind not in IN_COPY:
                return replace(self, waiting=(head, *self.waiting[at:]), ignored=ignored)  # the server fails on it
            ignored += (asked,) if asked.kind == "S" else ()
        return replace(self, waiting=(head,), ignored=ignored)


def opened(before: bool, sent: Iterable[Asked]) -> bool:
    """Whether a batch waits for its Sync when these were sent; before: whether one did before them."""
    for asked in sent:
        before = asked.kind in BATCH if asked.kind in REPLIES else before
    return before


class Session:
    """Follows a conversation in the order in which a proxy sees it."""

    def __init__(self) -> None:
        self.views = frozenset({View()})
        self._sent = 0

    @property
    def phases(self) -> frozenset[Phase]:
        """What the client may be in; one, but for the doubt after a COPY that failed."""
        return frozenset(view.phase for view in self.views)

    def client(self, frame: Frame) -> None:
        """A message of the client. Raises Violation where no possible server would take it."""
        asked = Asked(self._sent, kind_of(frame))
        self._sent += 1
        if asked.kind not in (*REPLIES, *UNANSWERED, "X"):
            raise Violation(f"no message of a session has type {asked.kind}")
        self.views = _possible(self.views, lambda view: view.hear_client(asked))

    def server(self, frame: Frame) -> frozenset[int]:
        """The numbers of the client's messages that this one may answer: one as a rule, none where it came unasked.
        Raises Violation where it cannot come from any server."""
        type_ = frame.type.decode("latin-1")
        if type_ in ("N", "A", "S"):
            self.views = _possible(self.views, _alive)
            return frozenset()
        if type_ == "E" and is_fatal(frame):
            heads = frozenset(view.waiting[0].number for view in self.views if view.waiting)
            self.views = _possible(self.views, lambda view: replace(_alive(view), over=True))
            return heads
        numbers, views = set[int](), list[View]()
        for view in self.views:
            try:
                number, after = view.fail() if type_ == "E" else _one(view.hear_server(type_))
            except Violation:
                continue
            numbers.add(number)
            views += after
        if not views:
            raise Violation(f"{type_} answers nothing")
        self.views = frozenset(views)
        return frozenset(numbers)


def _one(outcome: tuple[int, View]) -> tuple[int, list[View]]:
    return outcome[0], [outcome[1]]


def _alive(view: View) -> View:
    if view.over:
        raise Violation("a message behind the last word")
    return view


def _possible(views: Iterable[View], step: Callable[[View], View]) -> frozenset[View]:
    """Those views that step does not refuse, after it. Raises Violation where none is left."""
    after, refusal = set[View](), Violation("nothing is possible")
    for view in views:
        try:
            after.add(step(view))
        except Violation as why:
            refusal = why
    if not after:
        raise refusal
    return frozenset(after)


def kind_of(frame: Frame) -> str:
    """The type of a client's message; DS and DP for Describe of a statement and of a portal."""
    type_ = frame.type.decode("latin-1")
    return type_ + frame.payload[:1].decode("latin-1") if type_ == "D" else type_


def is_fatal(frame: Frame) -> bool:
    """Whether the session ends with it."""
    return ErrorResponse.decode(frame.payload).severity in ("FATAL", "PANIC")
