"""Any legal conversation, and the truth about it: clients that pipeline, wait, or find themselves in a COPY, against a
server that works as PostgresMain does, message by message, and says what it answers.

    @given(talk=talks())                    talk: the Saids in the order in which a proxy sees them
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeAlias

from hypothesis import strategies as st

Plan: TypeAlias = tuple["Ask", ...]

OUTCOMES: Final = {
    "P": ("1", "1", "1", "1", "1", "E"),
    "B": ("2", "2", "2", "2", "2", "E"),
    "C": ("3",),
    "DS": ("t T", "t n", "t T", "t n", "E"),
    "DP": ("T", "n", "T", "n", "E"),
    "E": ("C", "D D C", "D s", "s", "I", "E", "D E", "H d d c C", "H d E", "G", "G", "G"),
    "Q": ("C", "T D C", "T C C", "C T D D C", "I", "E", "T D E", "C E", "H d c C", "C H E", "G", "C G", "T D C G"),
    "F": ("V", "E"),
    "S": ("", "", "", "", "", "E"),
    "H": ("",),
    "d": ("",),
    "c": ("",),
    "f": ("",),
    "X": ("",),
}
"""What a server may say to each message, before the ReadyForQuery that some have; COPY FROM STDIN begins with G.
What stands there more than once is more likely."""

WORDS: Final = ("P", "P", "B", "B", "DS", "DP", "E", "E", "E", "C", "H", "Q", "Q", "F", "d", "c", "f")
COPY_ENDS: Final = ("done", "fails at once", "fails at a piece", "fails at the end")
ENDS_WITH_READY: Final = ("Q", "F", "S")
BATCH: Final = ("P", "B", "C", "DS", "DP", "E")


@dataclass(frozen=True)
class Ask:
    """A message that a client will send, and what the server will make of it. copy: how a COPY that it begins goes.
    waits: it is sent when the server has nothing more to say; in_copy: when a COPY has begun, or never."""

    word: str
    outcome: str = ""
    copy: str = "done"
    waits: bool = False
    in_copy: bool = False


@dataclass(frozen=True)
class Said:
    """One message as the proxy sees it. number: the client's own, or of the one that the server answers, if any."""

    by_client: bool
    word: str
    number: int | None


@dataclass
class Server:
    """PostgresMain: reads one message after the other, each when the one before is done with."""

    inbox: deque[tuple[int, Ask]] = field(default_factory=deque)
    skipping: bool = False
    copying: tuple[int, Ask] | None = None
    dead: bool = False

    def work(self) -> Iterator[Said]:
        """What it says to the next message."""
        number, ask = self.inbox.popleft()
        if self.copying is not None:
            yield from self._copy(*self.copying, ask)
        elif ask.word == "X":
            self.dead = True
        elif self.skipping and ask.word != "S":
            return
        else:
            self.skipping = False
            yield from self._answer(number, ask)

    def _answer(self, number: int, ask: Ask) -> Iterator[Said]:
        for word in ask.outcome.split():
            yield Said(by_client=False, word=word, number=number)
        if ask.outcome.endswith("G"):
            yield from self._begin_copy(number, ask)
        else:
            yield from self._end(number, ask.word, failed=ask.outcome.endswith("E"))

    def _begin_copy(self, number: int, ask: Ask) -> Iterator[Said]:
        if ask.copy == "fails at once":  # a trigger before the first row
            yield Said(by_client=False, word="E", number=number)
            yield from self._end(number, ask.word, failed=True)
        else:
            self.copying = number, ask

    def _copy(self, number: int, command: Ask, ask: Ask) -> Iterator[Said]:
        """One message inside COPY (copyfromparse.c, CopyGetData)."""
        if ask.word in ("H", "S"):
            return
        if ask.word == "d" and command.copy != "fails at a piece":
            return
        self.copying = None
        if ask.word not in ("d", "c", "f"):
            self.dead = True
            yield Said(by_client=False, word="E!", number=number)
            return
        failed = ask.word != "c" or command.copy == "fails at the end"
        yield Said(by_client=False, word="E" if failed else "C", number=number)
        yield from self._end(number, command.word, failed=failed)

    def _end(self, number: int, word: str, *, failed: bool) -> Iterator[Said]:
        """Errors of a batch are followed by silence, those of anything else by ReadyForQuery."""
        self.skipping = failed and word in BATCH
        if word in ENDS_WITH_READY:
            yield Said(by_client=False, word="Z", number=number)


