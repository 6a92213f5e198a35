"""What a reader gets of what was written."""

from pathlib import Path

import msgspec
import pytest

from proxy.audit import render
from proxy.audit.decoded import Value
from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.format import segment_files
from proxy.audit.joiner import Events
from proxy.audit.record import FIELDS
from proxy.audit.search import records
from proxy.audit.selection import Selection, moment
from proxy.errors import JournalDamaged
from tests.audit.journals import SELECT, SESSION, STARTED_US, append, execute, found, numbers, settings, started, write
from tests.reference import audit_entry as reference

DESIGN = (
    "v seq time duration_us session instance worker user database subject end_user application client_addr tls "
    "statement_kind effects sql fingerprint parameters relations columns decision rule masked disagreement rows bytes "
    "sqlstate error_ref outcome transaction prev hash"
)


def test_the_fields_stand_in_the_order_of_the_design() -> None:
    assert " ".join(FIELDS) == f"{DESIGN} notes"


def test_a_record_says_who_did_what_and_what_came_of_it(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        append(journal, who, what, 42, outcome=1, sqlstate=b"22012", transaction="T")
    (record,) = found(tmp_path)
    told = msgspec.json.decode(msgspec.json.encode(record))
    data = segment_files(journal.directory)[0].read_bytes()
    _, _, start, end = list(reference.frames(data, 256))[2]
    assert told == {
        "v": 1, "seq": 3, "time": "2026-05-03T03:09:37.000042Z", "duration_us": 7, "session": "s1", "instance": "here",
        "worker": 0, "user": "ana", "database": "shop", "subject": "analysts", "end_user": "", "application": "",
        "client_addr": "::1", "tls": "", "statement_kind": "select", "effects": ["select"],
        "sql": "select email from customers where id = 42", "fingerprint": "f1", "parameters": [],
        "relations": ["shop.customers"], "columns": ["shop.customers.email", "shop.customers.id"], "decision": "allow",
        "rule": "analysts", "masked": {"shop.customers.email": "email"}, "disagreement": [], "rows": 1, "bytes": 50,
        "sqlstate": "22012", "error_ref": None, "outcome": "error", "transaction": "T",
        "prev": data[start - 32 : start].hex(), "hash": data[end - 32 : end].hex(), "notes": [],
    }  # fmt: skip


def test_an_opening_and_its_closing_are_one_record(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        append(journal, who, what, 7, part=1, outcome=5, rows=0)
        append(journal, who, what, 8)
        journal.spool.append([], session=who, statement=what, serial=7, part=2, started_us=STARTED_US + 7, rows=1000)
    eight, seven = found(tmp_path)
    assert ((eight.sql or "")[-1], (seven.sql or "")[-1]) == ("8", "7")
    assert (seven.outcome, seven.rows, seven.seq) == ("ok", 1000, 5)


def test_one_that_never_closed_is_unknown_as_long_as_the_journal_has_no_more_of_it(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        journal.spool.wait(append(journal, who, what, 7, part=1), 30)
        assert [record.outcome for record in found(tmp_path)] == ["unknown"]
    assert [record.outcome for record in found(tmp_path)] == ["unknown"]


def test_an_opening_meets_its_closing_in_a_later_segment(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        append(journal, who, what, 1, part=1)
        execute(journal, range(2, 200), SessionFacts(session="other"))
        append(journal, who, what, 1, part=2, values_as=0)
    assert len(segment_files(journal.directory)) > 2
    assert sorted(numbers(tmp_path)) == list(range(1, 200))


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_note_is_joined_to_its_execution(tmp_path: Path, order: str) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        steps = {
            "note": lambda: journal.note(who, 1, "error", {"reference": "r-1", "message": "division by zero"}),
            "append": lambda: append(journal, who, what, 1),
        }
        for step in {"before": ["note", "append"], "after": ["append", "note"]}[order]:
            steps[step]()
        append(journal, who, what, 2)
    first, second = found(tmp_path)
    assert (first.error_ref, second.error_ref) == ("r-1", None)
    assert first.notes[0]["message"] == "division by zero"


def test_a_note_may_come_a_segment_later(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        serial = 1
        while len(segment_files(journal.directory)) < 2:
            journal.spool.wait(append(journal, who, what, serial), 30)
            serial += 1
        journal.note(who, 1, "error", {"reference": "late"})
    assert found(tmp_path)[0].error_ref == "late"


def test_events_are_shown_when_they_are_asked_for(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who = journal.define_session(SESSION)
        journal.note(who, 0, "login", {"method": "scram-sha-256"})
        journal.note(0, 0, "reload", {"rules": "digest"})
    assert found(tmp_path) == []
    login, reload = records(tmp_path / "audit", events=Events.SHOWN)
    assert (login.statement_kind, login.user, login.notes[0]["method"]) == ("login", "ana", "scram-sha-256")
    assert (reload.statement_kind, reload.user) == ("reload", "")


def test_definitions_may_change_under_a_reference_that_is_given_again(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        for name in ("one", "two", "three"):
            who, what = journal.define_session(SessionFacts(session=name)), journal.define_statement(SELECT)
            assert (who, what) == (1, 1)
            position = append(journal, who, what, 1)
            journal.release_session(who)
            journal.release_statement(what)
            assert journal.spool.wait(position, 30)
            assert journal.spool.wait(journal.note(0, 0, "between", {}), 30)
    assert [record.session for record in found(tmp_path)] == ["one", "two", "three"]


def test_a_damaged_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    (path,) = write(tmp_path, 20)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert len(numbers(tmp_path)) == 19


def test_an_entry_that_is_whole_and_yet_no_execution_is_told(tmp_path: Path) -> None:
    (path,) = write(tmp_path, 2)
    path.write_bytes(path.read_bytes() + reference.frame(bytes(32), bytes(32), 9, 3, b"nonsense"))
    with pytest.raises(JournalDamaged, match="entry 9"):
        found(tmp_path)


LITERAL: Value = (0, render.Form.CLEAR, b"'x'", 3)
DIGEST: Value = (0, render.Form.DIGEST, b"\xab" * 16, 16)


@pytest.mark.parametrize(
    ("template", "values", "omitted", "text"),
    [
        pytest.param("select \x01, \x04", [(0, 1, b"1", 1), LITERAL], 0, "select 1, 'x'", id="in clear"),
        pytest.param("select \x04", [DIGEST], 0, f"select <digest:{'ab' * 16}>", id="as a digest"),
        pytest.param("select \x04", [], 0, "select <value>", id="not stored"),
        pytest.param("select \x04, \x04", [LITERAL], 1, "select 'x', <left out>", id="left out"),
        pytest.param("select \x04", [(0, 2, b"'xx", 90)], 0, "select 'xx<cut of 90 bytes>", id="cut"),
        pytest.param('select "\x01", \x04', [LITERAL], 0, "select \"\x01\", 'x'", id="a name is no place"),
        pytest.param("select $1, \x04", [(1, 1, b"p", 1), LITERAL], 0, "select $1, 'x'", id="parameters stay"),
        pytest.param("select 1", [], 0, "select 1", id="nothing to fill"),
        pytest.param(None, [LITERAL], 0, None, id="no text"),
    ],
)
def test_literals_go_back_into_their_places(
    template: str | None, values: list[Value], omitted: int, text: str | None
) -> None:
    assert render.statement(template, values, omitted) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1, 0, None, 0), None),
        ((1, 1, b"ana", 3), {"text": "ana"}),
        ((1, 1, b"\xff", 1), {"text": "\\xff"}),
        ((2, 1, b"\x00\x01", 2), {"binary": "0001"}),
        ((1, 2, b"an", 9), {"text": "an", "cut": 9}),
        ((1, 3, b"\xab" * 16, 16), {"digest": "ab" * 16}),
        ((2, 3, b"\xab" * 16, 16), {"digest": "ab" * 16}),
    ],
)
def test_a_parameter_says_how_it_is_stored(value: Value, shown: object) -> None:
    assert render.parameters([LITERAL, value]) == [shown]


def test_a_digest_never_shows_what_it_was_made_of(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        secret = b"canary-4111111111111111"
        values = [(b"'" + secret + b"'", 0), (secret, 1), (secret, 2), (secret * 1000, 1)]
        journal.spool.append(values, session=who, statement=what, serial=1, values_as=2)
    (record,) = found(tmp_path)
    first, second = (record.sql or "").split("<digest:")[1][:32], record.parameters[0]
    assert second == {"digest": first}
    assert secret not in segment_files(journal.directory)[0].read_bytes()


def test_a_long_text_is_cut_and_marked(tmp_path: Path) -> None:
    with started(settings(tmp_path, sql_bytes=100)) as journal:
        who = journal.define_session(SESSION)
        what = journal.define_statement(StatementFacts(statement_kind="select", sql="é" * 200))
        append(journal, who, what, 1)
    assert found(tmp_path)[0].sql == "é" * 50 + "…"


SELECTIONS = [
    (Selection(users=("ana",)), [1]),
    (Selection(users=("a*", "bob")), [1, 2]),
    (Selection(subjects=("analysts",)), [1]),
    (Selection(relations=("customers",)), [1]),
    (Selection(relations=("shop.*",)), [1, 2]),
    (Selection(columns=("email",)), [1]),
    (Selection(columns=("orders.id",)), [2]),
    (Selection(decisions=("refuse",)), [2]),
    (Selection(sql="DELETE"), [2]),
    (Selection(sql="id = 1"), [1]),
    (Selection(since_us=STARTED_US + 2), [2]),
    (Selection(until_us=STARTED_US + 2), [1]),
    (Selection(users=("ana",), decisions=("refuse",)), []),
]


@pytest.mark.parametrize(("selection", "serials"), SELECTIONS, ids=lambda value: repr(value)[:60])
def test_records_are_chosen(tmp_path: Path, selection: Selection, serials: list[int]) -> None:
    delete = StatementFacts(
        statement_kind="delete",
        sql="delete from orders where id = \x01",
        relations=("shop.orders",),
        columns=("shop.orders.id",),
        decision="refuse",
    )
    with started(settings(tmp_path)) as journal:
        ana, bob = journal.define_session(SESSION), journal.define_session(SessionFacts(session="s2", user="bob"))
        append(journal, ana, journal.define_statement(SELECT), 1)
        append(journal, bob, journal.define_statement(delete), 2)
    chosen = records(tmp_path / "audit", selection)
    assert [int((record.sql or "").rsplit(" ", 1)[1]) for record in chosen] == serials


NOW_US = 1_777_777_777_000_000


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("2026-05-03", 1_777_766_400_000_000),
        ("2026-05-03T03:09:37", NOW_US),
        ("2026-05-03T05:09:37+02:00", NOW_US),
        ("2026-05-03T03:09:37Z", NOW_US),
        ("90s", NOW_US - 90_000_000),
        ("15m", NOW_US - 900_000_000),
        (" 2 h ", NOW_US - 7_200_000_000),
        ("4w", NOW_US - 4 * 7 * 86_400_000_000),
        ("999999999w", 0),
    ],
)
def test_a_time_is_understood(text: str, time_us: int) -> None:
    assert moment(text, NOW_US) == time_us


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "5y", "-1h"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        moment(text, NOW_US)
