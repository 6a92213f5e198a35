"""Classifications are worked out once for each catalog, rules and memory, and a late reader of an old catalog makes
nobody forget."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from proxy.decide.memory import Memory
from proxy.decide.standing import Standings
from proxy.model import Attnum, Classified, ColumnId, Level
from proxy.observe.clock import ManualClock
from proxy.policy.flows import Flow
from tests.decide.test_memory import BEFORE, BODY, EMAIL, NEW, Write, new, relation, snapshot

LATER = replace(snapshot(*BEFORE.relations.values(), relation(NEW, "made", "a")), version=1, serial=2)
FIRST = replace(BEFORE, version=1, serial=1)
MADE = ColumnId(NEW, Attnum(1))


class Keeper:
    """Counts what would be written."""

    def __init__(self) -> None:
        self.times = 0

    async def keep(self, memories: Mapping[str, Memory]) -> None:
        self.times += 1


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
async def standings(tmp_path: Path, keeper: Keeper) -> AsyncIterator[Standings]:
    rules = Write(tmp_path)("column: shop.people.email, level: secret")
    with ThreadPoolExecutor(1) as executor:
        yield Standings(rules, executor, ManualClock(), memories={}, keeper=keeper)


async def test_who_waits_together_shares_the_work(standings: Standings, keeper: Keeper) -> None:
    found = await asyncio.gather(*(standings.of(FIRST) for _ in range(20)))
    assert {id(one) for one in found} == {id(found[0])}
    assert keeper.times == 1


async def test_the_same_catalog_loaded_again_is_not_worked_out_again(standings: Standings, keeper: Keeper) -> None:
    assert await standings.of(FIRST) is await standings.of(replace(FIRST, serial=5))


async def test_a_flow_raises_before_anybody_asks_again(standings: Standings) -> None:
    before = await standings.of(FIRST)
    assert BODY not in before.classification.columns
    assert await standings.flow(FIRST, (Flow(EMAIL, Classified(Level(2), "email", "flow"), BODY),), ())
    after = await standings.of(FIRST)
    assert after.version > before.version
    assert after.classification.columns[BODY].level == 2


async def test_an_older_catalog_makes_nobody_forget_what_a_newer_one_has(standings: Standings) -> None:
    await standings.of(FIRST)
    await standings.flow(FIRST, (new(1),), ("made",))
    assert (await standings.of(LATER)).classification.columns[MADE].level == 2
    await standings.of(FIRST)
    await standings.flow(FIRST, (Flow(EMAIL, Classified(Level(2), "email", "flow"), BODY),), ())
    await standings.of(FIRST)
    assert (await standings.of(LATER)).classification.columns[MADE].level == 2
