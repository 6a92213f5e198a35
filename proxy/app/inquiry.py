"""Commands of one text at the server and before the decider, as the relay would ask and nothing would run."""

from typing import Final

import msgspec

from proxy.app.asking import Asking, words_of
from proxy.app.explanation import Objection
from proxy.app.standing import stand_as
from proxy.app.underline import SourceText
from proxy.catalog.loader import Connection
from proxy.catalog.snapshot import Snapshot
from proxy.decide.service import Decider
from proxy.decide.words import Judgement, Login, Place
from proxy.errors import UpstreamUnavailable
from proxy.model import Reading
from proxy.relay.moment import Moment, ask_moment, read_moment
from proxy.relay.probe import probe_texts, read_answers
from proxy.relay.words import Owe
from proxy.server.copying import carried, inner_of_copy
from proxy.server.driver import lex_options
from proxy.server.judging import inner_text
from proxy.server.several import BY_NAME
from proxy.template.lexer import split
from proxy.wire.constants import ErrorField
from proxy.wire.messages.bare import Sync
from proxy.wire.messages.report import ErrorResponse

BY_NAME_UNKNOWN: Final = "what the session has declared or prepared: it decides FETCH, MOVE and EXECUTE"
ALONE: Final = "what the commands before it would change: each is explained as if it came alone"


class Question(msgspec.Struct, frozen=True):
    """Who would send what, and from where."""

    user: str
    database: str
    sql: str
    address: str = ""
    application: str = ""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One command and what became of it. parsed: the text whose trees decided, as the server reads it; base: where it
    starts in the whole text, in bytes of UTF-8, -1 where it stands nowhere in it."""

    command: str
    place: Place
    source: SourceText
    base: int
    parsed: str = ""
    trees: tuple[bytes, ...] = ()
    unknown: tuple[str, ...] = ()
    judged: Judgement | None = None
    error: Objection | None = None


class _Rejected(Exception):
    def __init__(self, error: ErrorResponse) -> None:
        super().__init__()
        self.error = error


class Inquiry:
    """One connection that stands where the user's would."""

    def __init__(self, decider: Decider, snapshot: Snapshot, asking: Asking) -> None:
        self._decider, self._snapshot, self._asking = decider, snapshot, asking

    async def ask(self, question: Question, connection: Connection) -> list[Heard]:
        """Every command of the text by itself. Raises UpstreamUnavailable."""
        unknown = await stand_as(self._asking, connection, question.user)
        await self._asking.run("savepoint asked")
        end = Sync().encode()
        asked = ask_moment(self._snapshot.server_version_num, end=end, owed_end=bytes((Owe.SYNC,)))
        moment = read_moment(await self._asking.ask(asked.frames))
        login = Login(question.user, question.database, question.address, question.application)
        place = await self._decider.place(login, moment.meaning)
        source, text = SourceText(question.sql, lex_options(moment)), question.sql.encode()
        places = split(text, lex_options(moment)) or []
        if len(places) < 2:
            return [await self._hear(place, moment, source, (question.sql, 0), unknown)]
        heard = list[Heard]()
        for start, stop in places:
            more = (*unknown, ALONE) if heard else unknown
            heard.append(await self._hear(place, moment, source, (text[start:stop].decode(), start), more))
        return heard

    async def _hear(
        self, place: Place, moment: Moment, source: SourceText, said: tuple[str, int], unknown: tuple[str, ...]
    ) -> Heard:
        command, start = said
        heard = Heard(command=command, place=place, source=source, base=start, unknown=unknown)
        reading = await self._decider.read(command, lex_options(moment))
        if (refused := self._decider.refuse_early(place, reading)) is not None:
            return msgspec.structs.replace(heard, judged=refused)
        if reading.kind in BY_NAME and place.restricted:
            judged = await self._decider.judge(place, reading, None)
            return msgspec.structs.replace(heard, judged=judged, unknown=(*unknown, BY_NAME_UNKNOWN))
        try:
            await self._parse(moment, command)  # in any case, so that the server can object
            text, at = self._inner(place, reading, command, lex_options(moment))
            trees = None if text is None else await self._parse(moment, text) or None
        except _Rejected as rejected:
            await self._asking.run("rollback to savepoint asked")
            return msgspec.structs.replace(heard, error=_objection(rejected.error, source, start))
        judged = await self._decider.judge(place, reading, trees)
        judged, _ = carried(judged, place, command.encode(), lex_options(moment))
        base = start + at if at >= 0 else -1
        return msgspec.structs.replace(heard, judged=judged, base=base, parsed=text or "", trees=trees or ())

    def _inner(self, place: Place, reading: Reading, command: str, options: int) -> tuple[str | None, int]:
        """The text whose tree decides, and where in the command it starts; -1: nowhere."""
        if reading.probe:
            return command, 0
        text = inner_text(reading) if place.restricted else None
        if text is not None:
            at = command.find(text)
            return text, len(command[:at].encode()) if at >= 0 else -1
        if place.restricted and reading.copy is not None:
            return (inner_of_copy(command.encode(), options) or b"").decode() or None, -1
        return None, -1

    async def _parse(self, moment: Moment, text: str) -> tuple[bytes, ...]:
        frames = await self._asking.ask(probe_texts(moment, [text.encode()]).frames)
        answers = read_answers(frames, moment, 1)
        if not answers.statements:
            raise UpstreamUnavailable("the server does not show how it understands a statement (debug_print_rewritten)")
        if (error := answers.statements[0].error) is not None:
            raise _Rejected(error)
        return answers.statements[0].trees


def _objection(error: ErrorResponse, source: SourceText, start: int) -> Objection:
    position = error.fields.get(ErrorField.POSITION.value, b"")
    mark = source.mark_character(source.characters(start) + int(position)) if position.isdigit() else None
    hint = error.fields.get(ErrorField.HINT.value, b"").decode("utf-8", "replace")
    return Objection(words_of(error), error.sqlstate, hint, mark)
