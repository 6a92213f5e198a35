"""The moment a decision belongs to: the session's settings that give names their meaning, asked of the server.

Session state is learned from the server, never from what the client asked. The question names everything with its
schema and every operator by OPERATOR(), so that no search_path can answer in the server's place.
"""

from typing import Final

import msgspec

from proxy.errors import ProtocolViolation
from proxy.relay.words import Owe
from proxy.wire.constants import ServerType, Target
from proxy.wire.frame import Frame
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.named import Close
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.rows import DataRow

_NAME: Final = b"_pgwarden_moment"

_SETTINGS: Final = (
    "search_path",
    "role",
    "client_min_messages",
    "debug_print_rewritten",
    "debug_pretty_print",
    "log_min_messages",
    "standard_conforming_strings",
    "client_encoding",
)

_TEMPORARY: Final = (
    "case when pg_catalog.pg_my_temp_schema() operator(pg_catalog.=) 0 then '' else "
    "(select pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat(c.oid, ':', c.relname), ',' order by c.oid)) "
    "from pg_catalog.pg_class c where c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()) end"
)
"""A digest of the temporary relations: they shadow others."""

_MAY_QUIET: Final = "pg_catalog.has_parameter_privilege(current_user, 'log_min_messages', 'SET')::pg_catalog.text"
"""From 15 on: whether the session may keep the probe's trees out of the server's log."""

PARAMETER_PRIVILEGES_SINCE: Final = 150000


class Moment(msgspec.Struct, frozen=True):
    """What the session's names and literals mean now. Equal moments read every text alike."""

    search_path: str
    role: str
    client_min_messages: str
    debug_print_rewritten: str
    debug_pretty_print: str
    log_min_messages: str
    standard_conforming_strings: str
    client_encoding: str
    session_user: str
    current_user: str
    temporary: str
    quiet: bool
    """The probe's trees can be kept out of the server's log."""

    @property
    def meaning(self) -> tuple[str, ...]:
        """What a decision's key holds of it."""
        return (
            self.search_path,
            self.role,
            self.standard_conforming_strings,
            self.client_encoding,
            self.session_user,
            self.current_user,
            self.temporary,
        )


def question(server_version_num: int) -> bytes:
    """The text of the question, for a server of that version."""
    columns = [f"pg_catalog.current_setting('{name}')" for name in _SETTINGS]
    columns += ["session_user::pg_catalog.text", "current_user::pg_catalog.text", _TEMPORARY]
    columns.append(_MAY_QUIET if server_version_num >= PARAMETER_PRIVILEGES_SINCE else "'false'")
    return ("select " + ", ".join(columns)).encode()


class Ask(msgspec.Struct, frozen=True):
    """Messages of our own for the server, and what it owes for each."""

    frames: bytes
    owed: bytes


def run(name: bytes, sql: bytes) -> Ask:
    """One statement of ours, executed and closed at once: the client's unnamed ones live on."""
    frames = (
        Parse(name, sql).encode()
        + Bind(name, name).encode()
        + Execute(name, 0).encode()
        + Close(Target.PORTAL, name).encode()
        + Close(Target.STATEMENT, name).encode()
    )
    return Ask(frames, bytes((Owe.PARSE, Owe.BIND, Owe.EXECUTE, Owe.CLOSE, Owe.CLOSE)))


def ask_moment(server_version_num: int, *, end: bytes, owed_end: bytes) -> Ask:
    """The question as messages. end: Sync between transactions (owed_end: its ReadyForQuery), Flush inside one."""
    asked = run(_NAME, question(server_version_num))
    return Ask(asked.frames + end, asked.owed + owed_end)


def read_moment(frames: list[Frame]) -> Moment:
    """The answer. Raises ProtocolViolation where the server did not answer the question."""
    rows = [DataRow.decode(frame.payload) for frame in frames if frame.type == ServerType.DATA_ROW]
    if len(rows) != 1 or len(rows[0].values) != len(_SETTINGS) + 4:
        raise ProtocolViolation("the server did not tell the session's settings")
    values = [(value or b"").decode("utf-8", "surrogateescape") for value in rows[0].values]
    settings = dict(zip(Moment.__struct_fields__, values, strict=True))
    quiet = settings.pop("quiet") in ("true", "t")
    return Moment(**settings, quiet=quiet)
