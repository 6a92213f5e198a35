"""A foreign key's other end holds the same values, and tells whether one is there."""

import asyncpg
import pytest

from tests.app.proxies import CANARY, Site, serving

HIDDEN = "hidden@example.com"


async def test_what_refers_to_a_protected_column_is_protected(site: Site) -> None:
    site.database.run(
        "alter table people add unique (email)",
        "create table letters (id int, receiver text references people (email))",
        f"insert into letters values (1, '{CANARY}')",
        f"grant select, insert on letters to {site.analyst}",
    )
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        assert await client.fetchval("select receiver from letters") == HIDDEN
        with pytest.raises(asyncpg.InsufficientPrivilegeError):  # the constraint would tell who is there
            await client.execute("insert into letters (id, receiver) values (2, 'guess@example.com')")
        assert await client.execute("insert into letters (id) values (3)") == "INSERT 0 1"
        await client.close()
