"""DDL behind the proxy's back: told at once by the event trigger, noticed by the poll without it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from proxy.catalog.service import CatalogService
from proxy.catalog.watching import INSTALL, INSTALLED, REMOVE
from proxy.embedded.postgres import EmbeddedPostgres
from tests.catalog.test_service import NEVER_S, Connector, Told
from tests.servers import Database

SCHEMA = (
    "create table t (a int, b text)",
    "create table parted (a int) partition by list (a)",
    "create table part (a int)",
    "create view v as select a from t",
    "create function f() returns int language sql as 'select 1'",
)
CHANGES = {
    "ALTER TABLE RENAME": "alter table t rename to u",
    "ALTER TABLE RENAME COLUMN": "alter table t rename b to c",
    "ALTER TABLE SET SCHEMA": "create schema s; alter table t set schema s",
    "ATTACH PARTITION": "alter table parted attach partition part for values in (1)",
    "CREATE OR REPLACE VIEW": "create or replace view v as select a + 1 as a from t",
    "CREATE OR REPLACE FUNCTION": "create or replace function f() returns int language sql as 'select 2'",
    "DROP TABLE": "drop table parted",
    "CREATE TABLE AS": "create table made as select 1 as one",
    "ALTER VIEW RENAME COLUMN": "alter view v rename column a to x",
    "CREATE POLICY": "create policy p on t using (a > 1)",
}
NOT_BY_TRIGGER = {
    "role memberships": "create role {one}; create role {two}; grant {one} to {two}",
    "a new superuser": "create role {one} superuser",
}
NOTICED = CHANGES | NOT_BY_TRIGGER


@pytest.fixture
async def told(any_server: EmbeddedPostgres, any_database: Database) -> AsyncIterator[Told]:
    """Hears of every change by the trigger alone."""
    any_database.run(*SCHEMA, INSTALL)
    service, told = CatalogService(Connector(any_server), poll_s=NEVER_S), Told()
    service.observe(told)
    await service.snapshot(any_database.name)
    await told.next()
    yield told
    await service.close()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_trigger_tells_at_once(told: Told, any_database: Database, change: str) -> None:
    any_database.run(*change.split("; "))
    assert (await told.next()).version >= 2


async def test_temporary_relations_wake_nobody(told: Told, any_database: Database) -> None:
    listener = await any_database.connect()
    heard = asyncio.Queue[str]()

    def hear(*found: object) -> None:
        heard.put_nowait(str(found[-1]))

    await listener.add_listener("pgwarden_catalog", hear)
    any_database.run("create temporary table x (a int)", "create table y (a int)")
    assert await asyncio.wait_for(heard.get(), 30) == ""
    assert heard.empty()
    await listener.remove_listener("pgwarden_catalog", hear)


@pytest.mark.parametrize("change", NOTICED.values(), ids=NOTICED)
async def test_the_poll_notices_without_a_trigger(server: EmbeddedPostgres, database: Database, change: str) -> None:
    database.run(*SCHEMA)
    service, told = CatalogService(Connector(server), poll_s=0.02), Told()
    service.observe(told)
    await service.snapshot(database.name)
    await told.next()
    names = {"one": database.unique("one"), "two": database.unique("two")}
    database.run(*change.format(**names).split("; "))
    assert (await told.next()).version >= 2
    await service.close()


def test_it_can_be_installed_twice_and_removed_twice(any_database: Database) -> None:
    with any_database.psycopg() as connection:
        for script, there in ((INSTALL, True), (INSTALL, True), (REMOVE, False), (REMOVE, False)):
            connection.execute(script.encode())
            assert connection.execute(INSTALLED.encode()).fetchone() == (there,)
