"""The reference of a session against conversations that were recorded, and against any that a server may lead."""

import pytest
from hypothesis import given, settings

from proxy.relay.words import Phase
from proxy.wire.frame import Frame
from tests.reference.session import Session, Violation
from tests.reference.session_talks import Said, talks
from tests.reference.session_words import client_frame, server_frame

# > what the client sends; = the phase that it is in then; < what the server says, each with the number of the client's
# message that it answers.
RECORDED = {
    "a simple Query": """
        > Q
        = READY
        < T:0 D:0 C:0 Z:0
    """,
    "an empty Query": """
        > Q
        < I:0 Z:0
    """,
    "several commands in one Query, the last of which fails": """
        > Q
        < C:0 T:0 D:0 C:0 E:0 Z:0
        = READY
    """,
    "Queries may be pipelined": """
        > Q Q
        < T:0 D:0 C:0 Z:0 E:1 Z:1
    """,
    "an extended batch": """
        > P B DP E
        = EXTENDED
        > S
        = READY
        < 1:0 2:1 T:2 D:3 C:3 Z:4
    """,
    "a statement is described with its parameters": """
        > P DS S
        < 1:0 t:1 n:1 Z:2
    """,
    "Flush asks for answers and gets none itself": """
        > P H
        < 1:0
        = EXTENDED
        > B E H S
        < 2:2 C:3 Z:5
    """,
    "an error skips the rest of the batch and not the next one": """
        > P B E S P B E S
        < 1:0 E:1 Z:3 1:4 2:5 D:6 C:6 Z:7
        = READY
    """,
    "after an error that no Sync has followed everything is skipped": """
        > P B
        < E:0
        = SKIPPING
        > B E H Q
        = SKIPPING
        > S
        = READY
        < Z:6
    """,
    "an error of a simple Query skips nothing": """
        > Q P S
        < E:0 Z:0 1:1 Z:2
    """,
    "a Query in the middle of a batch ends it": """
        > P B E
        = EXTENDED
        > Q
        = READY
        < 1:0 2:1 C:2 C:3 Z:3
    """,
    "an error at Sync itself: a deferred constraint": """
        > P B E S
        < 1:0 2:1 C:2 E:3 Z:3
        = READY
    """,
    "a portal that is suspended goes on": """
        > P B E E S
        < 1:0 2:1 D:2 s:2 D:3 C:3 Z:4
    """,
    "an empty statement in a batch": """
        > P B E S
        < 1:0 2:1 I:2 Z:3
    """,
    "Close is answered": """
        > C C S
        < 3:0 3:1 Z:2
    """,
    "a FunctionCall": """
        > F F
        < V:0 Z:0 E:1 Z:1
    """,
    "notices, notifications and settings come unasked": """
        < A:- S:-
        > Q
        < N:- T:0 D:0 S:- C:0 Z:0
    """,
    "COPY out": """
        > Q
        < H:0 d:0 d:0 c:0 C:0 Z:0
    """,
    "COPY out that fails": """
        > Q
        < H:0 d:0 E:0 Z:0
    """,
    "COPY in by a simple Query": """
        > Q
        < G:0
        = COPYING_SIMPLE
        > d d c
        = READY
        < C:0 Z:0
    """,
    "two COPYs in one Query": """
        > Q
        < G:0
        > d c
        < C:0 G:0
        = COPYING_SIMPLE
        > f
        < E:0 Z:0
        = READY
    """,
    "COPY in that was sent before it had begun": """
        > Q d c Q
        < G:0
        = READY
        < C:0 Z:0 C:3 Z:3
    """,
    "COPY in by a batch, with the Sync that libpq sends before it knows": """
        > P B DP E S
        < 1:0 2:1 n:2 G:3
        = COPYING_EXTENDED
        > d c
        = EXTENDED
        > S
        = READY
        < C:3 Z:7
    """,
    "COPY in by a batch that fails at a row": """
        > P B E S
        < 1:0 2:1 G:2
        > d
        < E:2
        = READY SKIPPING
        > c S
        < Z:3/6
        = READY
        > Q
        < T:7 D:7 C:7 Z:7
    """,
    "COPY in that fails before anything of it was read": """
        > P B E S
        < 1:0 2:1 G:2 E:2 Z:3
        = READY
        > Q
        < C:4 Z:4
    """,
    "COPY in by a simple Query that fails before anything of it was read": """
        > Q
        < G:0
        > d
        < E:0 Z:0
        = READY
        > d c Q
        < C:4 Z:4
    """,
    "CopyFail": """
        > P B E
        < 1:0 2:1 G:2
        > f
        = EXTENDED
        < E:2
        = SKIPPING
        > S
        < Z:4
    """,
    "replication": """
        > Q
        < W:0
        = STREAMING
        > d
        < d:0 d:0
        > d c
        < c:0
        = READY
        < C:0 Z:0
    """,
    "Terminate behind a Query: its answers still come": """
        > Q X
        = CLOSING
        < T:0 D:0 C:0 Z:0
    """,
    "FATAL is the last word, whoever waits": """
        > P B E S
        < 1:0 E!:1
        = CLOSING
    """,
    "FATAL comes unasked too": """
        < E!:-
        = CLOSING
    """,
}


