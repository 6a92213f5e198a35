"""What all drivers of a worker have in common: the decider, the lane's table, verdicts, the journal's references."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from proxy.decide.own_questions import Row
from proxy.decide.words import ContextId, Judgement, Login, Place
from proxy.lane import verdict as lane
from proxy.lane.table import Table
from proxy.lane.verdict import Verdict
from proxy.masking.rows import RowMask
from proxy.model import Footprint, Literal, Oid, Reading
from proxy.observe.clock import SystemClock
from proxy.observe.histogram import Durations
from proxy.relay.login_words import LoggedIn
from proxy.relay.moment import Ask, Moment
from proxy.server.verdicts import DIGESTS, Recorder, Verdicts
from proxy.template.lexer import Lexer
from proxy.wire.frame import Frame


class Decides(Protocol):
    """The decide room."""

    async def place(
        self, login: Login, meaning: tuple[str, ...], *, client_encoding: str = "UTF8", changed: bool = False
    ) -> Place:
        """Where a session stands."""

    def changing(self, database: str) -> None:
        """A statement is about to change a catalog, or has done so."""

    async def read(self, text: str, options: int = 0) -> Reading:
        """What a text asks for."""

    def glance(self, text: str, options: int = 0) -> Reading | None:
        """What is enough to ask the server about a text while it is read; None: read it first."""

    async def judge(
        self, place: Place, reading: Reading, trees: Sequence[bytes] | None, literals: Sequence[Literal] = ()
    ) -> Judgement:
        """The decision on a statement; trees: the server's, None where it gives none of it."""

    def beside(self, place: Place, rows: Sequence[Row]) -> Place:
        """The place of one decision: with temporary relations of the session's own, as it answered own.question."""

    def judge_footprint(
        self, place: Place, reading: Reading, footprint: Footprint | None, literals: Sequence[Literal] = ()
    ) -> Judgement:
        """The same for a footprint that is known already."""

    def own_question(self, names: Sequence[str]) -> str:
        """Asks which of some names mean temporary relations of the session's own, of which nothing runs by itself."""

    def refuse_early(self, place: Place, reading: Reading) -> Judgement | None:
        """The refusal that the text alone settles; None: ask the server."""

    def over_budget(self, place: Place, judged: Judgement, values: frozenset[bytes]) -> Judgement | None:
        """Counts the guesses of one execution; the refusal where they would go over the subject's budget."""

    def stricter(self, place: Place, columns: Sequence[tuple[Oid, int] | None]) -> tuple[RowMask, bytes]:
        """Typed constants for the columns given by type and typmod, and which those are."""


class Records(Recorder, Protocol):
    """The journal, as far as a session asks it for more than entries."""

    def define_session(self, place: Place, identity: str) -> int:
        """A reference for the lane."""

    def release_session(self, reference: int) -> None:
        """No record will name it again."""

    def note(self, session: int, serial: int, kind: str, facts: Mapping[str, object]) -> None:
        """Something that belongs to one record."""


class Seat(Protocol):
    """The session as those see it who decide for it. place, moment: None until they are learned."""

    logged_in: LoggedIn
    client_addr: str
    shared: "Shared"
    place: Place | None
    moment: Moment | None
    lex_options: int
    codec: str
    catalog_changed: bool

    async def ask(self, question: Ask) -> list[Frame]:
        """The server's answers to messages of ours."""

    def stand(self, place: Place) -> None:
        """Tells the lane what the next statements are decided by."""


class Timings:
    """How long the cold path takes."""

    def __init__(self) -> None:
        self.probe, self.analysis = Durations(), Durations()


class Shared:
    """What all drivers of a worker have in common."""

    def __init__(self, *, decider: Decides, table: Table, recorder: Records | None) -> None:
        self.decider, self.table, self.recorder = decider, table, recorder
        self.timings, self.clock = Timings(), SystemClock()
        self.verdicts, self.lexer = Verdicts(recorder, self.clock), Lexer()
        self.flights: dict[tuple[ContextId, bytes], asyncio.Event] = {}

    def login_of(self, logged_in: LoggedIn, client_addr: str) -> Login:
        """Who has logged in, in the decider's words."""
        application = logged_in.startup.get("application_name", "")
        return Login(logged_in.user, logged_in.database, client_addr, application)

    def define_session(self, place: Place) -> tuple[int, str]:
        """The journal's reference of a session, and the name that its records and error references carry."""
        identity = secrets.token_hex(6)
        return (0 if self.recorder is None else self.recorder.define_session(place, identity)), identity

    def note_error(self, session: int, serial: int, reference: str, fields: Mapping[str, bytes]) -> None:
        """What a reader was not told stands in the record."""
        if self.recorder is not None and session:
            said = {letter: text.decode("utf-8", "replace") for letter, text in fields.items()}
            self.recorder.note(session, serial, "error", {"reference": reference, "fields": said})

    def release_session(self, reference: int) -> None:
        """No record of that session will follow."""
        if self.recorder is not None:
            self.recorder.release_session(reference)

    def stricter(
        self, place: Place, judged: Judgement, verdict: Verdict, columns: Sequence[tuple[Oid, int] | None]
    ) -> Verdict:
        """The same statement with constants in the columns given."""
        mask, covered = self.decider.stricter(place, columns)
        made = Verdict(
            flags=verdict.flags | lane.TAINTED,
            columns=len(columns),
            statement=verdict.statement,
            values_as=DIGESTS,
            mask=mask,
            covered=covered,
            decision=replace(judged, mask=mask, covered=covered, columns=len(columns)),
        )
        return self.verdicts.keep(made)
