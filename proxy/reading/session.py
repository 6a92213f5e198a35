"""SET, RESET, SHOW, DISCARD, LISTEN, NOTIFY, UNLISTEN, LOAD: what a session says about itself."""

from msgspec.structs import replace

from proxy.model import Reading, Scope
from proxy.reading.answers import plain, state, unparsed
from proxy.reading.words import NAMES, Cursor, fold

_PHRASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("time", "zone"), "timezone"),
    (("transaction", "isolation", "level"), "transaction_isolation"),
    (("session", "authorization"), "session_authorization"),
)
"""Settings that have a name of several words in RESET and SHOW."""
_SPECIAL = {"names": "client_encoding", "schema": "search_path", "role": "role"}
"""Settings that SET knows by a word without = or TO behind it."""


def set_(cursor: Cursor) -> Reading:
    """SET [SESSION | LOCAL] in all its forms."""
    scope = Scope.SESSION
    if cursor.peek().key in ("session", "local") and not _is_variable(cursor, 1) and not _is_phrase(cursor):
        scope = Scope.LOCAL if cursor.next().key == "local" else Scope.SESSION
    kind, name = _target(cursor)
    if kind in ("set transaction", "set constraints"):
        return state(kind, "transaction")
    if not name and kind == "set":
        return unparsed(kind, "set")
    return replace(state(kind, "set", name=name), scope=scope)


def _target(cursor: Cursor) -> tuple[str, str | None]:
    """Kind of the command and the setting it names."""
    if cursor.accept("session", "characteristics"):
        return "set session characteristics", None
    if cursor.accept("session", "authorization"):
        return "set session authorization", "session_authorization"
    if cursor.accept("time", "zone"):
        return "set", "timezone"
    if cursor.accept("xml", "option"):
        return "set", "xmloption"
    key = cursor.peek().key
    if key in ("transaction", "constraints") and not _is_variable(cursor, 1):
        return f"set {key}", None
    if key in _SPECIAL and not _is_variable(cursor, 1):
        return ("set role" if key == "role" else "set"), _SPECIAL[key]
    name = _setting(cursor)
    if cursor.peek().key not in ("=", "to", "from"):
        return "set", None
    return {"role": "set role", "session_authorization": "set session authorization"}.get(name or "", "set"), name


def _is_variable(cursor: Cursor, ahead: int) -> bool:
    """Whether the word before is itself a setting's name, because a value or a further part follows."""
    return cursor.peek(ahead).key in ("=", "to", ".", "from")


def _is_phrase(cursor: Cursor) -> bool:
    return cursor.peek().key == "session" and cursor.peek(1).key in ("authorization", "characteristics")


def _setting(cursor: Cursor) -> str | None:
    """A setting's name; its case never matters, quoted or not (guc_name_compare)."""
    parts: list[str] = []
    while cursor.peek().kind in NAMES:
        parts.append(fold(cursor.name() or ""))
        if not cursor.accept("."):
            break
    return ".".join(parts) or None


def _phrase(cursor: Cursor) -> str | None:
    for words, name in _PHRASES:
        if cursor.accept(*words):
            return name
    return _setting(cursor)


def reset(cursor: Cursor) -> Reading:
    """RESET setting, or ALL."""
    if cursor.accept("all"):
        return state("reset all", "set")
    return state("reset", "set", name=name) if (name := _phrase(cursor)) else unparsed("reset", "set")


def show(cursor: Cursor) -> Reading:
    """SHOW setting, or ALL."""
    if cursor.accept("all"):
        return plain("show all", "show")
    return plain("show", "show", name=name) if (name := _phrase(cursor)) else unparsed("show", "show")


def discard(cursor: Cursor) -> Reading:
    """DISCARD ALL | PLANS | SEQUENCES | TEMP."""
    what = cursor.any_of("all", "plans", "sequences", "temp", "temporary").replace("temporary", "temp")
    if not what:
        return unparsed("discard", "discard")
    return replace(state(f"discard {what}", "discard"), alone=what == "all", ddl=what in ("all", "temp"))


def listen(cursor: Cursor) -> Reading:
    """LISTEN channel."""
    return plain("listen", "listen", name=cursor.name())


def unlisten(cursor: Cursor) -> Reading:
    """UNLISTEN channel, or *."""
    return plain("unlisten all", "listen") if cursor.accept("*") else plain("unlisten", "listen", name=cursor.name())


def notify(cursor: Cursor) -> Reading:
    """NOTIFY channel [, 'payload']."""
    return plain("notify", "notify", name=cursor.name())


def load(cursor: Cursor) -> Reading:
    """LOAD 'file': a library may change anything in the session."""
    return state("load", "load")