@pytest.mark.parametrize("script", RECORDED.values(), ids=RECORDED)
def test_a_recorded_conversation_is_followed(script: str) -> None:
    session = Session()
    for line in script.split("\n"):
        sign, _, words = line.strip().partition(" ")
        CHECKS[sign](session, words.split())


def sends(session: Session, words: list[str]) -> None:
    for word in words:
        session.client(client_frame(word))


def answers(session: Session, words: list[str]) -> None:
    for word in words:
        type_, _, numbers = word.partition(":")
        expected = frozenset(int(number) for number in numbers.split("/") if number != "-")
        assert session.server(server_frame(type_)) == expected, word


def is_in(session: Session, phases: list[str]) -> None:
    assert session.phases == frozenset(Phase[name] for name in phases)


def nothing(session: Session, words: list[str]) -> None:
    """An empty line."""


CHECKS = {">": sends, "<": answers, "=": is_in, "": nothing}


@pytest.mark.parametrize(
    ("client", "server"),
    [
        pytest.param("", "Z", id="ReadyForQuery that nobody asked for"),
        pytest.param("", "E", id="an error that nobody asked for"),
        pytest.param("P S", "2", id="the answer to another message"),
        pytest.param("Q", "D", id="a row without a description"),
        pytest.param("Q", "Z", id="ReadyForQuery before any result"),
        pytest.param("Q", "T D Z", id="ReadyForQuery inside a result"),
        pytest.param("Q", "E E", id="two errors"),
        pytest.param("Q", "E T", id="a result behind an error"),
        pytest.param("E S", "T", id="a description that only Describe has"),
        pytest.param("DP S", "t", id="parameters of a portal"),
        pytest.param("DS S", "T", id="columns before parameters"),
        pytest.param("Q", "H d C", id="a COPY out that does not end"),
        pytest.param("Q", "G C", id="a COPY in that ends by itself"),
        pytest.param("E S", "s s", id="suspended twice"),
        pytest.param("Q", "E! Z", id="anything behind the last word"),
        pytest.param("Q", "E! N", id="a notice behind the last word"),
        pytest.param("Q", "I Z Z", id="ReadyForQuery twice"),
    ],
)
def test_an_answer_that_belongs_nowhere_is_a_violation(client: str, server: str) -> None:
    session = Session()
    sends(session, client.split())
    *before, last = server.split()
    for word in before:
        session.server(server_frame(word))
    with pytest.raises(Violation):
        session.server(server_frame(last))


@pytest.mark.parametrize("word", ["Q", "P", "E", "F", "C"])
def test_inside_copy_only_copy_may_come(word: str) -> None:
    session = Session()
    sends(session, ["Q"])
    session.server(server_frame("G"))
    with pytest.raises(Violation):
        session.client(client_frame(word))


@pytest.mark.parametrize("frame", [Frame(b"p", b""), Frame(b"\0", b""), Frame(b"1", b""), Frame(b"D", b"x\0")])
def test_what_no_session_knows_is_a_violation(frame: Frame) -> None:
    with pytest.raises(Violation):
        Session().client(frame)


def test_nothing_comes_behind_terminate() -> None:
    session = Session()
    sends(session, ["X"])
    with pytest.raises(Violation):
        sends(session, ["Q"])


@settings(max_examples=400)
@given(talk=talks())
def test_any_conversation_is_followed_to_the_truth(talk: list[Said]) -> None:
    session = Session()
    for said in talk:
        if said.by_client:
            session.client(client_frame(said.word))
        else:
            numbers = session.server(server_frame(said.word))
            assert said.number in (numbers or {None})
