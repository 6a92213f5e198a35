"""No leak by refusing everything: what real clients send works, for the cleared byte for byte."""

import pytest

from tests.leak.cases import Legitimate, legitimate
from tests.leak.client import Client, converse
from tests.leak.conftest import Stages
from tests.leak.stage import DATABASE, Stage, major_of
from tests.servers import KNOWN

LEGITIMATE = legitimate()
FLOOR = 0.90
"""Which part of them a restricted reader gets. It rises; the aim is 0.99."""

Answer = list[tuple[bytes, bytes]]


def suited(stage: Stage, label: str) -> list[Legitimate]:
    """Those that this server understands."""
    return [one for one in LEGITIMATE if one.fits(major_of(label)) and one.needs <= stage.has]


def answers(port: int, role: str, mode: str, statements: list[Legitimate]) -> list[Answer]:
    """What each statement is answered with, in one session."""
    with Client(port, role, DATABASE) as client:
        return [
            [(frame.type, frame.payload) for frame in converse(client, mode, [one.sql]) if frame.type != b"S"]
            for one in statements
        ]


@pytest.mark.parametrize("mode", ["simple", "extended", "binary"])
@pytest.mark.parametrize("label", list(KNOWN))
def test_a_cleared_reader_gets_the_same_bytes(label: str, mode: str, stages: Stages) -> None:
    """As on the server itself, simple and extended."""
    stage, _ = stages.get(label)
    statements = suited(stage, label)
    both = zip(
        answers(stage.direct, "app", mode, statements), answers(stage.named, "app", mode, statements), strict=True
    )
    assert [one.sql for one, (direct, through) in zip(statements, both, strict=True) if direct != through] == []


@pytest.mark.parametrize("mode", ["simple", "extended"])
@pytest.mark.parametrize("label", list(KNOWN))
def test_a_restricted_reader_is_refused_none_but_those_that_are_known(label: str, mode: str, stages: Stages) -> None:
    """Each succeeds, whatever is masked in it; what is refused, though it should not be, is marked in the cases."""
    stage, _ = stages.get(label)
    statements = suited(stage, label)
    through = answers(stage.named, "strict", mode, statements)
    refused = [one for one, answer in zip(statements, through, strict=True) if any(kind == b"E" for kind, _ in answer)]
    assert [one.sql for one in refused if not one.refused] == []
    assert [one.sql for one in statements if one.refused and one not in refused] == []


def test_nearly_all_of_them_pass() -> None:
    """The part that a restricted reader gets, of all that are written down."""
    assert 1 - sum(bool(one.refused) for one in LEGITIMATE) / len(LEGITIMATE) >= FLOOR
