"""The lane's C numbers are the relay's."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from proxy.relay.words import Event, Fate, Owe, Phase, Step

STATE = Path(__file__).parents[2] / "proxy" / "lane" / "state.pxd"
PAIRS = [
    pytest.param(words, prefix, id=prefix)
    for words, prefix in ((Phase, "PHASE"), (Event, "EVENT"), (Owe, "OWE"), (Fate, "FATE"), (Step, "STEP"))
]


@pytest.mark.parametrize(("words", "prefix"), PAIRS)
def test_the_lane_counts_as_the_relay_does(words: type[IntEnum], prefix: str) -> None:
    found = dict(re.findall(rf"^    {prefix}_(\w+) = (\d+)", STATE.read_text(), re.MULTILINE))
    assert found == {word.name: str(word.value) for word in words}
