"""Every SQL command by its first word. A word that is not here is not understood."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from proxy.model import Reading
from proxy.reading import copying, explaining, inner, maintenance, objects, session, transaction
from proxy.reading.answers import unparsed
from proxy.reading.query import query
from proxy.reading.verbs import QUERY_STARTS
from proxy.reading.words import LITERALS, Cursor

Reader: TypeAlias = Callable[[Cursor], Reading]


def _prepare(cursor: Cursor) -> Reading:
    """PREPARE TRANSACTION 'id' and PREPARE name AS share their first word."""
    if cursor.peek().key == "transaction" and cursor.peek(1).kind in LITERALS:
        return transaction.prepare_transaction(cursor)
    return inner.prepare(cursor)


COMMANDS: Final[Mapping[str, Reader]] = {
    "abort": transaction.abort,
    "alter": objects.alter,
    "analyse": maintenance.analyze,
    "analyze": maintenance.analyze,
    "begin": transaction.begin,
    "call": maintenance.call,
    "checkpoint": maintenance.checkpoint,
    "close": inner.close,
    "cluster": maintenance.cluster,
    "comment": objects.comment,
    "commit": transaction.commit,
    "copy": copying.copy,
    "create": objects.create,
    "deallocate": inner.deallocate,
    "declare": inner.declare,
    "discard": session.discard,
    "do": maintenance.do,
    "drop": objects.drop,
    "end": transaction.end,
    "execute": inner.execute,
    "explain": explaining.explain,
    "fetch": inner.fetch,
    "grant": objects.grant,
    "import": objects.import_,
    "listen": session.listen,
    "load": session.load,
    "lock": maintenance.lock,
    "move": inner.move,
    "notify": session.notify,
    "prepare": _prepare,
    "reassign": objects.reassign,
    "refresh": maintenance.refresh,
    "reindex": maintenance.reindex,
    "release": transaction.release,
    "reset": session.reset,
    "revoke": objects.revoke,
    "rollback": transaction.rollback,
    "savepoint": transaction.savepoint,
    "security": objects.security,
    "set": session.set_,
    "show": session.show,
    "start": transaction.start,
    "truncate": maintenance.truncate,
    "unlisten": session.unlisten,
    "vacuum": maintenance.vacuum,
}


def command(cursor: Cursor) -> Reading:
    """Reads the command at the cursor, up to the cursor's end."""
    key = cursor.peek().key
    if key in QUERY_STARTS:
        return query(cursor)
    if (reader := COMMANDS.get(key)) is None:
        return unparsed("unknown")
    cursor.next()
    return reader(cursor)
