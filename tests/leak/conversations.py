"""Attacks that need the protocol itself: names that change hands, catalogs that change between two messages.

A turn is what one client sends, with the number of ReadyForQuery that follow; a second client is the other one of two.
ROLE66 in a name is the role that asks (six letters), because views outlive the conversation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.drivers import frontend as fe

SYNC: Final = fe.SYNC
UPPER: Final = "select upper(email) from people"
NAMES: Final = "select name from people"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of two clients sends; of none, what the superuser does. ready: how often it is answered."""

    data: bytes
    ready: int = 1
    client: int | None = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, and the rule of soundness that it tries. needs: the oldest server that can be talked to so."""

    rule: int
    turns: tuple[Turn, ...]
    needs: int = 0


def under(rule: int, talks: Mapping[str, Sequence[Turn]], needs: int = 0) -> dict[str, Talk]:
    """Several of one rule."""
    return {name: Talk(rule, tuple(turns), needs) for name, turns in talks.items()}


def query(sql: str, client: int = 0) -> Turn:
    """A simple Query."""
    return Turn(fe.query(sql), client=client)


def batch(*parts: bytes, ready: int = 1, client: int = 0) -> Turn:
    """Messages and a Sync."""
    return Turn(b"".join(parts) + SYNC, ready, client)


def run(sql: str) -> bytes:
    """Parse, Bind and Execute, nothing described."""
    return fe.parse(sql) + fe.bind() + fe.execute()


def again(statement: str) -> bytes:
    """Bind and Execute of a statement that is there."""
    return fe.bind(statement=statement) + fe.execute()


def bound(portal: str, sql: str = UPPER) -> bytes:
    """A statement p and its portal."""
    return fe.parse(sql, "p") + fe.bind(portal=portal, statement="p")


def view(target: str, name: str = "s.seen_ROLE66") -> str:
    """A view of one column, n."""
    return f"create or replace view {name} as select {target} as n from people"


SEEN: Final = "select n from s.seen_ROLE66"
TEMP: Final = "create or replace temp view v as select {} as n from people"
SHADOW: Final = "create temp view v_upper as select label as name from clean"
OTHER: Final = "create temp view other as select 1 as a"
LOWER: Final = "select lower(name) as name from v_upper"

MOMENTS: Final = under(3, {
    "a temporary view that hides": [
        batch(run("select label from clean")),
        batch(run("create temp view clean as select upper(email) as label from people"),
              run("select label from clean"))],
    "a temporary view replaced": [query(TEMP.format("name")), query("select n from v"),
                                  query(TEMP.format("upper(email)")), query("select n from v")],
    "a temporary view replaced under a statement": [
        query(TEMP.format("name")), batch(fe.parse("select n from v", "x"), again("x")),
        query(TEMP.format("upper(email)")), batch(again("x"))],
    "a temporary view replaced in a batch": [
        query(TEMP.format("name")),
        batch(run("select n from v"), run(TEMP.format("upper(email)")), run("select n from v"))],
    "a view replaced": [query(view("name")), query(SEEN), query(view("upper(email)")), query(SEEN)],
    "a view replaced in a transaction": [
        query(view("name")), query("begin"), query(SEEN), query(view("upper(email)")), query(SEEN), query("rollback")],
    "a view replaced in a batch": [
        query(view("name")), batch(run("begin"), run(SEEN), run(view("upper(email)")), run(SEEN)), query("commit"),
        query(SEEN)],
    "a view replaced in a batch that a Sync commits": [
        query(view("name")), batch(run(SEEN), run(view("upper(email)"))), query(SEEN)],
    "a view replaced by another session": [
        query(view("name")), query("select 1"), query(SEEN, 1), batch(fe.parse(SEEN, "x"), again("x"), client=1),
        query(view("upper(email)")), query(SEEN, 1), batch(again("x"), client=1)],
    "a view replaced while another session waits for it": [
        query(view("name")), query("select 1"), query(SEEN, 1), query("begin"), query(view("upper(email)")),
        Turn(fe.query(SEEN), 0, 1), query("commit"), Turn(b"", 1, 1), query(SEEN, 1)],
    "a statement that keeps its meaning under a new name": [
        query(OTHER), query(f"prepare x as {LOWER}"), query(SHADOW), query("execute x")],
    "a parsed statement that keeps its meaning under a new name": [
        query(OTHER), batch(fe.parse(LOWER, "x")), query(SHADOW), batch(again("x"))],
    "a run statement that keeps its meaning under a new name": [
        query(OTHER), batch(fe.parse(LOWER, "x"), again("x")), query(SHADOW), batch(again("x")), batch(again("x"))],
    "a portal that keeps its meaning under a new name": [
        query("begin"), batch(bound("q", LOWER), fe.execute("q", 1)), query(SHADOW), batch(fe.execute("q"))],
    "another search_path in the batch": [
        query("create temp view clean as select upper(email) as label from people"),
        query("set search_path = s, pg_temp"),
        batch(run("select label from clean"), run("set search_path = pg_temp, s"), run("select label from clean"))],
    "a search_path of one transaction": [
        query("create temp view clean as select upper(email) as label from people"), query("begin"),
        query("set local search_path = s, pg_temp"), query("select label from clean"), query("commit"),
        query("select label from clean")],
})  # fmt: skip
STATES: Final = under(4, {
    "a name that is taken": [query(f"prepare x as {UPPER}"), query(f"prepare x as {NAMES}"), query("execute x")],
    "a Parse that is rejected": [batch(fe.parse(UPPER, "x")), batch(fe.parse("select nam from people", "x")),
                                 batch(again("x"))],
    "a Parse of a name that is taken": [batch(fe.parse(UPPER, "x")), batch(fe.parse(NAMES, "x")), batch(again("x"))],
    "a Parse of a name that is taken, its Bind sent ahead": [
        batch(fe.parse(UPPER, "x")), Turn(fe.parse(NAMES, "x") + SYNC + again("x") + SYNC, 2)],
    "a Parse of a name that SQL has taken, its Bind sent ahead": [
        query(f"prepare x as {UPPER}"), Turn(fe.parse(NAMES, "x") + SYNC + again("x") + SYNC, 2)],
    "a Parse behind an error": [
        batch(fe.parse(UPPER, "x")), batch(run("select 1 / 0"), fe.close_statement("x"), fe.parse(NAMES, "x")),
        batch(again("x"))],
    "a Bind of a portal that is there": [
        query("begin"), batch(fe.parse(NAMES, "n"), bound("p")), query("savepoint a"),
        batch(fe.bind(portal="p", statement="n")), query("rollback to a"), batch(fe.execute("p"))],
    "a temporary view put back by a savepoint": [
        query(TEMP.format("upper(email)")), query("begin"), query("savepoint a"), query(TEMP.format("name")),
        query("select n from v"), query("rollback to a"), query("select n from v")],
    "a temporary view put back by a rollback": [
        query(TEMP.format("upper(email)")), query("begin"), query(TEMP.format("name")),
        query("select n from v"), query("rollback"), query("select n from v")],
    "a view put back by a savepoint": [
        query(view("upper(email)")), query("begin"), query("savepoint a"), query(view("name")), query(SEEN),
        query("rollback to a"), query(SEEN), query("rollback")],
    "a search_path that a savepoint takes back": [
        query("create temp view clean as select upper(email) as label from people"), query("begin"),
        query("savepoint a"), query("set search_path = s, pg_temp"), query("select label from clean"),
        query("rollback to a"), query("select label from clean"), query("rollback")],
})  # fmt: skip
PORTALS: Final = under(5, {
    "a statement deallocated and prepared by SQL under its name": [
        batch(fe.parse(NAMES, "x")), query("deallocate x"), query(f"prepare x as {UPPER}"), batch(again("x"))],
    "the same in one batch": [
        batch(fe.parse(NAMES, "x")), batch(run("deallocate x"), run(f"prepare x as {UPPER}"), again("x"))],
    "a statement of SQL closed and parsed again, then EXECUTE": [
        query(f"prepare x as {NAMES}"), batch(fe.close_statement("x"), fe.parse(UPPER, "x")), query("execute x")],
    "the same, extended": [
        query(f"prepare x as {NAMES}"), batch(fe.close_statement("x"), fe.parse(UPPER, "x")), batch(run("execute x"))],
    "a cursor executed as a portal": [
        query("begin"), query(f"declare c cursor for {UPPER}"), batch(fe.execute("c"))],
    "a portal fetched as a cursor": [query("begin"), batch(bound("p")), query("fetch all p")],
    "a cursor closed by message, its name bound": [
        query("begin"), query(f"declare c cursor for {NAMES}"), batch(fe.close_portal("c"), bound("c")),
        query("fetch all c")],
    "a cursor closed by SQL, its name bound in one batch": [
        query("begin"), query(f"declare c cursor for {NAMES}"), batch(run("close c"), bound("c"), run("fetch all c"))],
    "a cursor ended by commit, its name bound": [
        query("begin"), query(f"declare c cursor for {NAMES}"), query("commit"), query("begin"), batch(bound("c")),
        query("fetch all c")],
    "a cursor ended by a savepoint, its name bound": [
        query("begin"), query("savepoint a"), query(f"declare c cursor for {NAMES}"), query("rollback to a"),
        batch(bound("c")), query("fetch all c")],
    "a cursor closed, another declared, its name bound": [
        query("begin"), query(f"declare c cursor for {NAMES}"), batch(fe.close_portal("c"), bound("c")),
        query(f"declare d cursor for {NAMES}"), query("fetch all c")],
    "a suspended portal whose statement is another": [
        query("begin"), batch(bound("q"), fe.execute("q", 1)), query("deallocate p"), query(f"prepare p as {NAMES}"),
        batch(fe.execute("q"))],
})  # fmt: skip
