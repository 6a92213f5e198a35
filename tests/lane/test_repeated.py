"""A Parse said again to the letter: its decision is found without reading it, and is never an old one."""

import pytest

from proxy.lane.verdict import Verdict
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.parse import Parse
from tests.lane.playbook import BOUND, NO_DATA, PARSED, READY, SYNC, Play, allow, complete, error, refuse

TEXT = "select a from t where b = $1"
RUN = Bind(b"", b"", (), (b"1",)).encode() + Execute(b"", 0).encode() + SYNC
ANSWER = PARSED + BOUND + NO_DATA + complete() + READY


def parse(*types: int, name: bytes = b"") -> bytes:
    """The Parse."""
    return Parse(name, TEXT.encode(), types).encode()


def twice(play: Play) -> None:
    """Said and answered two times: from then on it is known to the letter."""
    for _ in range(2):
        assert play.client(parse() + RUN) == parse() + RUN
        play.server(PARSED + BOUND + complete() + READY)


def test_what_is_said_again_passes_again() -> None:
    play = Play({TEXT: allow()})
    twice(play)
    assert play.shared.counts()["cache_hits"] == 2
    assert play.book.asked == []


def test_another_verdict_for_the_same_text_holds_at_once() -> None:
    play = Play({TEXT: allow()})
    twice(play)
    play.know(TEXT, refuse())
    assert TEXT.encode() not in play.client(parse() + RUN)


@pytest.mark.parametrize("change", ["forget", "context", "types", "options"])
def test_a_changed_moment_is_asked_again(change: str) -> None:
    play = Play({TEXT: allow()})
    twice(play)
    said = parse(23) if change == "types" else parse()
    {
        "forget": play.table.forget,
        "context": lambda: play.stand(context=8),
        "types": lambda: None,
        "options": lambda: play.session.place(8, 1, restricted=False, shield=b""),
    }[change]()  # type: ignore[no-untyped-call]  # a lambda among them
    assert play.client(said + SYNC) == b""
    assert len(play.book.asked) == 1


def test_a_rejected_parse_that_says_the_same_leaves_the_statement() -> None:
    play = Play({TEXT: allow()})
    play.client(parse(name=b"s") + SYNC)
    play.server(PARSED + READY)
    play.client(parse(name=b"s") + SYNC)
    play.server(error("42P05") + READY)
    bound = Bind(b"", b"s", (), (b"1",)).encode() + Execute(b"", 0).encode() + SYNC
    assert play.client(bound) == bound
    assert play.server(BOUND + complete() + READY) == BOUND + complete() + READY


def test_a_text_of_any_length_is_decided() -> None:
    for size in (400, 460, 470, 5000):
        text = f"select {'a' * size}"
        play = Play({text: Verdict()})
        for _ in range(3):
            said = Parse(b"", text.encode()).encode() + SYNC
            assert play.client(said) == said
            play.server(PARSED + READY)
