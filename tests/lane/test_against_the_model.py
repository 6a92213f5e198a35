"""The lane against the slow session of tests/reference: any legal conversation, whole and cut anywhere."""

from dataclasses import dataclass, field
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.lane.session import Session as LaneSession
from proxy.relay.words import Phase
from tests.lane.playbook import Play, allow
from tests.reference.session import Session
from tests.reference.session_talks import Said, talks
from tests.reference.session_words import CLIENT, SERVER, client_frame, server_frame

TEXT = "select a from t"
NOT_SKIPPED = ("S", "X")


@dataclass
class Expected:
    """What the model says of one turn: what leaves on either side, and which phases there may be at its end."""

    by_client: bool
    said: bytes = b""
    leaves: bytes = b""
    phases: frozenset[Phase] = frozenset()
    in_doubt: bool = False
    unsure: bool = False
    words: list[str] = field(default_factory=list)


def expectations(talk: list[Said]) -> list[Expected]:
    """Turn by turn, what the model makes of a conversation."""
    model, turns = Session(), list[Expected]()
    for by_client, turn in groupby(talk, key=lambda said: said.by_client):
        expected = Expected(by_client)
        turns.append(expected)
        for said in turn:
            (hear_client if by_client else hear_server)(model, said.word, expected)
        expected.phases = model.phases
    return turns


def hear_client(model: Session, word: str, expected: Expected) -> None:
    """The server is not told what it would discard."""
    skipped = model.phases == {Phase.SKIPPING} and word not in NOT_SKIPPED
    expected.in_doubt |= len(model.views) > 1
    expected.unsure |= Phase.SKIPPING in model.phases and len(model.phases) > 1
    expected.said += CLIENT[word].encode()
    expected.leaves += b"" if skipped else CLIENT[word].encode()
    expected.words.append(word)
    model.client(client_frame(word))


def hear_server(model: Session, word: str, expected: Expected) -> None:
    """The client hears everything."""
    expected.said += SERVER[word].encode()
    expected.leaves += SERVER[word].encode()
    expected.words.append(word)
    model.server(server_frame(word))
    expected.in_doubt |= len(model.views) > 1


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """data cut into pieces, sizes taken in turn."""
    cut, at, turn = list[bytes](), 0, 0
    while at < len(data):
        cut.append(data[at : at + sizes[turn % len(sizes)]])
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    return cut


def follow(turns: list[Expected], sizes: list[int]) -> LaneSession:
    """Plays every turn and compares; stops where the lane ended the session."""
    play = Play({TEXT: allow()})
    for turn in turns:
        say = play.client if turn.by_client else play.server
        left = b"".join(say(piece) for piece in pieces(turn.said, sizes))
        if play.session.failed:
            return play.session
        assert left == turn.leaves or turn.unsure, (turn.words, left, turn.leaves)
        assert play.session.phase in turn.phases, turn.words
    return play.session


def doubtful_or_fatal(turns: list[Expected]) -> bool:
    """The server dies of it; or several servers are possible (the lane may then end the session, as it follows one)."""
    return any(turn.in_doubt for turn in turns) or "E!" in turns[-1].words


@settings(max_examples=400)
@given(talk=talks(), sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_a_legal_conversation_goes_as_the_model_says(talk: list[Said], sizes: list[int]) -> None:
    turns = expectations(talk)
    ended = {follow(turns, cut).failed for cut in ([1 << 20], [1], sizes)}
    assert ended == {""} or doubtful_or_fatal(turns)
