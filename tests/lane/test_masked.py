"""Results of a reader from whom something is hidden: described, covered and rewritten, or not sent at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask
from proxy.wire.constants import Format, Target
from proxy.wire.frame import pack
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.copy import CopyData, CopyDone
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.named import Describe
from proxy.wire.messages.parse import Parse
from tests.lane.playbook import (
    BOUND,
    NO_DATA,
    PARSED,
    PROTECTED,
    READY,
    REFUSAL,
    SUSPENDED,
    SYNC,
    Play,
    allow,
    batch,
    complete,
    described,
    error,
    masked,
    query,
    refuse,
    row,
)
from tests.masking.columns import KEYS, LABEL

SELECT, TWO = "select name, email from t", "select 1; select 2"
PLAIN = (16500, 1)
SECRET = b"mia@corp.example"
SHOWN = described(PLAIN, PROTECTED)
MASK = RowMask([None, compile_mask(Redact(), Column(oids.TEXT), KEYS, LABEL)])
WITHHELD = pack(b"E", b"SERROR\0C22012\0Mwithheld\0\0")
COPY_OUT = pack(b"H", b"\0\0\0")
DESCRIBE = Describe(Target.PORTAL, b"").encode()


def hiding() -> Verdict:
    """The second of two columns is masked."""
    return masked(MASK, b"\0\1")


def played(verdict: Verdict | None = None, stricter: Verdict | None = None) -> Play:
    """A restricted session for which SELECT is decided."""
    play = Play({SELECT: verdict or hiding()}, shield=[PROTECTED])
    play.book.stricter = stricter
    return play


@pytest.mark.parametrize("size", [1 << 20, 1, 7])
def test_a_simple_result_is_masked_row_by_row(size: int) -> None:
    play = played()
    play.client(query(SELECT))
    said = SHOWN + row(b"mia", SECRET) * 3 + row(None, None) + complete("SELECT 4") + READY
    heard = b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size))
    assert heard == SHOWN + row(b"mia", b"redacted") * 3 + row(None, None) + complete("SELECT 4") + READY
    assert play.shared.counts()["cells_masked"] == 4


def test_a_batch_is_described_by_a_question_of_ours_that_nobody_sees() -> None:
    play = played()
    bound = Parse(b"", SELECT.encode()).encode() + Bind(b"", b"").encode()
    execute = Execute(b"", 0).encode() + SYNC
    assert play.client(bound + execute) == bound + DESCRIBE + execute
    heard = play.server(PARSED + BOUND + SHOWN + row(b"mia", SECRET) + complete() + READY)
    assert heard == PARSED + BOUND + row(b"mia", b"redacted") + complete() + READY


def test_where_the_client_describes_next_there_is_no_question_of_ours() -> None:
    play = played()
    asked = Parse(b"", SELECT.encode()).encode() + Bind(b"", b"").encode() + DESCRIBE + Execute(b"", 0).encode() + SYNC
    assert play.client(asked) == asked
    heard = play.server(PARSED + BOUND + SHOWN + row(b"mia", SECRET) + complete() + READY)
    assert heard == PARSED + BOUND + SHOWN + row(b"mia", b"redacted") + complete() + READY


def test_a_binary_result_is_masked_in_binary() -> None:
    number = compile_mask(Auto(), Column(oids.INT4), KEYS, LABEL)
    play = played(masked(RowMask([number]), b"\1"))
    play.client(batch(SELECT) + SYNC)
    shown = described(PROTECTED, form=Format.BINARY)
    heard = play.server(PARSED + BOUND + shown + row(b"\0\0\0\x2a") + complete() + READY)
    value = RowMask([number]).value(0, 1, b"\0\0\0\x2a")
    assert heard == PARSED + BOUND + row(value) + complete() + READY
    assert value != b"\0\0\0\x2a"


def test_a_suspended_portal_goes_on_behind_its_masks() -> None:
    play = played()
    play.client(batch(SELECT))
    play.server(PARSED + BOUND + SHOWN + row(b"mia", SECRET) + SUSPENDED)
    play.client(Execute(b"", 1).encode() + SYNC)
    assert play.server(row(b"mia", SECRET) + complete() + READY) == row(b"mia", b"redacted") + complete() + READY


CONVICTIONS = [
    pytest.param(allow(columns=2), SHOWN, id="a protected column that the analysis did not see"),
    pytest.param(allow(), SHOWN, id="a protected column where the analysis says nothing"),
    pytest.param(allow(columns=1), described(PLAIN, PLAIN), id="more columns than were analysed"),
    pytest.param(hiding(), described(PROTECTED, PLAIN), id="the mask is on another column"),
    pytest.param(hiding(), described(PLAIN, PROTECTED, PROTECTED), id="a protected column behind the masks"),
]


@pytest.mark.parametrize(("verdict", "shown"), CONVICTIONS)
def test_a_description_convicts_and_without_a_stricter_verdict_the_session_ends(verdict: Verdict, shown: bytes) -> None:
    play = played(verdict)
    play.client(query(SELECT))
    assert play.server(shown + row(b"mia", SECRET)) == b""
    assert play.book.convicted == 1
    assert "protected column" in play.session.failed


def test_a_stricter_verdict_masks_what_the_first_did_not() -> None:
    play = played(allow(columns=2), stricter=hiding())
    play.client(query(SELECT))
    assert play.server(SHOWN + row(b"mia", SECRET)) == SHOWN + row(b"mia", b"redacted")


@pytest.mark.parametrize("stricter", [pytest.param(allow(columns=2), id="open"), pytest.param(refuse(), id="refusal")])
def test_a_verdict_that_is_not_stricter_ends_the_session(stricter: Verdict) -> None:
    play = played(allow(columns=2), stricter=stricter)
    play.client(query(SELECT))
    assert play.server(SHOWN + row(b"mia", SECRET)) == b""
    assert play.session.failed != ""


CLOSED_DOORS = [
    pytest.param(row(b"mia", SECRET), id="a row that nothing describes"),
    pytest.param(SHOWN + row(SECRET), id="a row with fewer columns"),
    pytest.param(SHOWN + row(b"mia", SECRET, SECRET), id="a row with more columns"),
    pytest.param(SHOWN + b"D\0\0\0\x06\0\2", id="a row without its values"),
    pytest.param(SHOWN + b"D\0\0\0\x04", id="a row without a count"),
    pytest.param(SHOWN + pack(b"D", b"\0\2\xff\xff\xff\xff\0\0\1\0mia"), id="a length past the row's end"),
    pytest.param(SHOWN + pack(b"D", b"\0\2\xff\xff\xff\xfe\0\0\0\0"), id="a negative length"),
    pytest.param(SHOWN + pack(b"D", b"\0\2\xff\xff\xff\xff\0\0\0\1xmia"), id="more bytes than values"),
    pytest.param(pack(b"T", b"\0\2c\0"), id="a description that is cut"),
    pytest.param(pack(b"T", b"\0"), id="a description without a count"),
    pytest.param(SHOWN[:-2] + b"\0\2" + row(b"mia", SECRET), id="a format that does not exist"),
    pytest.param(COPY_OUT + CopyData(SECRET).encode(), id="COPY out that nothing proves"),
    pytest.param(CopyData(SECRET).encode(), id="COPY data without a COPY"),
    pytest.param(SHOWN + CopyData(SECRET).encode(), id="COPY data in the middle of a result"),
    pytest.param(SHOWN + SHOWN + row(b"mia", SECRET), id="a second result of one command"),
    pytest.param(SHOWN + complete() + SHOWN + row(b"mia", SECRET), id="a result behind the last command"),
]


@pytest.mark.parametrize("size", [pytest.param(1 << 20, id="whole"), pytest.param(1, id="byte by byte")])
@pytest.mark.parametrize("said", CLOSED_DOORS)
def test_what_no_decision_covers_ends_the_session_and_no_value_leaves(said: bytes, size: int) -> None:
    play = played()
    play.client(query(SELECT))
    heard = b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size))
    assert b"mia" not in heard
    assert play.session.failed != ""


@pytest.mark.parametrize("columns", [(PLAIN,), (PLAIN, PLAIN, PLAIN), ()])
def test_an_open_result_of_a_restricted_reader_must_fit_its_description_too(
    columns: tuple[tuple[int, int], ...],
) -> None:
    play = played(allow())
    play.client(query(SELECT))
    assert b"mia" not in play.server(described(*columns) + row(b"mia", SECRET))
    assert play.session.failed != ""


def test_no_data_is_no_description() -> None:
    play = played(allow())
    play.client(batch(SELECT) + SYNC)
    assert play.server(PARSED + BOUND + NO_DATA + row(SECRET)) == PARSED + BOUND
    assert play.session.failed != ""


def test_commands_of_one_string_have_a_plan_each() -> None:
    play = Play(shield=[PROTECTED])
    play.client(query(TWO))
    play.answer(Verdict(commands=(allow(columns=1), hiding())))
    said = described(PLAIN) + row(b"1") + complete() + SHOWN + row(b"mia", SECRET) + complete() + READY
    assert play.server(said) == said.replace(row(b"mia", SECRET), row(b"mia", b"redacted"))


def test_copy_out_that_is_proven_streams() -> None:
    play = played(Verdict(flags=lane.COPY))
    play.client(query(SELECT))
    said = COPY_OUT + CopyData(b"1\n").encode() * 9 + CopyDone().encode() + complete("COPY 9") + READY
    assert play.server(said) == said


REPORTS = [
    pytest.param(error(), WITHHELD, id="an error"),
    pytest.param(pack(b"N", b"SNOTICE\0M" + SECRET + b"\0\0"), b"N" + WITHHELD[1:], id="a notice"),
    pytest.param(pack(b"A", b"\0\0\0\1c\0" + SECRET + b"\0"), b"A" + WITHHELD[1:], id="a notification"),
]


@pytest.mark.parametrize(("said", "heard"), REPORTS)
def test_what_may_carry_a_value_goes_through_the_scrubber(said: bytes, heard: bytes) -> None:
    play = played()
    play.client(query(SELECT))
    assert play.server(said) == heard


def test_a_refusal_of_a_restricted_reader_needs_no_server() -> None:
    play = played(refuse())
    assert play.client(query(SELECT)) == b""
    assert play.session.take_client() == REFUSAL + READY


SECRETS = row(b"mia", SECRET), row(SECRET), row(SECRET, SECRET, SECRET), CopyData(SECRET).encode()
HONEST = [
    PARSED, BOUND, NO_DATA, SHOWN, described(PLAIN), described(PROTECTED, PLAIN), described(), complete(), READY,
    SUSPENDED, COPY_OUT, CopyDone().encode(), error(), pack(b"t", b"\0\0"), pack(b"I", b""), pack(b"W", b"\0\0\0"),
    *SECRETS,
]  # fmt: skip
TURNS = [
    query(SELECT),
    batch(SELECT),
    SYNC,
    Execute(b"", 0).encode(),
    DESCRIBE,
    Describe(Target.STATEMENT, b"").encode(),
]
turns = st.lists(st.sampled_from(TURNS), min_size=1, max_size=4)
answers = st.lists(st.sampled_from(HONEST) | st.binary(max_size=12), max_size=12)


@settings(max_examples=400)
@given(
    asked=turns,
    said=answers,
    verdict=st.sampled_from(["hiding", "open", "unknown"]),
    flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    size=st.integers(1, 60),
)
def test_no_server_gets_a_protected_value_past(
    asked: list[bytes], said: list[bytes], verdict: str, flips: list[tuple[int, int]], size: int
) -> None:
    play = played({"hiding": hiding(), "open": allow(flags=0, columns=2), "unknown": allow(flags=0)}[verdict])
    play.client(b"".join(asked))
    answer = bytearray(b"".join(said)) + READY
    for at, value in flips:
        answer[at % len(answer)] = value
    heard = b"".join(play.server(bytes(answer[at : at + size])) for at in range(0, len(answer), size))
    assert described_enough(heard, verdict)


def described_enough(heard: bytes, verdict: str) -> bool:
    """No clear value of the protected column; where nothing is masked, none stands behind its description."""
    return SECRET not in heard or (verdict != "hiding" and SHOWN not in heard)


def test_a_cursor_that_the_protocol_did_not_bind_is_described_by_a_question_of_ours() -> None:
    play = played()
    execute = Execute(b"c", 0).encode()
    assert play.client(execute + SYNC) == b""
    assert play.book.asked == [(4, b"c\0\0\0\0\0", b"")]
    assert play.answer(hiding()) == Describe(Target.PORTAL, b"c").encode() + execute + SYNC
    assert (
        play.server(SHOWN + row(b"mia", SECRET) + complete() + READY) == row(b"mia", b"redacted") + complete() + READY
    )


STATUS = pack(b"S", b"application_name\0" + SECRET + b"\0")
NOTIFIED = pack(b"A", b"\0\0\0\1c\0" + SECRET + b"\0")
ROWS = described(PLAIN) + row(b"1") + complete()


def running() -> Verdict:
    """One column; what it calls is not proven."""
    return Verdict(flags=lane.RUNS, columns=1)


def test_what_unproven_code_may_have_set_is_not_reported() -> None:
    play = played(running())
    play.client(query(SELECT))
    assert play.server(ROWS + STATUS + READY) == ROWS + READY  # as servers report since 14
    play.client(query(SELECT))
    assert play.server(described(PLAIN) + STATUS + row(b"1") + complete() + READY) == ROWS + READY  # and before
    play.client(batch(SELECT) + SYNC)
    assert STATUS not in play.server(PARSED + BOUND + described(PLAIN) + row(b"1") + complete() + STATUS + READY)


def test_what_a_proven_statement_sets_is_reported() -> None:
    play = played(Verdict(columns=1))
    play.client(query(SELECT))
    assert play.server(ROWS + STATUS + READY) == ROWS + STATUS + READY


def test_an_error_of_unproven_code_leaves_no_report_either() -> None:
    play = played(running())
    play.client(query(SELECT))
    assert play.server(error() + STATUS + READY) == WITHHELD + READY


def test_behind_unproven_code_no_notification_is_passed_on() -> None:
    play = played(running())
    play.client(query(SELECT))
    assert play.server(ROWS + READY + NOTIFIED) == ROWS + READY
