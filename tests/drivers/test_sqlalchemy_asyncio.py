"""SQLAlchemy over asyncpg."""

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tests.drivers.conftest import Endpoint, Name
from tests.drivers.test_sqlalchemy import Author, Model, shelf, url

pytest.importorskip("greenlet", reason="SQLAlchemy's asyncio needs greenlet")
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


async def test_objects_over_asyncpg(endpoint: Endpoint, fresh: Name) -> None:
    schema = fresh("aio")
    base = create_async_engine(url(endpoint, "asyncpg"))
    made = base.execution_options(schema_translate_map={None: schema})
    async with base.begin() as connection:
        await connection.execute(sa.schema.CreateSchema(schema))
    async with made.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    async with async_sessionmaker(made)() as session:
        session.add(shelf(50))
        await session.commit()
        author = (await session.scalars(sa.select(Author).options(orm.selectinload(Author.books)))).one()
        assert len(author.books) == 50
    async with base.begin() as connection:
        await connection.execute(sa.schema.DropSchema(schema, cascade=True))
    await base.dispose()


async def test_core_over_asyncpg(endpoint: Endpoint) -> None:
    made = create_async_engine(url(endpoint, "asyncpg"))
    async with made.connect() as connection:
        rows = await connection.execute(
            sa.text("select id, name from people where id < :limit order by id"), {"limit": 3}
        )
        assert rows.all() == [(1, "Person 1"), (2, "Person 2")]
        result = await connection.stream(sa.text("select generate_series(1, 100)"))
        assert len([row async for row in result]) == 100
    await made.dispose()
