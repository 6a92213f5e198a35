"""SIGHUP: new rules hold for sessions that are open and for statements that are parsed; bad ones change nothing."""

import signal

import psycopg
import pytest

from tests.app.proxies import Proxy, Site, serving

HIDDEN = "hidden@example.com"


async def reload(proxy: Proxy, times: int) -> None:
    proxy.signal(signal.SIGHUP)
    await proxy.heard("reloaded", times)


async def test_good_rules_change_what_open_sessions_see(site: Site) -> None:
    site.write_rules(site.rules(email="public"))
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        assert await client.fetchval("select email from people where id = 2") == "2@example.com"
        site.write_rules(site.rules())
        await reload(proxy, 1)
        assert await client.fetchval("select email from people where id = 2") == HIDDEN
        site.write_rules(site.rules(email="public"))
        await reload(proxy, 2)
        assert await client.fetchval("select email from people where id = 2") == "2@example.com"
        await client.close()


async def test_the_next_execution_of_a_prepared_statement_masks(site: Site) -> None:
    site.write_rules(site.rules(email="public"))
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        by_id = await client.prepare("select email from people where id = $1")
        assert await by_id.fetchval(2) == "2@example.com"
        site.write_rules(site.rules())
        await reload(proxy, 1)
        assert await by_id.fetchval(3) == HIDDEN
        await client.close()


async def test_new_rules_hold_inside_a_transaction_too(site: Site) -> None:
    site.write_rules(site.rules(email="public"))
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        async with client.transaction():
            assert await client.fetchval("select email from people where id = 2") == "2@example.com"
            site.write_rules(site.rules())
            await reload(proxy, 1)
            assert await client.fetchval("select email from people where id = 2") == HIDDEN
        await client.close()


async def test_a_cursor_that_is_open_keeps_nothing_from_the_new_rules(site: Site) -> None:
    site.write_rules(site.rules(email="public"))
    async with serving(site) as proxy:
        with psycopg.connect(proxy.dsn(site.analyst)) as client:
            client.execute("declare c cursor for select email from people order by id")
            assert client.execute("fetch 1 from c").fetchall() != [(HIDDEN,)]
            site.write_rules(site.rules())
            await reload(proxy, 1)
            assert client.execute("fetch 1 from c").fetchall() == [(HIDDEN,)]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        pytest.param("rules.yaml", "version: 1\nlevels: [a]\nclasify: []\n", "rules.yaml:3:1", id="a rule file"),
        pytest.param("rules.yaml", None, "rules.yaml", id="a rule file that is gone"),
        pytest.param("pgwarden.yaml", "rules: [", "pgwarden.yaml", id="the configuration"),
        pytest.param("mask.key", None, "mask.key", id="a key that is gone"),
    ],
)
async def test_bad_rules_leave_the_old_ones_in_force_and_say_so(
    site: Site, name: str, text: str | None, place: str
) -> None:
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        in_force = (await proxy.heard("rules"))["version"]
        (site.folder / name).unlink()
        if text is not None:
            (site.folder / name).write_text(text)
        proxy.signal(signal.SIGHUP)
        said = await proxy.heard("reload_failed")
        assert place in said["message"]
        assert said["still_in_force"] == in_force
        assert await client.fetchval("select email from people where id = 2") == HIDDEN
        _, metrics = await proxy.get("/metrics")
        assert 'pgwarden_rule_reloads_total{outcome="failed"} 1.0' in metrics
        await client.close()
