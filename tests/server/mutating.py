"""Conversations of one who may not see everything, put together at random from a seed, and damaged a little."""

from random import Random
from typing import Final

from tests.drivers import frontend as fe

SEEN: Final = ["select id, email from people", "select email from people order by id", "table people"]
REFUSED: Final = [
    "select upper(email) from people",
    "select people from people",
    "select email || 'x' as e from people",
]
CLEAN: Final = ["select id, name from people", "select 1, 'a'", "select name as email from people"]
QUERIES: Final = SEEN + REFUSED + CLEAN
COMMANDS: Final = [
    "begin", "commit", "rollback", "savepoint a", "rollback to a", "release a", "discard all", "close all",
    "deallocate all", "close p", "close q", "deallocate s", "deallocate x", "fetch all p", "fetch 2 from q",
    "fetch backward 1 from p", "move 1 in p", "execute s", "execute x", "set search_path = public, pg_temp",
    "set search_path = pg_temp, public", "drop view if exists v", "table v", "select * from v", "",
    "copy people to stdout", "copy people (email) to stdout csv", "copy (table people) to stdout (format binary)",
    "copy people (id, email) to stdout (delimiter ',', header)", "copy people from stdin", "explain table people",
    "set client_encoding = 'LATIN1'", "reset client_encoding", "set datestyle = 'ISO, YMD'",
    "listen c", "notify c, 'x'",
]  # fmt: skip
NAMES: Final = ["", "s", "x"]
PORTALS: Final = ["", "p", "q"]


def conversation(random: Random) -> list[bytes]:
    """What the client sends, in the pieces in which it sends it."""
    messages = [_message(random) for _ in range(random.randint(3, 16))]
    if random.random() < 0.3:
        at = random.randrange(len(messages))
        messages[at] = _damaged(random, messages[at])
    if random.random() < 0.3:
        random.shuffle(messages)
    said = b"".join(message + (fe.SYNC if random.random() < 0.4 else b"") for message in messages)
    cuts = sorted(random.sample(range(len(said)), min(len(said), random.choice([0, 0, 1, 3, 9]))))
    places = [0, *cuts, len(said)]
    return [said[start:end] for start, end in zip(places, places[1:], strict=False)]  # noqa: RUF007  one may be empty


def _sql(random: Random) -> str:
    """A statement, perhaps inside another."""
    inner = random.choice(QUERIES)
    match random.randrange(8):
        case 0:
            return f"declare {random.choice(['p', 'q'])} {random.choice(['', 'binary', 'scroll'])} cursor for {inner}"
        case 1:
            return f"declare {random.choice(['p', 'q'])} cursor with hold for {inner}"
        case 2:
            return f"prepare {random.choice(['s', 'x'])} as {inner}"
        case 3:
            return f"create or replace temp view v as {inner}"
        case 4 | 5:
            return random.choice(COMMANDS)
        case _:
            return inner


def _message(random: Random) -> bytes:
    """A message, or a few that belong together."""
    name, portal = random.choice(NAMES), random.choice(PORTALS)
    form = random.choice([(), (0,), (1,)])
    match random.randrange(13):
        case 0 | 1:
            return fe.query(_sql(random))
        case 2 | 3:
            return fe.parse(_sql(random), name)
        case 4 | 5:
            return fe.bind(portal=portal, statement=name, results=form)
        case 6 | 7:
            return fe.execute(portal, random.choice([0, 0, 1, 2]))
        case 8:
            return random.choice([fe.describe_portal(portal), fe.describe_statement(name)])
        case 9:
            return random.choice([fe.close_portal(portal), fe.close_statement(name)])
        case 10:
            return fe.query(f"{_sql(random)}; {_sql(random)}")
        case 11:
            return fe.parse(_sql(random)) + fe.bind(results=form) + fe.execute()
        case _:
            return random.choice([fe.FLUSH, fe.SYNC, fe.copy_data(b"9\tx\ty\n"), fe.COPY_DONE, fe.copy_fail("no")])


def _damaged(random: Random, message: bytes) -> bytes:
    """With one byte changed: mostly of what it says, sometimes of how it is framed."""
    at = random.randrange(5 if len(message) > 5 and random.random() < 0.8 else 0, len(message))
    return message[:at] + bytes([random.randrange(256)]) + message[at + 1 :]
