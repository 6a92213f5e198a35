"""`pgwarden check`: files alone, and against a real server."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.app.state_file import StateFile
from proxy.catalog.loader import load
from proxy.catalog.watching import INSTALL
from proxy.cli import main
from proxy.decide.memory import Kept, Memory, Why
from proxy.model import Attnum, ColumnId
from tests.servers import Database

SHOP = Path(__file__).parents[2] / "masking_rules/examples/shop.yaml"
HEAD = "version: 1\nlevels: [public, secret]\nunclassified: public\n"
Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    monkeypatch.chdir(tmp_path)
    Path("mask.key").write_bytes(bytes(range(32)))
    Path("mask.key").chmod(0o600)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["check", *arguments])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def told(out: str) -> list[str]:
    """What is wrong, without notes of what could be better."""
    return [line for line in out.splitlines() if not line.startswith("note: ")]


def write(rules: str, config: str = "") -> None:
    Path("r.yaml").write_text(rules)
    Path("pgwarden.yaml").write_text(f"rules: [r.yaml]\nkeys: {{current: 1, 1: {{file: mask.key}}}}\n{config}")


def test_files_without_a_fault(check: Check) -> None:
    write(HEAD)
    assert check("--offline") == (0, "no errors, no warnings\n", "")


def test_every_fault_of_every_file_is_told(check: Check) -> None:
    write(HEAD + "clasify: []\n", "listn: {}\nworkers: 2.5\n")
    code, out, err = check("--offline")
    assert code == 1
    assert out.splitlines() == [
        'error: pgwarden.yaml:3:1: unknown key "listn". Did you mean listen?',
        'error: pgwarden.yaml:4:10: "2.5" is not a whole number from 1 on',
        'error: r.yaml:4:1: unknown key "clasify". Did you mean classify?',
        "3 errors, no warnings",
    ]
    assert err == ""


def test_warnings_do_not_fail(check: Check) -> None:
    write(HEAD + "classify: [{column: a.b.c, level: secret, type: emial}]\n")
    code, out, _ = check("--offline")
    assert code == 0
    assert out.splitlines() == [
        'warning: r.yaml:4:49: no mask is named "emial": default is used',
        "no errors, 1 warning",
    ]


def test_a_mask_that_pins_a_key_which_is_not_there(check: Check) -> None:
    write(HEAD + "masks: {ssn: {method: hash, version: 7}}\n")
    code, out, _ = check("--offline")
    assert code == 1
    assert out.splitlines()[0] == "error: r.yaml:4: ssn pins version 7 of the key. List it under keys."


def test_problems_for_programs(check: Check) -> None:
    write(HEAD + "clasify: []\n")
    code, out, _ = check("--offline", "--json")
    assert code == 1
    assert json.loads(out) == {
        "problems": [
            {
                "severity": "error",
                "file": "r.yaml",
                "line": 4,
                "column": 1,
                "what": 'unknown key "clasify"',
                "hint": "Did you mean classify?",
            }
        ],
        "databases": [],
    }


def test_a_configuration_that_is_not_there(check: Check) -> None:
    code, out, err = check("--config", "nowhere.yaml")
    assert code == 1
    assert out.startswith("error: nowhere.yaml: is not there. Name the file with --config")
    assert "Traceback" not in err


def test_a_server_that_is_not_there(check: Check, tmp_path: Path) -> None:
    write(HEAD, f"upstream: {{socket: {tmp_path}}}\n")
    code, out, _ = check()
    assert code == 1
    first, last = out.splitlines()
    assert first.startswith(f"error: pgwarden.yaml: the server at {tmp_path}/.s.PGSQL.5432 cannot be reached: ")
    assert first.endswith(". Start it, or mend upstream.")
    assert last == "1 error, no warnings"


def upstream(database: Database, user: str = "postgres") -> str:
    server = database.server
    socket = f"upstream: {{socket: {server.socket_path.parent}, port: {server.port}}}\n"
    return socket + f"catalog: {{user: {user}, database: {database.name}}}\n"


async def test_an_account_that_is_not_there(check: Check, database: Database) -> None:
    write(HEAD, upstream(database, "nobody_at_all"))
    code, out, _ = await asyncio.to_thread(check)
    assert code == 1
    assert f"the catalog account nobody_at_all cannot log in to {database.name}: " in out
    assert "Create the role: create role pgwarden login" in out


async def test_rules_that_fit_the_catalog(check: Check, database: Database) -> None:
    analysts, app = database.unique("analysts"), database.unique("shop_app")
    connection = await database.connect()
    await connection.execute(f"create role {analysts}; create role {app}; create schema shop")
    await connection.execute(
        "create table shop.customers (id int, name text, email text, phone text, birth_date date, country text,"
        " created_at timestamptz); create table shop.payments (id int, customer_id int, card_number text,"
        " amount numeric, paid_at timestamptz)"
    )
    rules = SHOP.read_text().replace("member_of: analysts", f"member_of: {analysts}")
    write(rules.replace("user: shop_app", f"user: {app}"), upstream(database))
    code, out, _ = await asyncio.to_thread(check)
    assert (code, told(out)) == (0, [f"no errors, no warnings; databases: {database.name}"])


async def test_what_only_the_catalog_shows(check: Check, database: Database) -> None:
    connection = await database.connect()
    await connection.execute("create table people (mail text, email text, age int, ssn varchar(3))")
    write(
        HEAD + "classify:\n"
        "  - {column: public.people.mial, level: secret}\n"
        "  - {column: public.people.age, level: secret, type: year}\n"
        "  - {column: '*.*./^tax_id$/', level: secret}\n"
        "masks: {year: {method: partial, keep_last: 1}}\n"
        "subjects: [{name: app, match: {user: postgrs}, clearance: secret}]\n"
        "firewall: {otherwise: allow, rules: [{name: r, when: {relation: public.poeple}, action: refuse}]}\n",
        upstream(database),
    )
    code, out, _ = await asyncio.to_thread(check)
    assert code == 0
    *lines, last = told(out)
    assert last == f"no errors, {len(lines)} warnings; databases: {database.name}"
    assert sorted(lines) == sorted(
        [
            "warning: r.yaml:6: the mask of public.people.age: partial makes a text, which is no value of type "
            'integer; auto, redact and null fit every type. Name another mask for the type "year", or give the column '
            "another type.",
            f"warning: {database.name}: public.people.email is not classified and looks like an e-mail address. "
            "Classify it: - {column: public.people.email, level: secret}, or as public if it is harmless.",
            f"warning: {database.name}: public.people.ssn is not classified and looks like a national id. "
            "Classify it: - {column: public.people.ssn, level: secret}, or as public if it is harmless.",
            "warning: r.yaml:5: public.people.mial is no column. Mend its name, or take the entry out.",
            "warning: r.yaml:10: public.poeple is no relation: the rule r never speaks for it",
            "warning: r.yaml:9: the subject app matches postgrs, which is no role of the server. "
            "Did you mean postgres?",
            'warning: r.yaml:10:65: "r" does not see what code inside the server does with its relations. '
            "Add a rule for effect: [call, do, function], at least for who may not touch them.",
        ]
    )


async def test_what_is_wrong_with_parts_of_documents(check: Check, database: Database) -> None:
    connection = await database.connect()
    await connection.execute(
        "create domain doc as jsonb; create table papers (a jsonb, b text, c doc, d jsonb[], e json)"
    )
    write(
        HEAD + "classify:\n"
        "  - {column: public.papers.a, level: secret, json: $.ssn, type: card}\n"
        "  - {column: public.papers.b, level: secret, json: $.ssn}\n"
        "  - {column: public.papers.c, level: secret, json: $.ssn}\n"
        "  - {column: public.papers.d, level: secret, json: $.ssn}\n"
        "  - {column: public.papers.f, level: secret, json: $.ssn}\n"
        "  - {column: public.papers.e, level: secret}\n"
        "  - {column: public.papers.e, level: secret, json: $.ssn}\n"
        "masks: {card: {method: partial, keep_last: 4}}\n",
        upstream(database),
    )
    code, out, _ = await asyncio.to_thread(check)
    assert code == 0
    *lines, _ = told(out)
    assert sorted(lines) == [
        "warning: r.yaml:11: $.ssn of public.papers.e is not above the column's own level. "
        "r.yaml:10 says as much of all of it.",
        "warning: r.yaml:6: the mask of public.papers.b $.ssn: no json or jsonb, so all of it is protected. "
        'Name another mask for the type "default", or give the column another type.',
        "warning: r.yaml:8: the mask of public.papers.d $.ssn: no json or jsonb, so all of it is protected. "
        'Name another mask for the type "default", or give the column another type.',
        "warning: r.yaml:9: public.papers.f is no column. Mend its name, or take the entry out.",
    ]


async def test_what_is_wrong_with_trusted_functions(check: Check, database: Database) -> None:
    owner, cleared, member = (database.unique(name) for name in ("owner", "cleared", "member"))
    connection = await database.connect()
    await connection.execute(
        f"create role {owner}; create role {cleared}; create role {member} in role {owner}; create schema shop;"
        f"create function shop.norm(text) returns text language plpgsql as 'begin end';"
        f"create function shop.norm(int) returns text language plpgsql as 'begin end';"
        f"create function shop.theirs(text) returns text language plpgsql as 'begin end';"
        f"create function shop.ours(text) returns text language plpgsql as 'begin end';"
        f"alter function shop.theirs(text) owner to {owner}; alter function shop.ours(text) owner to {cleared}"
    )
    write(
        HEAD + "functions:\n  trusted:\n    - shop.norm(text)\n    - shop.theirs(text)\n    - shop.ours(text)\n"
        "    - shop.ours(int)\n    - shop.nrm(text)\n"
        f"subjects: [{{name: app, match: {{user: [{cleared}, {owner}]}}, clearance: secret}}]\n",
        upstream(database),
    )
    code, out, _ = await asyncio.to_thread(check)
    assert code == 0
    assert sorted(told(out)[:-1]) == sorted(
        [
            f"warning: r.yaml:6: shop.norm in {database.name} is not the only one of its name. "
            "A call with other arguments is another function; trust each that you have read.",
            f"warning: r.yaml:7: shop.theirs(text) can be rewritten by {member}, who may not see everything. "
            "Give it an owner who sees everything: who owns a function may put other code into it.",
            "warning: r.yaml:9: shop.ours(int) is no function. There is shop.ours with other arguments.",
            "warning: r.yaml:10: shop.nrm(text) is no function. Mend its name, or take the entry out.",
        ]
    )


def test_what_has_no_effect_is_told(check: Check) -> None:
    write(HEAD + "subjects: [{name: a, match: {}, clearance: public, derived: mask, writes: allow}]\n")
    code, out, _ = check("--offline")
    assert code == 0
    assert [line.partition(" has no effect")[0] for line in out.splitlines()[:2]] == [
        "warning: r.yaml:4:19: derived: mask",
        "warning: r.yaml:4:19: writes: allow",
    ]


async def test_the_missing_event_trigger_is_a_note(check: Check, database: Database) -> None:
    write(HEAD, upstream(database))
    _, out, _ = await asyncio.to_thread(check)
    assert f"note: pgwarden.yaml: changes of {database.name} that are made past pgwarden are noticed by the poll" in out
    database.run(INSTALL)
    assert "note:" not in (await asyncio.to_thread(check))[1]


async def test_columns_that_the_rules_do_not_name_any_more_are_told_with_the_line_that_does(
    check: Check, database: Database, tmp_path: Path
) -> None:
    database.run("create table people (email text)", "create table notes (body text)")
    rules = HEAD + "classify: [{column: public.people.email, level: secret}]\n"
    write(rules, upstream(database))
    snapshot = await load(await database.connect())
    people, notes = (snapshot.relation_named("public", name) for name in ("people", "notes"))
    assert people is not None
    assert notes is not None
    email, body = ColumnId(people.oid, Attnum(1)), ColumnId(notes.oid, Attnum(1))
    kept = Kept("public", "people", "email", "secret", "default", "r.yaml:4", Why.NAMED)
    flowed = Kept("public", "notes", "body", "secret", "default", "it has received values of x.y.z", Why.FLOW)
    await StateFile(tmp_path / "state").keep({snapshot.identity: Memory({email: kept, body: flowed})})
    database.run("alter table people rename email to harmless")
    _, out, _ = await asyncio.to_thread(check)
    said = [line for line in out.splitlines() if line.startswith(f"warning: {database.name}: ")]
    assert "public.notes.body is secret though no entry says so: it has received values of x.y.z" in said[1]
    assert "public.people.harmless is secret though no entry says so: it was public.people.email" in said[0]
    assert "- {column: public.people.harmless, level: secret, type: default}" in said[0]
