"""Names that change hands and catalogs that change in between give no protected value away."""

from collections.abc import Iterable
from contextlib import ExitStack

import pytest

from proxy.wire.frame import Frame
from tests.leak.canary import Hunter, values_of
from tests.leak.client import Client
from tests.leak.conftest import Stages
from tests.leak.conversations import Turn
from tests.leak.stage import DATABASE, Stage, major_of
from tests.leak.talks import CONVERSATIONS
from tests.servers import KNOWN


def answers(stage: Stage, port: int, role: str, turns: Iterable[Turn]) -> list[Frame]:
    """What both clients of a conversation get; one whose connection ends has got all it will."""
    try:
        with ExitStack() as stack:
            clients = [stack.enter_context(Client(port, role, DATABASE)) for _ in range(2)]
            talk(clients, stage, role, turns)
            return [frame for client in clients for frame in client.frames]
    finally:
        stage.admin(f"drop view if exists s.seen_{role}", f"drop table if exists s.kept_{role} cascade")


def talk(clients: list[Client], stage: Stage, role: str, turns: Iterable[Turn]) -> None:
    """Says it turn by turn. Roles' names are of one length, so that frames stay whole."""
    for turn in turns:
        data = turn.data.replace(b"ROLE66", role.encode())
        if turn.client is None:
            stage.admin(data.decode())
            continue
        client = clients[turn.client]
        client.send(data)
        try:
            client.ready(turn.ready)
        except ConnectionError:
            return


@pytest.mark.parametrize("label", list(KNOWN))
@pytest.mark.parametrize("name", list(CONVERSATIONS))
def test_no_conversation_gives_a_canary_away(name: str, label: str, stages: Stages, hunter: Hunter) -> None:
    """Directly each conversation finds one; through pgwarden none does."""
    conversation = CONVERSATIONS[name]
    if conversation.needs > major_of(label):
        pytest.skip("not on this server")
    stage, _ = stages.get(label)
    found = {}
    for port, role in ((stage.direct, "strict"), (stage.named, "strict"), (stage.named, "sparer")):
        frames = answers(stage, port, role, conversation.turns)
        found[port, role] = hunter.found(b"".join(frame.payload for frame in frames)) | hunter.found(values_of(frames))
    assert found.pop((stage.direct, "strict")), "no attack: it finds nothing on the server itself"
    assert found == {(stage.named, "strict"): set(), (stage.named, "sparer"): set()}
