"""The service that keeps snapshots: first use, refresh, poll, failure."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from proxy.catalog.loader import Connection
from proxy.catalog.service import CatalogService
from proxy.catalog.snapshot import Snapshot
from proxy.embedded.postgres import EmbeddedPostgres
from proxy.errors import UpstreamUnavailable
from tests.servers import Database

NEVER_S = 3600.0


class Connector:
    """Opens connections to a server, or refuses as a server that is down would."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server, self.down, self.opened = server, False, list[Connection]()
        self.refused: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, database: str) -> Connection:
        if self.down:
            self.refused.put_nowait(database)
            raise ConnectionRefusedError
        self.opened.append(await asyncpg.connect(self.server.dsn(database)))
        return self.opened[-1]


class Told:
    """An observer that can be awaited."""

    def __init__(self) -> None:
        self.snapshots: asyncio.Queue[Snapshot] = asyncio.Queue()

    def __call__(self, snapshot: Snapshot) -> None:
        self.snapshots.put_nowait(snapshot)

    async def next(self) -> Snapshot:
        return await asyncio.wait_for(self.snapshots.get(), 30)


@pytest.fixture
def connector(server: EmbeddedPostgres) -> Connector:
    return Connector(server)


@pytest.fixture
async def service(connector: Connector) -> AsyncIterator[CatalogService]:
    made = CatalogService(connector, poll_s=NEVER_S)
    yield made
    await made.close()


@pytest.fixture
async def polling(connector: Connector) -> AsyncIterator[CatalogService]:
    made = CatalogService(connector, poll_s=0.01)
    yield made
    await made.close()


async def test_the_first_use_loads_and_the_second_does_not(
    service: CatalogService, connector: Connector, database: Database
) -> None:
    assert service.current(database.name) is None
    first = await service.snapshot(database.name)
    assert (first.database, first.version) == (database.name, 1)
    assert await service.snapshot(database.name) is first
    assert service.current(database.name) is first
    assert len(connector.opened) == 1


async def test_all_who_wait_for_the_first_use_share_one_load(service: CatalogService, database: Database) -> None:
    found = await asyncio.gather(*(service.snapshot(database.name) for _ in range(20)))
    assert all(one is found[0] for one in found)
    assert service.facts(0.0).loads == 1


async def test_a_refresh_sees_what_was_committed_before_it(service: CatalogService, database: Database) -> None:
    first = await service.snapshot(database.name)
    database.run("create table made (a int)")
    second = await service.refresh(database.name)
    assert second.version == 2
    assert second.relation_named("public", "made")
    assert first.relation_named("public", "made") is None


async def test_who_asks_while_a_load_runs_gets_a_later_one(service: CatalogService, database: Database) -> None:
    await service.snapshot(database.name)
    running = asyncio.create_task(service.refresh(database.name))
    await asyncio.sleep(0)  # it has begun
    database.run("create table made (a int)")
    found = await asyncio.gather(*(service.refresh(database.name) for _ in range(20)))
    await running
    assert {one.relation_named("public", "made") is not None for one in found} == {True}
    assert service.facts(0.0).loads == 3


async def test_what_has_not_changed_keeps_its_version_and_nobody_is_told(
    service: CatalogService, database: Database
) -> None:
    told = Told()
    service.observe(told)
    await service.snapshot(database.name)
    database.run("create temporary table mine (a int)", "create table a (b int)", "drop table a")
    assert (await service.refresh(database.name)).version == 1
    assert told.snapshots.qsize() == 1


async def test_a_poll_tells_of_a_change(polling: CatalogService, database: Database) -> None:
    told = Told()
    polling.observe(told)
    assert (await polling.snapshot(database.name)).version == 1
    await told.next()
    database.run("create table made (a int)")
    found = await told.next()
    assert (found.version, found is polling.current(database.name)) == (2, True)
    assert found.relation_named("public", "made")


async def test_a_server_that_cannot_be_reached_is_an_error_and_later_is_not(
    service: CatalogService, connector: Connector, database: Database
) -> None:
    connector.down = True
    with pytest.raises(UpstreamUnavailable, match=f"catalog of {database.name}"):
        await service.snapshot(database.name)
    assert isinstance(service.error(database.name), UpstreamUnavailable)
    connector.down = False
    assert (await service.snapshot(database.name)).version == 1
    assert service.error(database.name) is None


async def test_a_poll_that_fails_keeps_the_snapshot_and_its_error_until_it_succeeds(
    polling: CatalogService, connector: Connector, database: Database
) -> None:
    told = Told()
    polling.observe(told)
    kept = await polling.snapshot(database.name)
    await told.next()
    connector.down = True
    connector.opened[-1].terminate()
    await connector.refused.get()
    await connector.refused.get()  # the poll after the one that failed
    assert isinstance(polling.error(database.name), UpstreamUnavailable)
    assert polling.current(database.name) is kept
    connector.down = False
    database.run("create table made (a int)")
    assert (await told.next()).version == 2
    assert polling.error(database.name) is None


async def test_a_closed_service_loads_no_more_and_holds_no_connection(
    service: CatalogService, connector: Connector, database: Database
) -> None:
    await service.snapshot(database.name)
    await service.close()
    assert [one.is_closed() for one in connector.opened] == [True]
    with pytest.raises(UpstreamUnavailable, match="closed"):
        await service.refresh(database.name)


async def test_a_check_sees_what_was_committed_before_it_and_loads_nothing_else(
    service: CatalogService, database: Database
) -> None:
    first = await service.snapshot(database.name)
    assert await service.checked(database.name) is first
    database.run("create function made() returns int language sql as 'select 1'")
    seen = await asyncio.gather(*(service.checked(database.name) for _ in range(5)))
    assert all(any(one.name == "made" for one in snapshot.functions.values()) for snapshot in seen)
    assert service.facts(0.0).loads == 2


async def test_a_check_of_a_server_that_is_down_says_so(
    service: CatalogService, connector: Connector, database: Database
) -> None:
    await service.snapshot(database.name)
    connector.down = True
    for connection in connector.opened:
        connection.terminate()
    with pytest.raises(UpstreamUnavailable):
        await service.checked(database.name)
