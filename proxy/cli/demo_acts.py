"""What the demo does before its reader, act by act, and what came of it, as plain facts."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import asyncpg
import msgspec

from proxy.audit.fault import Fault
from proxy.audit.format import segment_files, worker_directories
from proxy.audit.keys import ChainKeys
from proxy.audit.record import Record
from proxy.audit.search import records
from proxy.audit.verify import Verified, verify
from proxy.cli.demo_stage import Connection

QUERY: Final = """select c.id, c.name, c.email, c.phone, c.birth_date, p.card_number, p.amount
  from shop.customers c join shop.payments p on p.customer_id = c.id
 order by p.id limit 2"""
CUSTOMERS: Final = "select id, email from shop.customers"
NEWSLETTER: Final = "select email from shop.newsletter"
REAL_PAIRS: Final = "select c.id, c.email from shop.customers c join shop.newsletter n using (email) order by c.id"
PAIRS_SHOWN: Final = 3
OPEN_COLUMNS: Final = frozenset({"id", "amount"})
"""Of QUERY, those that the analyst may see."""
EXPORTED: Final = "select name, email, phone from shop.customers order by id limit 1"
ATTEMPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "an expression": "select upper(email) from shop.customers limit 1",
        "a view": "select who, mail from shop.contacts limit 1",
        "a condition": "select id from shop.customers where email like 'z%'",
        "an export": f"copy ({EXPORTED}) to stdout",
        "a change": "delete from shop.customers",
    }
)
ANSWERED: Final = frozenset({"an expression", "a view", "an export"})
"""The ways that are answered, with a mask; the others are refused."""
AFTERWARDS: Final = "select count(*) from shop.orders"
STATEMENTS: Final = 2 + 3 + len(ATTEMPTS) + 1
"""That the demo executes, each of which has a record."""


class Refusal(msgspec.Struct, frozen=True):
    """An error that a client got."""

    sqlstate: str
    message: str
    hint: str


class Answer(msgspec.Struct, frozen=True):
    """What one user got for one statement: rows as text, or a refusal."""

    user: str
    sql: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    refused: Refusal | None = None

    @property
    def cell(self) -> str:
        """The first value."""
        return self.rows[0][0] if self.rows and self.rows[0] else ""


class Pair(msgspec.Struct, frozen=True):
    """One customer who takes the newsletter: the address, and the pseudonym that two tables show for it."""

    customer: str
    email: str
    pseudonym: str


class Joined(msgspec.Struct, frozen=True):
    """Two lists of pseudonyms, joined outside of the database, and the same join over real addresses inside."""

    customers: int
    newsletter: int
    by_pseudonym: int
    by_address: int
    pairs: Sequence[Pair]


class Attempt(msgspec.Struct, frozen=True):
    """A way round the mask, and where it led."""

    way: str
    answer: Answer


class Checked(msgspec.Struct, frozen=True):
    """The journal as it is, and a copy of it in which one bit was changed."""

    verified: Verified
    changed_byte: int
    faults: Sequence[Fault]


async def ask(connection: Connection, user: str, sql: str) -> Answer:
    """One statement of a user."""
    if sql == ATTEMPTS["an export"]:
        return await _export(connection, user, sql)
    try:
        statement = await connection.prepare(sql)
        rows = await statement.fetch()
    except asyncpg.PostgresError as error:
        said = error.as_dict()
        refused = Refusal(said.get("sqlstate", ""), said.get("message", ""), said.get("hint", ""))
        return Answer(user, sql, refused=refused)
    columns = [attribute.name for attribute in statement.get_attributes()]
    return Answer(user, sql, columns, [[_text(value) for value in row] for row in rows])


async def _export(connection: Connection, user: str, sql: str) -> Answer:
    """What COPY sends, a line a row and a tab between columns."""
    stream = bytearray()

    async def take(piece: bytes) -> None:
        stream.extend(piece)

    await connection.copy_from_query(EXPORTED, output=take)
    return Answer(user, sql, ("name", "email", "phone"), [line.split("\t") for line in stream.decode().splitlines()])


async def join_pseudonyms(application: Connection, analyst: Connection) -> Joined:
    """The analyst's two lists, joined here; the application's join, inside."""
    customers = [(str(row["id"]), str(row["email"])) for row in await analyst.fetch(CUSTOMERS)]
    newsletter = {str(row["email"]) for row in await analyst.fetch(NEWSLETTER)}
    real = [(str(row["id"]), str(row["email"])) for row in await application.fetch(REAL_PAIRS)]
    found = {number: email for number, email in customers if email in newsletter}
    return Joined(
        customers=len(customers),
        newsletter=len(newsletter),
        by_pseudonym=len(found),
        by_address=len(real),
        pairs=[Pair(number, email, found.get(number, "")) for number, email in real[:PAIRS_SHOWN]],
    )


def all_records(journal: Path) -> Sequence[Record]:
    """The audit trail so far."""
    return tuple(records(journal))


def check_journal(journal: Path, keys: ChainKeys, spare: Path) -> Checked:
    """Verifies the journal; then a copy of it in spare, with one bit changed in the middle of its entries."""
    verified = verify(journal, keys)
    shutil.copytree(journal, spare)
    try:
        segment = segment_files(worker_directories(spare)[0])[-1]
        content = bytearray(segment.read_bytes())
        at = len(content.rstrip(b"\0")) // 2
        content[at] ^= 1
        segment.write_bytes(content)
        return Checked(verified, at, verify(spare, keys).faults)
    finally:
        shutil.rmtree(spare)


def _text(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case datetime():
            return value.astimezone(UTC).isoformat(" ", "seconds")
        case _:
            return str(value)
