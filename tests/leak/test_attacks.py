"""No attack finds a canary through pgwarden, nor an answer that depends on one: tests/cases/leaks_*.yaml."""

from collections import Counter
from zlib import crc32

import pytest

from tests.leak.canary import Hunter, fill
from tests.leak.cases import Attack, attacks
from tests.leak.conftest import Stages
from tests.leak.stage import TWINS, major_of
from tests.leak.talks import CONVERSATIONS
from tests.leak.test_dictionary import DICTIONARIES
from tests.leak.trying import Way, caught, compared, said
from tests.servers import KNOWN

ATTACKS = attacks()
LABELS = list(KNOWN)
THOROUGH = "lenient"
"""Who tries more ways of the protocol than the first: that one and another, by the attack, so that all are tried."""
PART = 8
"""On a second server each eighth attack is tried."""
OLDER_READERS = ("strict", "lenient")
BLIND_READERS = ("strict", "shaper")
"""Who may infer nothing: one is refused what is derived, the other gets a mask of it."""
RULES = range(1, 24)
LEAST = 6


def cases(attacks: list[tuple[str, Attack]]) -> list[tuple[str, str, Attack]]:
    """For every server those that it can be attacked by; on a second one, a part of them."""
    return [
        (label, name, attack)
        for label in LABELS
        for name, attack in attacks
        if attack.fits(major_of(label)) and not attack.open and (label == LABELS[0] or crc32(name.encode()) % PART == 0)
    ]


def params(cases: list[tuple[str, str, Attack]]) -> list[object]:
    """The same as pytest takes them."""
    return [pytest.param(label, attack, id=f"{label}-{name}") for label, name, attack in cases]


def tried(attack: Attack, label: str, reader: str) -> tuple[str, ...]:
    """The ways in which one reader tries it: fewer on the older server, where the readers are two."""
    if label != LABELS[0]:
        return attack.modes[:1] if reader in (*OLDER_READERS, *attack.readers[:1]) else ()
    if reader != THOROUGH and reader != attack.readers[0]:
        return attack.modes[:1]
    at = 1 + (crc32(attack.steps[0].encode()) + attack.readers.index(reader)) % max(len(attack.modes) - 1, 1)
    return attack.modes[:1] + attack.modes[at : at + 1]


CANARIES = cases([one for one in ATTACKS if not one[1].twin and not one[1].bit])
PAIRS = cases([one for one in ATTACKS if one[1].twin])


@pytest.mark.parametrize(("label", "attack"), params(CANARIES))
def test_no_canary_leaves(label: str, attack: Attack, stages: Stages, hunter: Hunter) -> None:
    """Directly each attack finds its canary, else it is none; through pgwarden none does."""
    stage, lines = stages.get(label)
    if not attack.needs <= stage.has:
        pytest.skip("not on this server")
    direct = (
        caught(hunter, said(stage, lines, attack, Way(stage.direct, attack.readers[0], mode)), attack.steps)
        for mode in attack.modes
    )
    assert any(direct), "no attack: it finds nothing on the server itself"
    leaks = {
        (reader, mode): found
        for reader in attack.readers
        for mode in tried(attack, label, reader)
        if (found := caught(
            hunter, said(stage, lines, attack, Way(stage.port(reader), reader, mode)), attack.steps
        ))
    }  # fmt: skip
    assert leaks == {}


@pytest.mark.parametrize(("label", "attack"), params(PAIRS))
def test_no_answer_tells_of_what_it_does_not_show(label: str, attack: Attack, stages: Stages) -> None:
    """Two statements that differ in what they ask of a protected value are answered alike."""
    stage, lines = stages.get(label)
    answers = {
        (port, mode): [
            compared(said(stage, lines, attack, Way(port, reader, mode), twin=twin)) for twin in (False, True)
        ]
        for port in (stage.direct, stage.named)
        for mode in tried(attack, label, "strict")
        for reader in attack.readers
    }
    direct = [pair for (port, _), pair in answers.items() if port == stage.direct]
    assert any(one != other for one, other in direct), "no attack: the server answers both alike"
    assert [way for way, (one, other) in answers.items() if way[0] == stage.named and one != other] == []


def blind(attack: Attack, label: str) -> list[tuple[str, str]]:
    """Who looks for a difference, and how: for one bit everybody by two ways, for a canary whom masks are shown."""
    readers = BLIND_READERS if attack.readers[0] in BLIND_READERS else attack.readers
    if label != LABELS[0]:
        return [(readers[0], attack.modes[0])] if attack.bit else []
    modes = attack.modes[: 2 if attack.bit else 1]
    return [(reader, mode) for reader in (readers if attack.bit else readers[-1:]) for mode in modes]


@pytest.mark.parametrize(("label", "attack"), params([one for one in cases(ATTACKS) if blind(one[2], one[0])]))
def test_no_answer_depends_on_what_is_protected(label: str, attack: Attack, stages: Stages) -> None:
    """In two databases that differ in protected values alone, where masks are constants, answers are the same bytes."""
    stage, lines = stages.get(label)
    if not attack.needs <= stage.has:
        pytest.skip("not on this server")
    if attack.bit:
        direct = (
            [compared(said(stage, lines, attack, Way(stage.direct, attack.readers[0], mode, twin))) for twin in TWINS]
            for mode in attack.modes
        )
        assert any(one != other for one, other in direct), "no attack: the server answers both alike"
    for reader, mode in blind(attack, label):
        one, other = (compared(said(stage, lines, attack, Way(stage.named, reader, mode, twin))) for twin in TWINS)
        assert one == other, (reader, mode)


def test_the_hunter_finds_every_form_of_a_canary(hunter: Hunter) -> None:
    """The search itself is proven: it would see what the attacks look for."""
    text = fill("{{email1}}")
    forms = [text, text.upper(), text[::-1], text[3:9], text.encode().hex(), " ".join(text), fill("{{#pin1}}")]
    assert all(hunter.found(form.encode()) for form in forms)
    assert not hunter.found(b"shown one Ann Rome 4f6b0a2c9d1e")


def test_every_rule_is_attacked() -> None:
    """Each by several attacks, and many in several steps."""
    counts = Counter([attack.rule for _, attack in ATTACKS] + [one.rule for one in CONVERSATIONS.values()])
    counts[20] = len(DICTIONARIES)
    assert {rule: counts[rule] for rule in RULES if counts[rule] < LEAST} == {}
    assert len(ATTACKS) + len(CONVERSATIONS) >= 600
    assert len(CONVERSATIONS) >= 60


def test_no_leak_is_open() -> None:
    """One that is known would say so, with who is at it."""
    assert [name for name, attack in ATTACKS if attack.open] == []
