"""Every bound of a session, reached: names, replies, values, lengths. Peers choose the sizes."""

import pytest

from proxy.errors import InvariantBroken
from proxy.lane.session import Session
from proxy.lane.table import Table
from proxy.lane.verdict import Verdict
from proxy.wire.constants import Target
from proxy.wire.frame import pack
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.named import Close, Describe
from proxy.wire.messages.parse import Parse
from tests.lane.playbook import (
    BOUND,
    CLOSED,
    PARSED,
    PROTECTED,
    READY,
    REFUSAL,
    SYNC,
    Play,
    allow,
    batch,
    complete,
    query,
    refuse,
    row,
)

SELECT = "select a from t"
DUE, NAMES, LONGEST = 16_384, 65_536, 0x3FFFFFFE + 4
"""Replies that may be due, names that may be in use, and the longest length a frame may state."""
WIDE = 64 * 1024 * 1024


def parses(numbers: range) -> bytes:
    """Statements with names of their own."""
    return b"".join(Parse(b"s%d" % number, SELECT.encode()).encode() for number in numbers)


def bind(portal: bytes, *values: bytes) -> bytes:
    """A Bind of text values."""
    lengths = b"".join(len(value).to_bytes(4, "big") + value for value in values)
    return pack(b"B", portal + b"\0\0\0\0" + len(values).to_bytes(2, "big") + lengths + b"\0\0")


