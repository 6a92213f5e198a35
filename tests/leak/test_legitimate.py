"""No leak by refusing everything: what real clients send works, for the cleared byte for byte."""

from tests.leak.cases import legitimate
from tests.leak.client import Client, converse
from tests.leak.stage import DATABASE, Stage

LEGITIMATE = legitimate()


def answers(port: int, role: str, mode: str) -> dict[str, list[tuple[bytes, bytes]]]:
    """What each statement is answered with, in one session."""
    with Client(port, role, DATABASE) as client:
        return {
            sql: [(frame.type, frame.payload) for frame in converse(client, mode, [sql]) if frame.type != b"S"]
            for sql in LEGITIMATE
        }


def test_a_cleared_reader_gets_the_same_bytes(stage: Stage) -> None:
    """As on the server itself, simple and extended."""
    for mode in ("simple", "extended", "binary"):
        direct, through = answers(stage.direct, "app", mode), answers(stage.named, "app", mode)
        assert [sql for sql in LEGITIMATE if direct[sql] != through[sql]] == []


def test_a_restricted_reader_is_refused_none_but_those_that_are_known(stage: Stage) -> None:
    """Each succeeds, whatever is masked in it; what is refused, though it should not be, is marked in the cases."""
    for mode in ("simple", "extended"):
        through = answers(stage.named, "strict", mode)
        refused = {sql for sql, answer in through.items() if any(type_ == b"E" for type_, _ in answer)}
        assert refused == {sql for sql, known in LEGITIMATE.items() if known}
