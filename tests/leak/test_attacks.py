"""No protected value reaches a restricted reader, in any form, by any of the attacks in tests/cases/leaks_*.yaml."""

import re

import pytest

from proxy.wire.frame import Frame
from tests.leak.canary import Hunter, fill, values_of
from tests.leak.cases import Attack, attacks
from tests.leak.client import Client, converse
from tests.leak.conftest import Lines
from tests.leak.stage import DATABASE, Stage

ATTACKS = attacks()
CANARIES = [pytest.param(attack, id=name) for name, attack in ATTACKS if not attack.twin]
TWINS = [pytest.param(attack, id=name) for name, attack in ATTACKS if attack.twin]
THOROUGH = "lenient"
"""Who tries every way of the protocol; the others try the first two."""
REFERENCE = re.compile(rb"reference [0-9a-zA-Z_-]+")


def said(stage: Stage, lines: Lines, attack: Attack, steps: tuple[str, ...], who: tuple[int, str, str]) -> list[Frame]:
    """What one role gets in one mode, over one port; a connection that ends has said all it will."""
    port, user, mode = who
    client = lines.kept(port, user) if attack.kept else Client(port, user, DATABASE)
    start = len(client.frames)
    try:
        return converse(client, mode, steps)
    except (ConnectionError, TimeoutError):
        lines.drop(port, user)
        return client.frames[start:]
    finally:
        if not attack.kept:
            client.close()
        if attack.undo:
            stage.admin(*attack.undo)


def caught(hunter: Hunter, frames: list[Frame], steps: tuple[str, ...]) -> set[str]:
    """The canaries in an answer that the attacker did not write itself."""
    everything = b"".join(frame.payload for frame in frames)
    return (hunter.found(everything) | hunter.found(values_of(frames))) - hunter.found(" ".join(steps).encode())


@pytest.mark.parametrize("attack", CANARIES)
def test_no_canary_leaves(attack: Attack, stage: Stage, lines: Lines, hunter: Hunter) -> None:
    """Directly each attack finds its canary, else it is none; through pgwarden none does."""
    direct = {
        mode: caught(hunter, said(stage, lines, attack, attack.steps, (stage.direct, reader, mode)), attack.steps)
        for mode in attack.modes
        for reader in attack.readers[:1]
    }
    assert any(direct.values()), "no attack: it finds nothing on the server itself"
    leaks = {
        (reader, mode): found
        for reader in attack.readers
        for mode in attack.modes[: None if reader == THOROUGH else 2]
        if (found := caught(
            hunter, said(stage, lines, attack, attack.steps, (stage.port(reader), reader, mode)), attack.steps
        ))
    }  # fmt: skip
    assert leaks == {}


@pytest.mark.parametrize("attack", TWINS)
def test_no_answer_tells_of_what_it_does_not_show(attack: Attack, stage: Stage, lines: Lines) -> None:
    """Two statements that differ in what they ask of a protected value are answered alike."""
    answers = {
        (port, mode): [
            [(frame.type, REFERENCE.sub(b"", frame.payload)) for frame in
             said(stage, lines, attack, steps, (port, reader, mode))]
            for steps in (attack.steps, attack.twin)
        ]
        for port in (stage.direct, stage.named)
        for mode in attack.modes
        for reader in attack.readers
    }  # fmt: skip
    direct = [pair for (port, _), pair in answers.items() if port == stage.direct]
    assert any(one != other for one, other in direct), "no attack: the server answers both alike"
    assert [way for way, (one, other) in answers.items() if way[0] == stage.named and one != other] == []


def test_the_hunter_finds_every_form_of_a_canary(hunter: Hunter) -> None:
    """The search itself is proven: it would see what the attacks look for."""
    text = fill("{{email1}}")
    forms = [text, text.upper(), text[::-1], text[3:9], text.encode().hex(), " ".join(text), fill("{{#pin1}}")]
    assert all(hunter.found(form.encode()) for form in forms)
    assert not hunter.found(b"shown one Ann Rome 4f6b0a2c9d1e")