def test_a_session_names_so_many_statements_and_no_more() -> None:
    play = Play({SELECT: allow()}, message=WIDE)
    for start in range(0, NAMES, DUE // 2):
        play.client(parses(range(start, start + DUE // 2)))
        play.server(PARSED * (DUE // 2))
    assert play.session.failed == ""
    play.client(parses(range(NAMES, NAMES + 1)))
    assert play.session.failed == "too many prepared statements"


def test_statements_that_were_closed_again_do_not_count() -> None:
    play = Play({SELECT: allow()})
    for start in range(0, NAMES * 2, 1000):
        numbers = range(start, start + 1000)
        play.client(parses(numbers) + b"".join(Close(Target.STATEMENT, b"s%d" % each).encode() for each in numbers))
        play.server(PARSED * 1000 + CLOSED * 1000)
    assert play.session.failed == ""
    assert play.session.owed == 0


def test_statements_are_kept_up_to_the_length_of_one_message() -> None:
    text = "select " + "1" * 100_000
    play = Play({"select \1": allow(), "select \3": allow()})
    for number in range(12):
        play.client(Parse(b"s%d" % number, text.encode()).encode())
        play.server(PARSED)
    assert play.session.failed == "too many prepared statements or portals"


def test_a_pipeline_without_end_waits_for_answers_and_goes_on() -> None:
    play = Play({SELECT: allow()})
    said, answer = batch(SELECT) + SYNC, PARSED + BOUND + complete() + READY
    sent = play.client(said * DUE)
    assert len(sent) < len(said * DUE) // 2
    assert play.session.owed == DUE
    heard = b""
    for _ in range(5):
        heard += play.server(answer * (DUE // 4))
        sent += play.session.take_server()
    assert sent == said * DUE
    assert heard.startswith(answer * DUE)


def test_values_of_a_pipeline_are_not_kept_without_end() -> None:
    play = Play({SELECT: Verdict(values_as=1)})
    play.client(Parse(b"", SELECT.encode()).encode())
    value = bind(b"", *[b"x" * 1000] * 60)
    sent = play.client(value * 500)
    assert play.session.owed < 40
    assert len(sent) < len(value) * 40
    assert play.session.failed == ""


@pytest.mark.parametrize("count", [1, 1024, 1025, 65_535])
def test_a_bind_may_have_as_many_values_as_its_count_can_say(count: int) -> None:
    play = Play({SELECT: Verdict(values_as=1)})
    play.client(Parse(b"", SELECT.encode()).encode())
    said = bind(b"", *[b"7"] * count)
    assert play.client(said) == said


@pytest.mark.parametrize("cut", [1, 2, 5, 100])
def test_a_bind_whose_values_are_fewer_than_its_count_ends_the_session(cut: int) -> None:
    play = Play({SELECT: allow()})
    whole = bind(b"", *[b"7"] * 65_535)
    play.client(Parse(b"", SELECT.encode()).encode() + pack(b"B", whole[5:-cut]))
    assert play.session.failed == "a Bind whose counts do not fit its length"


@pytest.mark.parametrize("formats", [0, 1, 65_535])
def test_formats_of_values_and_results_are_counted(formats: int) -> None:
    play = Play({SELECT: allow()})
    play.client(Parse(b"", SELECT.encode()).encode())
    listed = formats.to_bytes(2, "big") + b"\0\1" * formats
    said = pack(b"B", b"\0\0" + listed + formats.to_bytes(2, "big") + b"\xff\xff\xff\xff" * formats + listed)
    assert play.client(said) == said


@pytest.mark.parametrize(("length", "why"), [(60_000, ""), (60_001, "a portal's name is too long")])
def test_a_restricted_reader_may_give_a_portal_a_long_name(length: int, why: str) -> None:
    play, portal = Play({SELECT: allow()}, shield=[PROTECTED]), b"p" * length
    play.client(Parse(b"", SELECT.encode()).encode())
    sent = play.client(bind(portal) + Execute(portal, 0).encode())
    assert play.session.failed == why
    assert why or sent == bind(portal) + Describe(Target.PORTAL, portal).encode() + Execute(portal, 0).encode()


def test_a_refused_statement_that_the_probe_has_parsed_may_have_a_long_name() -> None:
    play, name = Play(), b"n" * 60_000
    play.client(Parse(name, SELECT.encode()).encode())
    assert play.answer(refuse(), parsed=True).startswith(Close(Target.STATEMENT, name).encode())
    assert play.session.failed == ""


@pytest.mark.parametrize(
    ("length", "why"), [(LONGEST, ""), (LONGEST + 1, "impossible length"), (3, "impossible length")]
)
def test_a_frame_states_a_length_that_the_protocol_has(length: int, why: str) -> None:
    play = Play({SELECT: allow()})
    play.client(query(SELECT))
    said = b"D" + length.to_bytes(4, "big")
    assert play.server(said) == (b"" if why else said)
    assert why in play.session.failed
    play = Play({SELECT: allow()})
    play.client(b"d" + length.to_bytes(4, "big"))
    assert why in play.session.failed


@pytest.mark.parametrize(("more", "passes"), [(0, True), (1, False)])
def test_a_statement_as_long_as_the_limit_passes_and_one_byte_more_is_refused(more: int, passes: bool) -> None:
    text = "select '" + "x" * (4096 - 15 + more) + "'"
    play = Play({"select \4": allow()}, message=4096)
    assert (play.client(query(text)) == query(text)) == passes
    assert (play.session.take_client() == REFUSAL + READY) != passes
    assert play.session.failed == ""


def test_a_row_that_a_rule_concerns_may_be_as_long_as_the_limit() -> None:
    play = Play({SELECT: allow()}, shield=[PROTECTED], message=4096)
    play.client(query(SELECT))
    assert play.server(row(b"x" * 5000)) == b""
    assert "limits.message" in play.session.failed


def test_decisions_are_kept_up_to_a_number_of_bytes_and_the_newest_always() -> None:
    table, verdict = Table(limit=1024, bytes_limit=10_000), allow()
    for number in range(100):
        table.remember(1, b"%04d" % number * 100, verdict)
        assert table.find(1, b"%04d" % number * 100) is verdict
        assert table.held <= 10_000
    assert table.count == 25
    table.forget()
    assert (table.held, table.count, verdict.in_use) == (0, 0, False)


def test_a_session_that_has_not_begun_does_not_go_on() -> None:
    play = Play({SELECT: allow()})
    with pytest.raises(InvariantBroken):
        Session(play.shared, play.book).resume()
