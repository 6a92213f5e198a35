"""Functions with SQL bodies through a running pgwarden: what they read is masked, and what is not proven is refused."""

import asyncpg
import pytest

from tests.app.proxies import CANARY, Site, serving

HIDDEN = "hidden@example.com"
FUNCTIONS = (
    "create function tidy(x text) returns text immutable language sql as 'select trim(x)'",
    "create function mails() returns setof text stable language sql as 'select email from public.people order by id'",
    "create function pairs() returns table (number int, mail text) stable language sql"
    " as 'select id, email from public.people'",
    "create function mail_of(who int) returns text stable security definer language sql"
    " as 'select email from public.people where id = who'",
    "create function has_mail(guess text) returns boolean stable security definer language sql"
    " as 'select exists (select from public.people where lower(email) = guess)'",
    "create function mails_by_path() returns setof text stable language sql as 'select email from people'",
    "create function shout(x text) returns text immutable language plpgsql as 'begin return upper(x); end'",
)


@pytest.fixture
def code(site: Site) -> Site:
    site.database.run(*FUNCTIONS)
    return site


async def test_what_an_sql_body_reads_is_masked(code: Site) -> None:
    async with serving(code) as proxy:
        client = await proxy.connect(code.analyst)
        assert await client.fetch("select tidy('  x '), * from mails() limit 1") == [("x", HIDDEN)]
        assert await client.fetch("select number, mail from pairs() where number < 3") == [(1, HIDDEN), (2, HIDDEN)]
        assert CANARY not in str(await client.fetch("select mail_of(1)"))
        assert CANARY not in str(await client.fetch("select tidy(email) from people"))
        await client.close()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("select has_mail('canary-7f3a91@example.com')", "inference"),
        ("select id from people where mail_of(id) like 'c%'", "inference"),
        ("select * from mails_by_path()", "opaque"),
        ("select shout(email) from people", "opaque"),
        ("select shout(name) from people", "opaque"),
    ],
)
async def test_what_an_sql_body_filters_by_is_judged_and_what_is_not_proven_is_refused(
    code: Site, sql: str, rule: str
) -> None:
    async with serving(code) as proxy:
        client = await proxy.connect(code.analyst)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=f'refused by pgwarden rule "{rule}"'):
            await client.fetch(sql)
        await client.close()


async def test_a_trusted_function_is_proven(code: Site) -> None:
    code.write_rules(code.rules() + "functions: {trusted: [public.shout(text)]}\n")
    async with serving(code) as proxy:
        client = await proxy.connect(code.analyst)
        assert await client.fetchval("select shout(name) from people where id = 2") == "PERSON 2"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="inference"):
            await client.fetch("select shout(email) from people")  # whether it fails is not known
        await client.close()


async def test_a_function_that_takes_a_name_of_the_servers_makes_texts_with_that_name_opaque(code: Site) -> None:
    async with serving(code) as proxy:
        client = await proxy.connect(code.analyst)
        assert await client.fetchval("select tidy(' x ')") == "x"
        cleared = await proxy.connect("postgres")
        await cleared.execute("create function btrim(x varchar) returns text language plpgsql as 'begin return 1; end'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="opaque"):
            await client.fetchval("select tidy(' x ')")
        await cleared.close()
        await client.close()
