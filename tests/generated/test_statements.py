"""Statements that nobody wrote: no canary leaves, nothing tells of one, and the cleared get the server's bytes."""

from collections import Counter

import pytest

from tests.generated.run import run
from tests.generated.stage import Theatre
from tests.generated.statements import Trial

PARTS, EACH = range(8), 250


@pytest.mark.parametrize("part", PARTS)
def test_no_statement_of_the_grammar_leaks_or_is_changed(part: int, theatre: Theatre) -> None:
    """Each by the protocol's ways at random, as a restricted reader, a cleared one, and one in each of two worlds."""
    theatre.counts.clear()
    run(theatre, EACH, part)
    assert worth(theatre.counts) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("select 5; select 6 + ; select 7", id="a command that does not parse"),
        pytest.param("select 5; select nosuch; select 7", id="one that means nothing"),
        pytest.param("select 5; commit; select nosuch", id="one that means nothing, behind a commit"),
        pytest.param("select '😀'; select id from s.people where;", id="one that ends too early"),
    ],
)
def test_a_rejected_command_among_several_fails_as_the_server_says(text: str, theatre: Theatre) -> None:
    """For a cleared reader: what stands before it is answered first, and the error has its place in the whole text."""
    theatre.check(Trial((text,), "simple", writes=False), "lenient")


def worth(counts: Counter[str]) -> list[str]:
    """Why statements prove nothing: most of them fail, touch nothing that is protected, or are refused."""
    bounds = {"valid": 80, "answered": 45, "would leak": 6, "masked": 6, "twins answered": 20}
    shares = {name: 100 * counts[name] // max(counts["statements"], 1) for name in bounds}
    return [f"{name}: {shares[name]} %" for name, least in bounds.items() if shares[name] < least]
