"""No leak by refusing everything: what real clients send works, for the cleared byte for byte."""

from collections.abc import Callable, Mapping

import pytest

from tests.leak.cases import Legitimate, legitimate
from tests.leak.client import Client, converse
from tests.leak.conftest import Stages
from tests.leak.stage import DATABASE, Stage, major_of
from tests.leak.trying import nameless
from tests.servers import KNOWN

LEGITIMATE = legitimate()
LEAST = 300
FLOOR = 0.99
"""Which part of them a restricted reader gets. At most four of them are refused, each with its reason in the cases."""

Answer = list[tuple[bytes, bytes]]


def suited(stage: Stage, label: str) -> list[Legitimate]:
    """Those that this server understands."""
    return [one for one in LEGITIMATE if one.fits(major_of(label)) and one.needs <= stage.has]


SHOWN: Mapping[bytes, Callable[[bytes], bytes]] = {b"A": lambda payload: payload[4:], b"T": nameless}
"""What is compared of a notification and of a description: no process, no OID of a table, which may be a new one."""


def answers(port: int, role: str, mode: str, statements: list[Legitimate]) -> list[Answer]:
    """What each statement is answered with, in one session, without settings and the process that notifies."""
    with Client(port, role, DATABASE) as client:
        return [
            [
                (frame.type, SHOWN.get(frame.type, bytes)(frame.payload))
                for frame in converse(client, mode, [one.sql])
                if frame.type != b"S"
            ]
            for one in statements
        ]


def failed(answer: Answer) -> bool:
    """Whether it is an error."""
    return any(kind == b"E" for kind, _ in answer)


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
    """What the server gives it succeeds, whatever is masked; what is refused nevertheless is marked in the cases."""
    stage, _ = stages.get(label)
    statements = suited(stage, label)
    direct, through = (answers(port, "strict", mode, statements) for port in (stage.direct, stage.named))
    refused = [
        one
        for one, expected, answer in zip(statements, direct, through, strict=True)
        if failed(answer) and not failed(expected)
    ]
    assert [one.sql for one in refused if not one.refused] == []
    if mode == "simple" and label == next(iter(KNOWN)):
        assert [one.sql for one in statements if one.refused and one not in refused] == []


@pytest.mark.parametrize("label", list(KNOWN))
def test_a_restricted_reader_gets_rows_of_the_same_shape(label: str, stages: Stages) -> None:
    """As many rows, columns and types as on the server: what is masked has the type that was described."""
    stage, _ = stages.get(label)
    statements = [one for one in suited(stage, label) if not one.refused]
    direct, through = (answers(port, "strict", "binary", statements) for port in (stage.direct, stage.named))
    shapes = [[shape(answer) for answer in both] for both in (direct, through)]
    assert [one.sql for one, *both in zip(statements, *shapes, strict=True) if both[0] != both[1]] == []


def shape(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Descriptions and counts; of each row how many columns it has."""
    kept = {b"D": slice(2), b"d": slice(0), b"E": slice(0)}
    return [(kind, payload[kept.get(kind, slice(None))]) for kind, payload in answer if kind != b"N"]


def test_nearly_all_of_them_pass() -> None:
    """The part that a restricted reader gets, of all that are written down."""
    assert len(LEGITIMATE) >= LEAST
    assert 1 - sum(bool(one.refused) for one in LEGITIMATE) / len(LEGITIMATE) >= FLOOR
