"""What an operator sees when pgwarden starts, and when it cannot."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from proxy.embedded.postgres import EmbeddedPostgres, auth
from tests.app.proxies import Site, serving, started, until
from tests.servers import DEFAULT, KNOWN


async def said_in_vain(site: Site) -> list[str]:
    """What `serve` says when it cannot begin: one line, nothing of the program's inside, exit code 1."""
    async with started(site) as proxy:
        assert await proxy.ended() == 1
        assert not any("Traceback" in line for line in proxy.lines)
        return [line for line in proxy.lines if line.startswith("pgwarden: ")]


async def test_it_says_what_listens_what_it_loaded_and_what_is_not_protected(site: Site) -> None:
    site.write(audit={"directory": "audit", "mode": "off"})
    async with serving(site) as proxy:
        listening = await proxy.heard("listening")
        assert listening["host"] == "127.0.0.1"
        assert listening["upstream"] == str(site.database.server.socket_path)
        assert (await proxy.heard("rules"))["files"] == [str(site.folder / "rules.yaml")]
        assert (await proxy.heard("keys"))["versions"] == [1]
        reasons = [event["reason"] for event in proxy.events("not_protected")]
        assert "audit is off: no statement is recorded" in reasons
        assert "connections are not encrypted: this version has no TLS" in reasons
        assert bytes(range(32)).hex() not in "".join(proxy.lines)


async def test_columns_that_look_sensitive_are_named_at_start(site: Site) -> None:
    site.database.run("create table more (ssn text, phone text)")
    async with serving(site) as proxy:
        found = [event for event in proxy.events("not_protected") if "columns" in event]
        assert found[0]["columns"] == ["public.more.ssn", "public.more.phone"]


async def test_what_is_odd_about_the_files_is_said(site: Site) -> None:
    (site.folder / "mask.key").chmod(0o644)
    async with serving(site) as proxy:
        said = await proxy.heard("check")
        assert said["place"] == f"{site.path}:16:11"
        assert said["what"] == f"other accounts may read the key file {site.folder}/mask.key"
        assert said["hint"].startswith("Close it: chmod 600 ")


async def test_a_taken_port(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site.write(listen={"host": "127.0.0.1", "port": port})
        [line] = await said_in_vain(site)
    assert line == (
        f"pgwarden: 127.0.0.1:{port} is in use already. Stop what listens there, or choose another listen.port; "
        "0 picks a free one."
    )


async def test_a_taken_admin_port(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site.write(admin={"listen": f"127.0.0.1:{port}"})
        [line] = await said_in_vain(site)
    assert f"admin.listen: cannot listen on 127.0.0.1:{port}: " in line
    assert "choose another port under admin.listen" in line


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        pytest.param("pgwarden.yaml", "rules: [", "pgwarden.yaml:", id="no YAML"),
        pytest.param("rules.yaml", "version: 1\nlevels: [a]\nclasify: []\n", "rules.yaml:3:1: unknown key", id="rules"),
        pytest.param("mask.key", "short", "does not hold a key: expected 32 bytes", id="a key"),
    ],
)
async def test_a_file_that_cannot_be_used_is_told_with_its_place(
    site: Site, name: str, content: str, line: str
) -> None:
    (site.folder / name).write_text(content)
    [said] = await said_in_vain(site)
    assert line in said


async def test_a_key_that_is_not_there_comes_with_the_way_to_make_one(site: Site) -> None:
    (site.folder / "mask.key").unlink()
    [line] = await said_in_vain(site)
    assert "mask.key is not there. Make one: (umask 077; head -c 32 /dev/urandom > " in line


async def test_a_second_pgwarden_on_the_same_journal(site: Site) -> None:
    async with serving(site):
        [line] = await said_in_vain(site)
    assert "another process writes the audit journal" in line
    assert "Stop it, or give each proxy a directory of its own" in line


async def test_a_catalog_account_that_is_not_there(site: Site) -> None:
    site.write(catalog={"user": "nobody_at_all", "database": "*"})
    [line] = await said_in_vain(site)
    assert 'role "nobody_at_all" does not exist. Create the role: create role pgwarden login' in line


async def test_a_wrong_catalog_password(site: Site) -> None:
    settings: dict[str, Any] = {"hba": auth("scram-sha-256")}
    with EmbeddedPostgres(KNOWN[DEFAULT[0]](), **settings) as server:
        upstream = {"host": "127.0.0.1", "port": server.port}
        password = site.folder / "password"
        password.write_text("wrong")
        site.write(upstream=upstream, catalog={"user": "postgres", "password": "${file:password}", "database": "*"})
        [line] = await said_in_vain(site)
    assert "the catalog account postgres cannot log in to postgres: password authentication failed" in line
    assert line.endswith("Set catalog.password, for example to ${env:PGWARDEN_CATALOG_PASSWORD}.")
    assert "wrong" not in line


def behind_a_link(site: Site) -> tuple[Path, Path]:
    """Upstream is a folder that may or may not hold the server's socket: the link to make, and its target."""
    folder = site.folder / "run"
    folder.mkdir()
    real = site.database.server.socket_path
    site.write(upstream={"socket": str(folder), "port": site.database.server.port})
    return folder / real.name, real


async def test_a_server_that_is_down_is_told_to_clients_and_on_readyz_and_it_recovers_by_itself(site: Site) -> None:
    link, real = behind_a_link(site)
    async with serving(site) as proxy:
        assert "there is no such socket" in (await proxy.heard("server_unreachable"))["message"]
        status, body = await proxy.get("/readyz")
        assert status == 503
        assert "there is no such socket" in body
        with pytest.raises(Exception, match="there is no such socket") as refused:
            await proxy.connect()
        assert getattr(refused.value, "sqlstate", "") == "08006"
        link.symlink_to(real)
        await proxy.heard("server_reachable")
        client = await proxy.connect(site.analyst)
        assert await client.fetchval("select email from people where id = 1") == "hidden@example.com"
        await client.close()
        assert (await proxy.get("/readyz"))[0] == 200


async def test_a_server_that_goes_away_is_noticed(site: Site) -> None:
    link, real = behind_a_link(site)
    link.symlink_to(real)
    async with serving(site) as proxy:
        assert (await proxy.get("/readyz"))[0] == 200
        link.unlink()
        await proxy.heard("server_unreachable")
        assert (await proxy.get("/readyz"))[0] == 503


async def test_a_server_that_ends_a_session_has_the_last_word(site: Site) -> None:
    async with serving(site) as proxy:
        client, direct = await proxy.connect(), await site.database.connect()
        pid = await client.fetchval("select pg_backend_pid()")
        running = asyncio.ensure_future(client.fetch("select pg_sleep(600)"))
        await until(direct, "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1", pid)
        await direct.execute("select pg_terminate_backend($1)", pid)
        with pytest.raises(asyncpg.PostgresError, match="terminating connection due to administrator command"):
            await running