@st.composite
def asks(draw: st.DrawFn, words: Sequence[str]) -> Ask:
    """One message and its outcome; failures are rarer than successes."""
    word = draw(st.sampled_from(words))
    outcome = draw(st.sampled_from(OUTCOMES[word]))
    return Ask(word, outcome, copy=draw(st.sampled_from(COPY_ENDS)), waits=draw(st.integers(0, 3)) == 0)


@st.composite
def copy_parts(draw: st.DrawFn, ask: Ask) -> Plan:
    """What a client sends into a COPY: when it knows of it, or blindly."""
    knows = draw(st.booleans())
    words = ["d"] * draw(st.integers(0, 3)) + [draw(st.sampled_from(("c", "f")))]
    words.insert(draw(st.integers(0, len(words) - 1)), draw(st.sampled_from(("d", "H", "S"))))
    words += ["S"] if ask.word == "E" and draw(st.booleans()) else []
    return tuple(Ask(word, in_copy=knows) for word in words)


@st.composite
def batches(draw: st.DrawFn) -> Plan:
    """A turn of a client: a simple Query, a FunctionCall, or a batch with its Sync."""
    plan = list[Ask]()
    for ask in draw(st.lists(asks(WORDS), max_size=5)):
        plan.append(ask)
        if ask.outcome.endswith("G"):
            early = [Ask("S")] if ask.word == "E" and draw(st.booleans()) else []
            plan += [*early, *draw(copy_parts(ask))]
    return (*plan, draw(asks(("S",))))


@st.composite
def talks(draw: st.DrawFn) -> list[Said]:
    """A conversation from the first message to the last."""
    plan = [ask for batch in draw(st.lists(batches(), min_size=1, max_size=4)) for ask in batch]
    plan += [Ask("X")] if draw(st.booleans()) else []
    return play(deque(plan), Random(draw(st.integers(0, 2**32))))


def play(plan: deque[Ask], order: Random) -> list[Said]:
    """What the proxy sees, when client and server each go on as soon as they can and as order has it."""
    server, talk, outbox = Server(), list[Said](), deque[Said]()
    while True:
        while plan and plan[0].in_copy and not (server.inbox or outbox) and not may_send(plan[0], talk, quiet=True):
            plan.popleft()  # the COPY never began
        sends = bool(plan) and not server.dead and may_send(plan[0], talk, quiet=not (server.inbox or outbox))
        works = bool(server.inbox or outbox)
        if not (sends or works):
            return talk
        if sends and (not works or order.random() < 0.5):
            ask, number = plan.popleft(), sum(said.by_client for said in talk)
            talk.append(Said(by_client=True, word=ask.word, number=number))
            server.inbox.append((number, ask))
        elif outbox:
            talk.append(outbox.popleft())
            if talk[-1].word == "E!":
                return talk
        else:
            outbox.extend(server.work())
        if order.random() < 0.05:
            talk.append(Said(by_client=False, word=order.choice("NAS"), number=None))


def may_send(ask: Ask, talk: list[Said], *, quiet: bool) -> bool:
    """Whether the client would send this now, from what it has heard."""
    if ask.in_copy:
        heard = [said.word for said in talk if not said.by_client and said.number is not None]
        return "G" in heard and not {"C", "E"} & set(heard[len(heard) - heard[::-1].index("G") :])
    return quiet or not ask.waits
