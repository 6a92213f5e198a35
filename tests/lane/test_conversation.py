"""What the lane does with conversations: on buffers, whole, byte by byte, and cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.relay.words import Event, Phase
from proxy.wire.constants import Target
from proxy.wire.frame import pack
from proxy.wire.messages.copy import CopyData, CopyDone
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.named import Close, Describe
from tests.lane.playbook import (
    BOUND,
    CLOSED,
    CONTEXT,
    EMPTY,
    FAILED,
    FLUSH,
    IN_TRANSACTION,
    NO_DATA,
    PARSED,
    READY,
    REFUSAL,
    SUSPENDED,
    SYNC,
    TERMINATE,
    Play,
    allow,
    batch,
    complete,
    described,
    error,
    query,
    refuse,
    row,
)

SELECT = "select a from t"
ROWS = described((0, 0)) + row(b"x") * 3 + complete("SELECT 3")
COPY_IN = pack(b"G", b"\0\0\0")
COPY_OUT = pack(b"H", b"\0\0\0")
COPY_BOTH = pack(b"W", b"\0\0\0")

CONVERSATIONS = [
    pytest.param([query(SELECT), ROWS + READY], id="a simple query"),
    pytest.param([query(SELECT), EMPTY + READY], id="an empty query"),
    pytest.param([query(SELECT), error() + READY], id="a simple query that fails"),
    pytest.param([batch(SELECT) + SYNC, PARSED + BOUND + row(b"x") + complete() + READY], id="a batch"),
    pytest.param(
        [(batch(SELECT) + SYNC) * 3, (PARSED + BOUND + row(b"x") + complete() + READY) * 3], id="a pipeline of batches"
    ),
    pytest.param([batch(SELECT) * 2 + SYNC, PARSED + error() + READY], id="an error skips to Sync"),
    pytest.param(
        [batch(SELECT) + SYNC + batch(SELECT) + SYNC, error() + READY + PARSED + BOUND + complete() + READY],
        id="what stands behind the Sync is not skipped",
    ),
    pytest.param([batch(SELECT) + FLUSH, PARSED + BOUND + SUSPENDED, SYNC, READY], id="Flush and PortalSuspended"),
    pytest.param(
        [query(SELECT), COPY_IN, CopyData(b"1\n").encode() * 5 + CopyDone().encode(), complete("COPY 5") + READY],
        id="COPY in by a simple query",
    ),
    pytest.param(
        [
            batch(SELECT) + SYNC,
            PARSED + BOUND + COPY_IN,
            CopyData(b"1\n").encode() + CopyDone().encode() + SYNC,
            complete("COPY 1") + READY,
        ],
        id="COPY in by a batch, whose first Sync the server ignores",
    ),
    pytest.param(
        [
            query(SELECT) + CopyData(b"1\n").encode() + CopyDone().encode(),
            COPY_IN + complete("COPY 1") + READY,
            query(SELECT),
            ROWS + READY,
        ],
        id="COPY in by a client that does not wait to be asked",
    ),
    pytest.param(
        [
            batch(SELECT) + SYNC + CopyData(b"1\n").encode() + CopyDone().encode() + SYNC + query(SELECT),
            PARSED + BOUND + COPY_IN + complete("COPY 1") + READY + ROWS + READY,
        ],
        id="the same by a batch, with a Sync on either side of the data",
    ),
    pytest.param(
        [
            query(SELECT),
            COPY_IN,
            CopyData(b"1\n").encode(),
            error() + READY,
            CopyData(b"2\n").encode(),
            b"",
            query(SELECT),
            ROWS + READY,
        ],
        id="COPY in that fails while the client still sends",
    ),
    pytest.param(
        [query(SELECT), COPY_OUT + CopyData(b"1\n").encode() * 9 + CopyDone().encode() + complete("COPY 9") + READY],
        id="COPY out",
    ),
    pytest.param(
        [
            query(SELECT),
            COPY_BOTH + CopyData(b"w").encode(),
            CopyData(b"r").encode() + CopyDone().encode(),
            CopyDone().encode() + complete("COPY 0") + READY,
        ],
        id="COPY both",
    ),
    pytest.param(
        [Describe(Target.STATEMENT, b"s").encode() + SYNC, pack(b"t", b"\0\0") + NO_DATA + READY],
        id="Describe of a statement",
    ),
    pytest.param([Close(Target.STATEMENT, b"s").encode() + SYNC, CLOSED + READY], id="Close of nothing"),
    pytest.param([pack(b"F", b"\0\0\0\1\0\0\0\0\0\0"), pack(b"V", b"\xff\xff\xff\xff") + READY], id="a function call"),
    pytest.param([SYNC, READY], id="Sync alone"),
    pytest.param(
        [
            batch(SELECT) + SYNC + batch(SELECT) + CopyData(b"1\n").encode() + CopyDone().encode() + SYNC,
            PARSED + BOUND + complete() + READY + PARSED + BOUND + COPY_IN + complete("COPY 1") + READY,
        ],
        id="COPY in behind another batch, all sent at once",
    ),
    pytest.param(
        [batch(SELECT) + SYNC, PARSED + BOUND + COPY_IN + error() + READY, query(SELECT), ROWS + READY],
        id="COPY in that fails before its early Sync is read",
    ),
    pytest.param(
        [
            batch(SELECT) + SYNC,
            PARSED + BOUND + COPY_IN,
            CopyData(b"1\n").encode(),
            error(),
            CopyDone().encode() + SYNC,
            READY,
            query(SELECT),
            ROWS + READY,
        ],
        id="COPY in that fails when its early Sync was ignored",
    ),
    pytest.param(
        [
            batch(SELECT) + SYNC + SYNC + CopyDone().encode(),
            PARSED + BOUND + COPY_IN + complete("COPY 0"),
            SYNC + query(SELECT),
            READY + ROWS + READY,
        ],
        id="the end of a COPY that was sent before its beginning and behind two Syncs",
    ),
    pytest.param(
        [
            batch(SELECT) + SYNC + CopyDone().encode() + SYNC + CopyDone().encode(),
            PARSED + BOUND + COPY_IN + complete("COPY 0") + READY,
        ],
        id="a second CopyDone, of which the server makes nothing",
    ),
    pytest.param(
        [
            (query(SELECT) + CopyData(b"1\n").encode() + CopyDone().encode()) * 2,
            (COPY_IN + complete("COPY 1") + READY) * 2,
        ],
        id="two COPYs in a pipeline",
    ),
    pytest.param(
        [
            query(SELECT) + CopyDone().encode() * 2,
            (COPY_IN + complete("COPY 0")) * 2 + READY,
            query(SELECT),
            ROWS + READY,
        ],
        id="two COPYs in one string, by a client that does not wait to be asked",
    ),
    pytest.param(
        [batch(SELECT), PARSED + BOUND + COPY_IN, SYNC, error() + READY, query(SELECT), ROWS + READY],
        id="a Sync inside a COPY that the server reads behind the COPY's failure",
    ),
    pytest.param(
        [query(SELECT), COPY_IN, SYNC + CopyDone().encode(), complete("COPY 0") + READY, query(SELECT), ROWS + READY],
        id="a Sync inside a COPY that the server ignores",
    ),
    pytest.param([batch(SELECT) + TERMINATE, error()], id="Terminate is not skipped"),
    pytest.param([query(SELECT) + TERMINATE, ROWS + READY], id="Terminate behind a query"),
    pytest.param(
        [query(SELECT), pack(b"N", b"SNOTICE\0\0") + ROWS + pack(b"S", b"TimeZone\0UTC\0") + READY],
        id="what comes unasked",
    ),
    pytest.param([b"", pack(b"A", b"\0\0\0\1c\0p\0")], id="a notification at rest"),
    pytest.param(
        [query(SELECT), complete("BEGIN") + IN_TRANSACTION, query(SELECT), error() + FAILED], id="a transaction"
    ),
]


def played(turns: list[bytes], sizes: list[int]) -> tuple[bytes, bytes]:
    """All that the server got and all that the client got, when every turn comes in pieces of these sizes."""
    play, to_server, to_client = Play({SELECT: allow()}), b"", b""
    for number, turn in enumerate(turns):
        say = play.server if number % 2 else play.client
        for piece in pieces(turn, sizes):
            got = say(piece)
            to_server, to_client = (to_server, to_client + got) if number % 2 else (to_server + got, to_client)
    assert play.session.failed == ""
    return to_server, to_client


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """data cut into pieces, sizes taken in turn."""
    cut, at, turn = [], 0, 0
    while at < len(data):
        cut.append(data[at : at + sizes[turn % len(sizes)]])
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    return cut


@pytest.mark.parametrize("turns", CONVERSATIONS)
@pytest.mark.parametrize("size", [pytest.param(1 << 20, id="whole"), pytest.param(1, id="byte by byte")])
def test_a_legal_conversation_passes_byte_for_byte(turns: list[bytes], size: int) -> None:
    assert played(turns, [size]) == (b"".join(turns[::2]), b"".join(turns[1::2]))


@given(st.sampled_from(CONVERSATIONS), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_it_passes_however_it_is_cut(conversation: pytest.param, sizes: list[int]) -> None:  # type: ignore[valid-type]
    (turns,) = conversation.values  # type: ignore[attr-defined]
    assert played(turns, sizes) == (b"".join(turns[::2]), b"".join(turns[1::2]))


def test_a_text_that_nobody_decided_is_held_until_it_is() -> None:
    play = Play()
    assert play.client(query(SELECT)) == b""
    assert play.book.asked == [(Event.QUERY, SELECT.encode(), b"")]
    assert play.answer(allow()) == query(SELECT)


def test_what_is_held_waits_for_the_answers_to_everything_before_it() -> None:
    play = Play({SELECT: allow()})
    assert play.client(batch(SELECT) + batch("select b from t")) == batch(SELECT) + FLUSH
    assert play.book.asked == []
    play.server(PARSED + BOUND + complete())
    assert [event for event, _, _ in play.book.asked] == [Event.PARSE]


def test_a_held_statement_that_an_earlier_error_skips_is_never_decided() -> None:
    play = Play({SELECT: allow()})
    play.client(batch(SELECT) + batch("select b from t") + SYNC)
    assert play.server(PARSED + error()) == PARSED + error()
    assert play.book.asked == []
    assert play.session.take_server() == SYNC


def test_a_refused_query_leaves_the_session_ready_and_the_server_unasked() -> None:
    play = Play({SELECT: refuse()})
    assert play.client(query(SELECT)) == b""
    assert play.session.take_client() == REFUSAL + READY


def test_a_refusal_inside_a_transaction_fails_it_at_the_server_too() -> None:
    play = Play({"begin": allow(), SELECT: refuse()})
    play.client(query("begin"))
    play.server(complete("BEGIN") + IN_TRANSACTION)
    failing = play.client(query(SELECT))
    assert failing == query("refused by pgwarden")
    assert play.server(error("42601") + FAILED) == REFUSAL + FAILED


def test_a_refused_parse_makes_both_ends_skip_to_the_same_sync() -> None:
    play = Play({SELECT: refuse(), "select one": allow()})
    sent = play.client(batch(SELECT) + batch("select one") + SYNC)
    assert sent.endswith(SYNC)
    assert b"select" not in sent
    assert play.server(error("42601") + READY) == REFUSAL + READY
    assert play.client(batch("select one") + SYNC) == batch("select one") + SYNC


def test_a_rejected_parse_leaves_the_old_statement_under_its_name() -> None:
    play = Play({SELECT: allow(), "select b from t": refuse()})
    play.client(batch(SELECT, b"s") + SYNC)
    play.server(PARSED + BOUND + complete() + READY)
    play.know("select c from t", allow())
    play.client(batch("select c from t", b"s") + SYNC)
    play.server(error("42P05") + READY)
    play.stand(context=CONTEXT + 1)
    play.client(bind_only(b"s") + SYNC)
    assert play.book.asked[-1][2].startswith(b"s\0" + SELECT.encode())


def bind_only(name: bytes) -> bytes:
    """A Bind of a statement."""
    return pack(b"B", b"\0" + name + b"\0" + b"\0" * 6)


def test_a_statement_whose_moment_has_passed_is_decided_again_when_it_is_bound() -> None:
    play = Play({SELECT: allow()})
    play.client(batch(SELECT, b"s") + SYNC)
    play.server(PARSED + BOUND + complete() + READY)
    play.stand(context=CONTEXT + 1)
    assert play.client(bind_only(b"s") + SYNC) == b""
    assert play.book.asked[0][0] == Event.BIND


def test_what_follows_a_change_of_state_waits_for_its_end() -> None:
    setting = Verdict(flags=lane.STATE | lane.BARRIER | lane.COPY)
    play = Play({"set x": setting, SELECT: allow()})
    assert play.client(query("set x") + query(SELECT)) == query("set x")
    play.server(complete("SET") + READY)
    assert play.session.dirty
    assert play.book.asked == [(Event.QUERY, SELECT.encode(), b"")]


def test_what_waits_for_a_sync_that_may_go_unanswered_is_told_by_a_question_of_ours() -> None:
    play = Play({SELECT: allow()})
    play.client(query(SELECT))
    play.server(COPY_IN)
    play.client(SYNC)
    play.server(error() + READY)
    play.client(query("select b from t"))
    assert play.book.asked == []
    assert play.server(CLOSED) == b""
    assert [event for event, _, _ in play.book.asked] == [Event.QUERY]


def test_syncs_without_end_inside_a_copy_end_the_session() -> None:
    play = Play({SELECT: allow()})
    play.client(query(SELECT))
    play.server(COPY_IN)
    play.client(SYNC * 10_000)
    assert "Sync" in play.session.failed


def test_commands_of_one_string_are_decided_one_by_one() -> None:
    play, commands = Play(), (allow(), allow())
    play.client(query("select 1; select 2"))
    play.answer(Verdict(flags=lane.COPY, commands=commands))
    two = described((0, 0)) + row(b"1") + complete() + described((0, 0)) + row(b"2") + complete()
    assert play.server(two + READY) == two + READY


def test_our_own_questions_are_answered_to_us_alone() -> None:
    play = Play()
    play.client(query(SELECT))
    play.session.ask_server(batch("select 1") + SYNC, bytes((0, 1, 4, 6)))
    assert play.session.take_server() == batch("select 1") + SYNC
    answers = PARSED + BOUND + row(b"1") + complete() + READY
    assert play.server(pack(b"N", b"SLOG\0\0") + answers) == b""
    assert play.book.heard == [pack(b"N", b"SLOG\0\0") + answers]


def test_a_portal_that_the_protocol_did_not_bind_is_asked_about() -> None:
    play = Play(shield=[(16500, 2)])
    assert play.client(Execute(b"cursor", 0).encode()) == b""
    assert play.book.asked[0][0] == Event.EXECUTE


BREACHES = [
    pytest.param(pack(b"Q", b"select"), id="a Query without its terminator"),
    pytest.param(pack(b"Q", b"select\0 1\0"), id="a Query with a NUL inside"),
    pytest.param(b"Q\0\0\0\x03", id="a length below 4"),
    pytest.param(b"Q\xff\xff\xff\xff", id="a negative length"),
    pytest.param(b"Q\x7f\xff\xff\xff", id="2 GiB"),
    pytest.param(b"p\0\0\0\x04", id="a password after authentication"),
    pytest.param(b"\0\0\0\0\x04", id="an unknown type"),
    pytest.param(pack(b"B", b"\0\0\0\0\0\0"), id="a Bind that is too short"),
    pytest.param(pack(b"B", b"\0\0\0\0\0\1\0\0\0\x09x\0\0"), id="a value past the end"),
    pytest.param(pack(b"B", b"\0\0\0\2\0\0\0\0\0\0\0\0"), id="two formats for no value"),
    pytest.param(pack(b"P", b"\0select 1\0\0\2\0\0\0\0"), id="a Parse that counts too many types"),
    pytest.param(pack(b"S", b"x"), id="a Sync with a body"),
    pytest.param(pack(b"D", b"X\0"), id="a Describe of nothing"),
    pytest.param(pack(b"E", b"\0\0\0\0"), id="an Execute that is too short"),
]


@pytest.mark.parametrize("breach", BREACHES)
def test_a_client_that_breaks_the_protocol_ends_its_session(breach: bytes) -> None:
    play = Play()
    assert play.client(breach) == b""
    assert play.session.failed != ""


SURPRISES = [
    pytest.param(b"", READY, id="ReadyForQuery that nobody asked for"),
    pytest.param(b"", row(b"x"), id="a row that nobody asked for"),
    pytest.param(query(SELECT), PARSED, id="an answer to another question"),
    pytest.param(query(SELECT), b"Q\0\0\0\x04", id="a client's message"),
    pytest.param(query(SELECT), b"D\0\0\0\x02", id="a length below 4"),
    pytest.param(query(SELECT), b"Z\0\0\0\x05X", id="a state that does not exist"),
    pytest.param(SYNC, row(b"x"), id="a row where ReadyForQuery is due"),
    pytest.param(b"", pack(b"R", b"\0\0\0\0"), id="an authentication request"),
]


@pytest.mark.parametrize(("asked", "surprise"), SURPRISES)
def test_a_server_that_breaks_the_protocol_ends_the_session(asked: bytes, surprise: bytes) -> None:
    play = Play({SELECT: allow()})
    play.client(asked)
    assert play.server(surprise) == b""
    assert play.session.failed != ""


@pytest.mark.parametrize(("type_", "answer"), [(b"Q", REFUSAL + READY), (b"P", b""), (b"B", b"")])
def test_a_message_over_the_limit_is_refused_and_never_kept(type_: bytes, answer: bytes) -> None:
    play = Play({SELECT: allow()}, message=4096)
    sent = play.client(type_ + (1 << 20).to_bytes(4, "big"))
    assert play.session.take_client() == answer
    for _ in range(1 << 10):
        sent += play.client(b"x" * 1024)
    assert b"x" * 64 not in sent
    assert play.session.failed == ""


def test_a_row_that_no_rule_concerns_streams_through_however_large_it_is() -> None:
    play = Play({SELECT: allow()}, message=4096)
    play.client(query(SELECT))
    large = row(b"x" * 100_000)
    assert play.server(described((0, 0)) + large[:50_000]) == described((0, 0)) + large[:50_000]
    assert play.server(large[50_000:]) == large[50_000:]


def test_the_phase_follows_the_table() -> None:
    play = Play({SELECT: allow()})
    play.client(batch(SELECT))
    assert play.session.phase == Phase.EXTENDED
    play.server(error())
    assert play.session.phase == Phase.SKIPPING
    assert play.client(query(SELECT) + SYNC) == SYNC
    assert play.session.phase == Phase.READY
