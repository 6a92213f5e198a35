"""Names that SQL gives: cursors and prepared statements, remembered as the server acknowledges them."""

import re
import struct
from typing import Final

from msgspec.structs import replace

from proxy.decide.words import Judgement, Place
from proxy.lane import verdict as lane
from proxy.model import Reading
from proxy.relay.probe import probe_inner, probe_texts, read_answers
from proxy.relay.words import Event, Phase
from proxy.server.answering import Outcome, Resolved, Statement
from proxy.server.judging import Judging
from proxy.template.lexer import split

_PLAIN: Final = re.compile(
    rb"execute ?(\"[^\"]*\"|[\w$\x80-\xff]+) ?(\( ?(([-+]? ?[\x01-\x05]|null|true|false) ?,? ?)*\))? ?;?", re.I
)


def plain_arguments(template: bytes) -> bool:
    """Whether an EXECUTE hands nothing but literals on: an expression would run, and no tree shows it."""
    return _PLAIN.fullmatch(template) is not None


class Names:
    """What a session's names mean. A verdict is held per cursor: FETCH and a protocol Execute get that of DECLARE."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._cursors: dict[str, Judgement] = {}
        self._prepared: dict[str, tuple[str, Judgement]] = {}

    def completed(self, judged: Judgement) -> None:
        """A command that gives names a new meaning has succeeded."""
        reading = judged.reading
        name = reading.name or ""
        match reading.kind:
            case "declare":
                self._judging.session.forget_portals()
                self._cursors[name] = judged
            case "close":
                self._cursors.pop(name, None)
            case "prepare":
                self._judging.session.forget_statements()
                self._prepared[name] = (reading.inner or "", judged)
            case "deallocate":
                self._judging.session.forget_statements()
                self._prepared.pop(name, None)
            case "close all":
                self._cursors.clear()
            case "deallocate all" | "discard all":
                self._judging.session.forget_statements()
                self._prepared.clear()
            case _:
                pass

    async def without_text(self, asked: Statement) -> Outcome:
        """A statement or portal that only SQL can have made. What SQL did not make either, the server will not know."""
        place, name = self._judging.place(), self._judging.decode(asked.name)
        if asked.event is Event.BIND and await self._still_prepared(name):
            inner, judged = self._prepared[name]
            return await self._prepared_again(place, inner, judged, judged.reading)
        if asked.event is Event.EXECUTE and await self._still_declared(name):
            declared = self._cursors[name]
            judged = self._judging.shared.decider.judge_footprint(place, declared.reading, declared.footprint)
            return Resolved(self._judging.verdict(judged, b"", extra=lane.ASK))
        if not place.restricted:
            judged = await self._judging.shared.decider.judge(place, await self._judging.shared.decider.read(""), None)
            return Resolved(self._judging.verdict(judged, b"", extra=lane.ASK))
        return Resolved(self._judging.nothing(place, asked))

    async def command(self, place: Place, asked: Statement, reading: Reading) -> Outcome:
        """FETCH, MOVE and EXECUTE of a restricted reader: what was declared or prepared decides."""
        text, name = asked.text or b"", reading.name or ""
        if reading.kind == "execute":
            if not plain_arguments(self._judging.shared.lexer.lex(text, self._judging.options()).template):
                judged = await self._judging.shared.decider.judge(
                    place, replace(reading, kind="execute with code"), None
                )
                return Resolved(self._judging.verdict(judged, text, extra=lane.ASK))
            if not await self._still_prepared(name):
                return await self._parsed(place, asked, reading, name)
            inner, judged = self._prepared[name]
            return await self._prepared_again(place, inner, judged, reading)
        if not await self._still_declared(name):
            return await self._portal(place, asked, reading, name)
        declared = self._cursors[name]
        judged = self._judging.shared.decider.judge_footprint(place, reading, declared.footprint)
        return Resolved(self._judging.verdict(judged, text, extra=lane.ASK))

    async def explained(self, place: Place, asked: Statement, reading: Reading) -> Outcome | None:
        """EXPLAIN of an EXECUTE is decided as EXPLAIN of what was prepared: its arguments are literals, which the plan
        may show. None where it is something else."""
        if reading.kind != "explain" or reading.name is None or reading.inner is None:
            return None
        lexed = self._judging.shared.lexer.lex(self._judging.encode(reading.inner), self._judging.options())
        if not plain_arguments(lexed.template):
            return None
        if not await self._still_prepared(reading.name):
            return await self._parsed(place, asked, reading, reading.name)
        inner, judged = self._prepared[reading.name]
        return await self._prepared_again(place, inner, judged, reading)

    async def _parsed(self, place: Place, asked: Statement, reading: Reading, name: str) -> Outcome:
        """EXECUTE of what a protocol Parse has prepared: the server keeps its text, and understands it anew, as we do.
        What it does not know it will reject."""
        moment = self._judging.moment
        rows = await self._kept(name, "statement, parameter_types::pg_catalog.oid[]", "pg_prepared_statements")
        if moment is None or len(rows) != 1 or None in rows[0]:
            return Resolved(self._judging.nothing(place, asked))
        text, oids = (value or b"" for value in rows[0])
        types = [struct.pack("!I", int(oid)) for oid in oids.strip(b"{}").split(b",") if oid]
        await self._judging.forget_plans()
        tail = struct.pack("!H", len(types)) + b"".join(types)
        ends = self._judging.session.phase == Phase.READY
        question = probe_texts(moment, [text], tail) if ends else probe_inner(moment, text, tail)
        answers = read_answers(await self._judging.seat.ask(question), moment, 1)
        if not answers.statements or answers.statements[0].error is not None:
            return Resolved(self._judging.nothing(place, asked))
        judged = await self._judging.shared.decider.judge(place, reading, answers.statements[0].trees or None)
        return Resolved(self._judging.verdict(judged, asked.text or b"", extra=lane.ASK))

    async def _portal(self, place: Place, asked: Statement, reading: Reading, name: str) -> Outcome:
        """FETCH from a cursor that DECLARE did not make: from a portal, which means what it meant when it was bound."""
        if not await self._kept(name, "name", "pg_cursors"):
            return Resolved(self._judging.nothing(place, asked))
        unknown = replace(reading, kind=f"{reading.kind} from a portal")
        judged = await self._judging.shared.decider.judge(place, unknown, None)
        return Resolved(self._judging.verdict(judged, asked.text or b"", extra=lane.ASK))

    async def _kept(
        self, name: str, columns: str, view: str, condition: str = "true"
    ) -> list[tuple[bytes | None, ...]]:
        """What the server keeps under a name; nothing where it cannot be asked."""
        if self._judging.session.status == "E":
            return []
        literal = name.replace("\\", "\\\\").replace("'", "\\'")
        asked = (
            f"select {columns} from pg_catalog.{view}"  # noqa: S608  our own words, and a name with its quotes escaped
            f" where name operator(pg_catalog.=) E'{literal}' and {condition}"
        )
        return await self._judging.read_back(self._judging.encode(asked))

    async def _still_declared(self, name: str) -> bool:
        """Whether a cursor is the one that DECLARE made: Close, Bind and the end of a transaction pass us by."""
        known = self._cursors.get(name)
        return known is not None and await self._kept_as(known.reading, "pg_cursors", "true")

    async def _still_prepared(self, name: str) -> bool:
        """Whether a prepared statement is the one that PREPARE made: Close and Parse may have put another there."""
        known = self._prepared.get(name)
        return known is not None and await self._kept_as(known[1].reading, "pg_prepared_statements", "from_sql")

    async def _kept_as(self, made: Reading, view: str, condition: str) -> bool:
        """Whether the server keeps under a name what was made by that command."""
        if self._judging.session.status == "E":
            return True  # where nothing runs, and nothing can be asked
        rows = await self._kept(made.name or "", "statement", view, condition)
        parts = [
            text[start:end]
            for text in (value for row in rows for value in row if value is not None)
            for start, end in split(text, self._judging.options()) or ()
        ]
        kept = [await self._judging.read(part) for part in parts]
        return (made.kind, made.name, made.inner) in [(each.kind, each.name, each.inner) for each in kept]

    async def _prepared_again(self, place: Place, inner: str, judged: Judgement, reading: Reading) -> Outcome:
        """A prepared statement is understood anew by the server whenever names may have changed: so it is here."""
        moment = self._judging.moment
        footprint = judged.footprint
        await self._judging.forget_plans()
        if moment is not None and inner and self._judging.session.status != "E":
            end_of_batch = self._judging.session.phase == Phase.READY
            question = probe_texts(moment, [self._judging.encode(inner)]) if end_of_batch else probe_inner(
                moment, self._judging.encode(inner), b"\0\0"
            )  # fmt: skip
            answers = read_answers(await self._judging.seat.ask(question), moment, 1)
            if answers.statements and answers.statements[0].error is None:
                again = await self._judging.shared.decider.judge(place, reading, answers.statements[0].trees or None)
                return Resolved(self._judging.verdict(again, b"", extra=lane.ASK))
        decided = self._judging.shared.decider.judge_footprint(place, reading, footprint)
        return Resolved(self._judging.verdict(decided, b"", extra=lane.ASK))
