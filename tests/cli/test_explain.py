"""`pgwarden explain`: a verdict and what it rests on, from a real server that runs nothing."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.app.wording import words_for
from proxy.cli import main
from proxy.embedded.postgres import EmbeddedPostgres, auth
from tests.app.proxies import Site, make_site
from tests.drivers.cluster import execute
from tests.servers import DEFAULT, KNOWN, Database

Explain = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Site:
    return make_site(tmp_path, database)


@pytest.fixture
def explain(site: Site, capsys: pytest.CaptureFixture[str]) -> Explain:
    def run(sql: str, options: tuple[str, ...], user: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["explain", "--config", str(site.path), "--as", user or site.analyst, sql, *options])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    async def aside(sql: str, *options: str, user: str = "") -> tuple[int, str, str]:
        return await asyncio.to_thread(run, sql, options, user)

    return aside


async def facts(explain: Explain, sql: str, **options: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = await explain(sql, "--json", **options)
    return code, json.loads(out)


async def test_each_column_of_the_result_and_where_it_comes_from(explain: Explain, site: Site) -> None:
    code, found = await facts(
        explain, "select id, email, upper(email) as loud, now() as at from people where name = 'x'"
    )
    assert code == 0
    rule = f"{site.folder}/rules.yaml:4"
    hidden = [{"column": "public.people.email", "level": "confidential", "rule": rule, "protected": True}]
    shown = [{"column": "public.people.id", "level": "public", "rule": "not classified", "protected": False}]
    assert [{key: value for key, value in column.items() if key != "by"} for column in found["columns"]] == [
        {"name": "id", "type": "integer", "provenance": "direct", "sources": shown, "mask": ""},
        {"name": "email", "type": "text", "provenance": "direct", "sources": hidden, "mask": "fixed"},
        {"name": "loud", "type": "text", "provenance": "derived", "sources": hidden, "mask": "redact"},
        {"name": "at", "type": "timestamp with time zone", "provenance": "clean", "sources": [], "mask": ""},
    ]
    uses = {use["use"]: [one["column"] for one in use["columns"]] for use in found["uses"]}
    assert uses["filtered by"] == ["public.people.name"]
    assert found["relations"] == ["public.people"]
    assert (found["subject"], found["clearance"]) == ("analysts", "internal")


async def test_a_refusal_names_its_rule_and_the_way_out(explain: Explain) -> None:
    code, found = await facts(explain, "select id from people order by email")
    assert code == 1
    assert (found["allowed"], found["rule"]) == (False, "inference")
    assert found["message"] == 'refused by pgwarden rule "inference"'
    assert found["hint"].startswith("Leave protected columns out of WHERE")


async def test_a_rule_of_the_firewall_is_told_with_its_place(explain: Explain, site: Site) -> None:
    rules = "firewall: {otherwise: allow, rules: [{name: no-writes, when: {effect: [update]}, action: refuse}]}\n"
    site.write_rules(site.rules() + rules)
    code, found = await facts(explain, "update people set name = 'x' where id = 1")
    assert code == 1
    assert found["rule"] == "no-writes"
    assert found["rule_at"] == f"{site.folder}/rules.yaml:15"


async def test_who_may_see_everything_sees_everything(explain: Explain) -> None:
    code, found = await facts(explain, "select email from people", user="postgres")
    assert code == 0
    assert [column["mask"] for column in found["columns"]] == [""]


async def test_what_could_not_be_proven_is_told_in_words(explain: Explain, site: Site) -> None:
    site.database.run("create function odd(text) returns text language plpgsql as 'begin return $1; end'")
    code, found = await facts(explain, "select odd(name) from people")
    assert code == 1
    assert found["columns"][0]["provenance"] == "opaque"
    assert found["unproven"] == [
        {
            "reason": "function:public.odd",
            "words": "public.odd is neither proven by what it is, nor trusted by the rules",
        }
    ]


async def test_a_function_written_in_sql_is_looked_into(explain: Explain, site: Site) -> None:
    site.database.run("create function loud(t text) returns text language sql stable as 'select upper(t)'")
    code, found = await facts(explain, "select loud(name) from people")
    assert (code, found["unproven"]) == (0, [])
    assert [column["provenance"] for column in found["columns"]] == ["derived"]


async def test_a_person_reads_tables(explain: Explain) -> None:
    code, out, err = await explain("select email from people")
    assert (code, err) == (0, "")
    titles = ["result columns", "what happens to columns", "relations"]
    assert [line.strip() for line in out.splitlines() if line.strip() in titles] == titles
    assert "allowed" in out
    assert "not known: what the session itself has set before: SET, startup options, temporary tables" in out


async def test_nothing_is_executed(explain: Explain, site: Site) -> None:
    code, _ = await facts(explain, "delete from people", user="postgres")
    assert code == 0
    with site.database.psycopg() as connection:
        assert connection.execute("select count(*) from people").fetchone() == (20,)


async def test_names_mean_what_they_mean_to_that_user(explain: Explain, site: Site) -> None:
    name = site.database.name
    site.database.run(
        "create schema other",
        "create table other.people (email text)",
        f"grant usage on schema other to {site.analyst}",
        f"alter role {site.analyst} in database {name} set search_path = other, public",
    )
    _, found = await facts(explain, "select email from people")
    assert found["relations"] == ["other.people"]
    assert found["columns"][0]["mask"] == ""


async def test_an_account_that_cannot_take_the_role_says_what_it_does_not_know(explain: Explain, site: Site) -> None:
    account = site.database.unique("reader")
    site.database.run(
        f"create role {account} login",
        f"alter role {account} set search_path = pg_catalog",
        f'create schema "{site.analyst}"',
        f'create table "{site.analyst}".mine (id int)',
        f'grant usage on schema "{site.analyst}" to {account}',
    )
    site.write(catalog={"user": account, "database": site.database.name})
    code, found = await facts(explain, "select id from mine")
    assert code == 0
    assert found["relations"] == [f"{site.analyst}.mine"]
    said = " / ".join(found["unknown"])
    assert "search_path of the server's configuration: its built-in default is taken" in said
    assert f"which schemas {site.analyst} may use: the catalog account cannot take that role" in said


async def test_a_role_that_is_not_there_is_a_warning(explain: Explain) -> None:
    code, out, _ = await explain("select email from people", user="nobody_at_all")
    assert code == 0
    assert "warning: there is no role nobody_at_all on this server" in out


@pytest.mark.parametrize(
    ("sql", "said", "under"),
    [
        pytest.param("create tabel t ()", 'syntax error at or near "tabel"', "tabel", id="no command"),
        pytest.param("selec 1", 'syntax error at or near "selec"', "selec", id="no SQL"),
        pytest.param("select no_such from people", 'column "no_such" does not exist', "no_such", id="no column"),
        pytest.param(
            "select '日本😀',\n\tno_such\nfrom people", 'column "no_such" does not exist', "no_such", id="wide"
        ),
        pytest.param("select 1; select p.no from people p", "column p.no does not exist", "p.no", id="second command"),
        pytest.param("select (1", "syntax error at end of input", "", id="at the end"),
    ],
)
async def test_what_the_server_does_not_take_is_told_in_its_words_and_underlined(
    explain: Explain, sql: str, said: str, under: str
) -> None:
    code, out, err = await explain(sql, user="postgres")
    assert (code, err) == (1, "")
    assert f"the server says: {said} (SQLSTATE 42" in out
    _, found = await facts(explain, sql, user="postgres")
    error = found["commands"][-1]["error"] if "commands" in found else found["error"]
    assert error["message"] == said
    assert error["where"]["text"] == under
    assert error["where"]["at"] == (sql.encode().index(under.encode()) if under else len(sql))


async def test_each_command_of_a_text_is_explained(explain: Explain) -> None:
    code, found = await facts(explain, "select id from people; select email from people order by email;")
    assert (code, found["allowed"]) == (1, False)
    assert [(each["command"], each["allowed"]) for each in found["commands"]] == [
        ("select id from people", True),
        ("select email from people order by email", False),
    ]
    code, out, _ = await explain("select id from people; select 1")
    assert code == 0
    assert "command 2 of 2: select 1" in out
    assert "not known: what the commands before it would change: each is explained as if it came alone" in out


async def test_a_parameter_needs_no_value(explain: Explain) -> None:
    code, found = await facts(explain, "select id from people where email = $1")
    assert code == 0
    uses = {use["use"]: [one["column"] for one in use["columns"]] for use in found["uses"]}
    assert uses["filtered by"] == ["public.people.email"]


async def test_an_origin_is_told_through_views_which_are_named(explain: Explain, site: Site) -> None:
    site.database.run(
        "create view shown as select id, email as contact from people",
        f"grant select on shown to {site.analyst}",
    )
    _, found = await facts(explain, "select contact from shown")
    assert [one["column"] for one in found["columns"][0]["sources"]] == ["public.people.email"]
    assert found["views"] == ["public.shown"]
    _, out, _ = await explain("select contact from shown")
    assert any("public.shown" in line and "view" in line for line in out.splitlines())


@pytest.mark.parametrize(
    ("sql", "rule", "said"),
    [
        pytest.param(
            "select id from people order by email",
            "inference",
            ["public.people.email sorts", "subject analysts ({rules}:8) has inference: equality",
             "inference: open would allow it", "public.people.email is confidential by {rules}:4"],
            id="inference",
        ),
        pytest.param(
            "update people set name = email",
            "laundering",
            ["public.people.name would receive public.people.email",
             "subject analysts ({rules}:8) has clearance: internal",
             "public.people.email is confidential by {rules}:4"],
            id="laundering",
        ),
        pytest.param(
            "update people set email = 'x'",
            "protected-write",
            ["public.people.email would be written", "subject analysts ({rules}:8) has writes: refuse"],
            id="protected write",
        ),
        pytest.param("create role x", "utility", ["create role is not among the commands"], id="utility"),
        pytest.param(
            "select pg_read_file(name) from people", "opaque", ["subject analysts ({rules}:8) has opaque: refuse"],
            id="opaque",
        ),
    ],
)  # fmt: skip
async def test_a_refusal_says_which_entry_decides_it_and_what_would_change_it(
    explain: Explain, site: Site, sql: str, rule: str, said: list[str]
) -> None:
    code, found = await facts(explain, sql)
    assert (code, found["rule"]) == (1, rule)
    advice = "\n".join(found["advice"])
    assert [each for each in said if each.format(rules=f"{site.folder}/rules.yaml") not in advice] == []
    _, out, _ = await explain(sql)
    assert "what decides it:" in out


async def test_a_rule_of_the_firewall_is_advised_on_with_its_place(explain: Explain, site: Site) -> None:
    rules = "firewall: {otherwise: allow, rules: [{name: no-writes, when: {effect: [update]}, action: refuse}]}\n"
    site.write_rules(site.rules() + rules)
    _, found = await facts(explain, "update people set name = 'x' where id = 1")
    assert found["advice"][0] == f"all conditions of rule no-writes ({site.folder}/rules.yaml:15) hold"


async def test_a_copy_is_judged_by_the_rows_it_would_give(explain: Explain) -> None:
    code, found = await facts(explain, "copy people to stdout")
    assert (code, [one["mask"] for one in found["columns"]]) == (0, ["", "", "fixed"])
    code, found = await facts(explain, "copy people to stdout (null 'none')")
    assert (code, found["rule"]) == (1, "copy")


LOUD = """select '日本😀' as sign, upper(email) || 'x' as loud,
\tcase when name = 'x' then lower(p.email) end from people p where length(p.email) > 3"""


@pytest.mark.parametrize("before", ["", "explain ", "select '日本'; ", "prepare q as "])
async def test_each_expression_on_the_way_of_a_value_has_its_place(explain: Explain, before: str) -> None:
    sql = before + LOUD
    _, found = await facts(explain, sql)
    told = found["commands"][-1] if "commands" in found else found
    by = [(one["what"], one["where"]["text"]) for column in told["columns"][1:] for one in column["by"]]
    assert by == [
        ("operator ||", "||"), ("function upper(text)", "upper"), ("CASE", "case"), ("operator =", "="),
        ("function lower(text)", "lower"),
    ]  # fmt: skip
    assert [one["where"]["at"] for one in told["columns"][1]["by"]] == [
        sql.encode().index(b"||"),
        sql.encode().index(b"upper"),
    ]
    [use] = [use for use in told["uses"] if use["use"] == "filtered by"]
    assert [(place["what"], place["where"]["text"]) for place in use["places"]] == [("public.people.email", "p.email")]
    assert use["places"][0]["where"]["line"] == 2


async def test_a_person_sees_the_places_underlined_however_wide_the_letters(explain: Explain) -> None:
    _, out, _ = await explain(LOUD)
    lines = out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("    1 | "))
    assert lines[at : at + 3] == [
        "    1 | select '日本😀' as sign, upper(email) || 'x' as loud,",
        '      |                          ^^^^^ function upper(text), on the way to column 2 "loud"',
        '      |                                       ^^ operator ||, on the way to column 2 "loud"',
    ]
    assert lines[at + 3].startswith("    2 |     case when")


async def test_what_is_written_is_told_with_where_it_comes_from(explain: Explain) -> None:
    _, found = await facts(explain, "update people set name = lower(email)")
    [write] = found["writes"]
    assert (write["column"]["column"], write["provenance"]) == ("public.people.name", "derived")
    assert [one["what"] for one in write["by"]] == ["function lower(text)"]
    _, out, _ = await explain("update people set name = lower(email)")
    assert "      |                          ^^^^^ function lower(text), on the way to public.people.name" in out


async def test_fetch_depends_on_what_the_session_declared(explain: Explain) -> None:
    _, found = await facts(explain, "fetch all from c")
    assert "what the session has declared or prepared: it decides FETCH, MOVE and EXECUTE" in found["unknown"]


async def test_without_a_database_it_asks_for_one(explain: Explain, site: Site) -> None:
    site.write(catalog={"user": "postgres", "database": "*"})
    code, _, err = await explain("select 1")
    assert code == 2
    assert "Say which database: --database NAME." in err
    code, _, _ = await explain("select 1", "--database", site.database.name)
    assert code == 0


async def test_a_server_that_is_not_there_is_one_line(explain: Explain, site: Site) -> None:
    site.write(upstream={"socket": str(site.folder)})
    code, _, err = await explain("select 1")
    assert code == 1
    [line] = err.splitlines()
    assert line.startswith(f"pgwarden: could not connect to the PostgreSQL server at {site.folder}/.s.PGSQL.5432: ")


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(KNOWN[DEFAULT[0]](), hba=auth("scram-sha-256")) as server:
        yield server


@pytest.mark.parametrize("method", ["scram-sha-256", "md5", "password"])
async def test_every_kind_of_password(explain: Explain, site: Site, guarded: EmbeddedPostgres, method: str) -> None:
    stored = "md5" if method == "md5" else "scram-sha-256"
    role = f"by_{method.partition('-')[0]}"
    execute(
        guarded, "postgres", f"set password_encryption = '{stored}'; create role {role} login password 'grün und b:lau'"
    )
    guarded.restart(hba=auth(method))
    upstream = {"host": "127.0.0.1", "port": guarded.port}
    site.write(upstream=upstream, catalog={"user": role, "password": "grün und b:lau", "database": "postgres"})
    code, found = await facts(explain, "select 1 as one")
    assert code == 0
    assert [column["name"] for column in found["columns"]] == ["one"]


def test_a_code_without_words_stands_for_itself() -> None:
    assert words_for("some-new-code:public.thing") == "some new code: public.thing"
