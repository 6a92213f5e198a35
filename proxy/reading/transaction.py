"""BEGIN to ROLLBACK PREPARED: the commands that open, close and divide transactions."""

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import plain, state, unparsed
from proxy.reading.words import Cursor

TRANSACTION = "transaction"


def begin(cursor: Cursor) -> Reading:
    """BEGIN [WORK | TRANSACTION] [modes]."""
    return plain("begin", TRANSACTION)


def start(cursor: Cursor) -> Reading:
    """START TRANSACTION [modes]."""
    if not cursor.accept("transaction"):
        return unparsed("start", TRANSACTION)
    return plain("start transaction", TRANSACTION)


def commit(cursor: Cursor) -> Reading:
    """COMMIT [WORK | TRANSACTION] [AND [NO] CHAIN], END, or COMMIT PREPARED."""
    if cursor.accept("prepared"):
        return replace(plain("commit prepared", TRANSACTION), ddl=True, alone=True)
    return state("commit", TRANSACTION)


def end(cursor: Cursor) -> Reading:
    """END [WORK | TRANSACTION] [AND [NO] CHAIN], which is COMMIT."""
    return state("end", TRANSACTION)


def rollback(cursor: Cursor) -> Reading:
    """ROLLBACK, ROLLBACK TO [SAVEPOINT] name, ROLLBACK PREPARED."""
    if cursor.accept("prepared"):
        return replace(plain("rollback prepared", TRANSACTION), alone=True)
    cursor.any_of("work", TRANSACTION)
    if cursor.accept("to"):
        return state("rollback to", TRANSACTION, name=_savepoint(cursor))
    return state("rollback", TRANSACTION)


def abort(cursor: Cursor) -> Reading:
    """ABORT [WORK | TRANSACTION] [AND [NO] CHAIN], which is ROLLBACK."""
    return state("abort", TRANSACTION)


def savepoint(cursor: Cursor) -> Reading:
    """SAVEPOINT name."""
    return plain("savepoint", TRANSACTION, name=cursor.name())


def release(cursor: Cursor) -> Reading:
    """RELEASE [SAVEPOINT] name."""
    return plain("release", TRANSACTION, name=_savepoint(cursor))


def _savepoint(cursor: Cursor) -> str | None:
    if cursor.peek().key == "savepoint" and cursor.at + 1 < cursor.end:
        cursor.next()
    return cursor.name()


def prepare_transaction(cursor: Cursor) -> Reading:
    """PREPARE TRANSACTION 'id': the block ends here, its effects come with COMMIT PREPARED."""
    return state("prepare transaction", TRANSACTION)
