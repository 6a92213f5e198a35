"""The lane on real sockets: flow control, half-closed and reset connections, and no descriptor left behind."""

import os
import socket
import struct
from pathlib import Path

import pytest

from proxy.lane import verdict as lane_verdict
from proxy.lane.lane import Lane
from proxy.lane.verdict import Verdict
from proxy.wire.frame import pack
from proxy.wire.messages.copy import CopyData
from tests.audit.journals import SELECT as FACTS
from tests.audit.journals import SESSION, WAIT_S, settings, started
from tests.lane.carried import Carried, Pair, carrying, heard, over, pour, ready, rest, serve, soon, tcp_pair
from tests.lane.playbook import READY, TERMINATE, Play, allow, complete, described, query, row

SELECT = "select a from t"
ROWS = described((0, 0)) + row(b"x") * 3 + complete("SELECT 3")
BUFFER, CHUNK = 65_536, 262_144  # the playbook's session_buffer; one receive (link.pxd)
LARGE = described((0, 0)) + row(b"x" * 10_000) * 2000 + complete("SELECT 2000") + READY
SERVER_GONE = pack(b"E", b"SFATAL\0Mthe server closed the connection\0\0")
PAIRS = [pytest.param(socket.socketpair, id="unix"), pytest.param(tcp_pair, id="tcp")]
KNOWN = {SELECT: allow()}


def reset(end: socket.socket) -> None:
    """Closes a connection with RST."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def descriptors() -> int:
    """Open in this process."""
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("pair", PAIRS)
def test_a_conversation_passes(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.asks(query(SELECT))
        assert heard(carried.server) == query(SELECT)
        carried.answers(ROWS + READY)
        assert heard(carried.client) == ROWS + READY


@pytest.mark.parametrize("pair", PAIRS)
def test_a_client_that_does_not_read_stops_the_server_and_loses_nothing(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.asks(query(SELECT))
        said = pour(carried.server, LARGE, carried.lane)
        assert said < len(LARGE)
        received = bytearray()
        while len(received) < len(LARGE):
            received += soon(carried.client)
            serve(carried.lane)
            said += pour(carried.server, LARGE[said:], carried.lane)
        assert bytes(received) == LARGE


def test_what_waits_for_a_client_is_bounded() -> None:
    with carrying(KNOWN) as carried:
        carried.asks(query(SELECT))
        pour(carried.server, LARGE, carried.lane)
        in_kernel = len(heard(carried.client))
        assert carried.play.shared.counts()["bytes_from_server"] - in_kernel <= BUFFER + CHUNK


def test_a_server_that_does_not_read_stops_the_client() -> None:
    with carrying(KNOWN) as carried:
        carried.asks(query(SELECT))
        heard(carried.server)
        carried.answers(pack(b"G", b"\0\0\0"))
        piece = CopyData(b"x" * 1000).encode() * 8000
        taken = pour(carried.client, piece, carried.lane)
        assert taken < len(piece)
        in_kernel = len(heard(carried.server))
        assert carried.play.shared.counts()["bytes_from_client"] - len(query(SELECT)) - in_kernel <= BUFFER + CHUNK


def test_a_client_whose_statement_is_held_is_not_read_without_end() -> None:
    with carrying({}) as carried:
        carried.asks(query(SELECT))
        pour(carried.client, query(SELECT) * 100_000, carried.lane)
        assert carried.play.shared.counts()["bytes_from_client"] <= BUFFER + CHUNK


@pytest.mark.parametrize("pair", PAIRS)
def test_a_half_closed_client_gets_its_answers(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.client.sendall(query(SELECT) * 2)
        carried.client.shutdown(socket.SHUT_WR)
        serve(carried.lane)
        assert heard(carried.server) == query(SELECT) * 2
        assert over(carried.server)
        carried.answers((ROWS + READY) * 2)
        carried.server.close()
        serve(carried.lane)
        assert heard(carried.client) == (ROWS + READY) * 2
        assert carried.lane.count == 0


@pytest.mark.parametrize("pair", PAIRS)
def test_a_half_closed_client_waits_for_a_decision_and_gets_its_answer(pair: Pair) -> None:
    with carrying({}, pair=pair) as carried:
        carried.client.sendall(query(SELECT) + TERMINATE)
        carried.client.shutdown(socket.SHUT_WR)
        serve(carried.lane)
        verdict = allow()
        carried.session.resolve(verdict)
        serve(carried.lane)
        assert heard(carried.server) == query(SELECT) + TERMINATE
        carried.answers(ROWS + READY)
        assert heard(carried.client) == ROWS + READY


@pytest.mark.parametrize("pair", PAIRS)
def test_what_a_server_said_before_it_closed_is_not_lost(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.asks(query(SELECT))
        assert heard(carried.server) == query(SELECT)
        taken = pour(carried.server, LARGE, carried.lane)
        carried.server.close()
        serve(carried.lane)
        received = bytearray()
        while carried.lane.count:
            received += soon(carried.client)
            serve(carried.lane)
        received += rest(carried.client)
        assert bytes(received).removesuffix(SERVER_GONE) == LARGE[:taken]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_server_that_closes_between_frames_is_reported(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.asks(query(SELECT))
        carried.answers(described((0, 0)))
        carried.server.close()
        serve(carried.lane)
        assert heard(carried.client) == described((0, 0)) + SERVER_GONE
        assert over(carried.client)
        assert carried.play.book.ended == ["the server closed the connection"]


def test_a_server_that_closes_inside_a_row_is_not_reported_because_that_would_be_data() -> None:
    with carrying(KNOWN) as carried:
        carried.asks(query(SELECT))
        carried.answers(described((0, 0)) + row(b"x" * 100)[:50])
        carried.server.close()
        serve(carried.lane)
        assert heard(carried.client) == described((0, 0)) + row(b"x" * 100)[:50]
        assert over(carried.client)


def test_a_server_that_resets_is_reported() -> None:
    with carrying(KNOWN, pair=tcp_pair) as carried:
        carried.asks(query(SELECT))
        reset(carried.server)
        serve(carried.lane)
        assert heard(carried.client) == SERVER_GONE
        assert carried.lane.count == 0


@pytest.mark.parametrize("said", [pytest.param(b"", id="at rest"), pytest.param(query(SELECT), id="under way")])
def test_a_client_that_resets_ends_its_backend(said: bytes) -> None:
    with carrying(KNOWN, pair=tcp_pair) as carried:
        carried.asks(said)
        reset(carried.client)
        serve(carried.lane)
        heard(carried.server)
        assert over(carried.server)
        assert carried.lane.count == 0
        assert len(carried.play.book.ended) == 1


@pytest.mark.parametrize("pair", PAIRS)
def test_a_client_that_breaks_the_protocol_hears_why_and_its_server_is_left(pair: Pair) -> None:
    with carrying(KNOWN, pair=pair) as carried:
        carried.asks(query(SELECT))
        carried.asks(b"\0\0\0\0\4")
        assert heard(carried.client).startswith(b"E")
        assert over(carried.client)
        heard(carried.server)
        assert over(carried.server)


def test_a_result_leaves_when_the_journal_wakes_the_lane(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        verdict = Verdict(flags=lane_verdict.COPY, statement=journal.define_statement(FACTS))
        session = journal.define_session(SESSION)
        with carrying({SELECT: verdict}, spool=journal.spool, identity=session) as carried:
            carried.asks(query(SELECT))
            carried.answers(ROWS + READY)
            received = heard(carried.client)
            while not received:
                assert ready(carried.lane, WAIT_S)
                serve(carried.lane)
                received = heard(carried.client)
            assert received == ROWS + READY
            assert journal.spool.durable == 1


def test_closing_the_lane_buries_everything() -> None:
    play = Play(KNOWN)
    before = descriptors()
    lane = Lane(play.shared)
    carried = [Carried(lane, Play(KNOWN)) for _ in range(20)]
    carried[0].asks(query(SELECT))
    lane.close()
    assert all(over(each.client) for each in carried)
    assert [each.play.book.ended for each in carried] == [[""]] * 20
    assert lane.count == 0
    for each in carried:
        each.close()
    assert descriptors() == before


def test_a_thousand_sessions_come_and_go_and_leave_nothing() -> None:
    play = Play(KNOWN)
    lane = Lane(play.shared)
    before = descriptors()
    for _ in range(10):
        carried = [Carried(lane, Play(KNOWN)) for _ in range(100)]
        for each in carried:
            each.asks(query(SELECT))
            each.answers(ROWS + READY)
            assert heard(each.client) == ROWS + READY
        for each in carried:
            each.close()
        serve(lane)
        assert lane.count == 0
    assert descriptors() == before
    assert lane.sessions() == []
    lane.close()
