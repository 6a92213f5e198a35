"""What outlives a restart: the memory of classified columns, in one file that is replaced whole."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from proxy.decide.memory import Awaited, Kept, Memory
from proxy.errors import ConfigError
from proxy.model import Attnum, ColumnId, Oid
from proxy.observe.logs import EventLog

NAME: Final = "classification.json"
TEMPORARY: Final = ("pg_temp_", "pg_toast_temp_")
_log = EventLog("pgwarden")


class KeptLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column in the file."""

    relation: int
    attnum: int
    kept: Kept


class DatabaseLines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A database in the file."""

    columns: tuple[KeptLine, ...] = ()
    awaited: tuple[Awaited, ...] = ()


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. databases: by cluster and OID."""

    version: int
    databases: dict[str, DatabaseLines]


class StateFile:
    """The file in a directory of its own. Several at once would overwrite each other: each instance has its own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self.failure = ""
        self._lock = asyncio.Lock()
        self._newest: Mapping[str, Memory] = {}

    def load(self) -> Mapping[str, Memory]:
        """What was kept; nothing where there is no file. Raises ConfigError: it cannot be read, or is damaged."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", place=str(self.path)) from None
        try:
            lines = msgspec.json.decode(content, type=Lines)
        except (msgspec.DecodeError, msgspec.ValidationError):
            hint = "Move it away to begin anew: what was raised or renamed is forgotten then."
            raise ConfigError("is damaged", place=str(self.path), hint=hint) from None
        return {name: _memory(one) for name, one in lines.databases.items()}

    async def keep(self, memories: Mapping[str, Memory]) -> None:
        """Writes them, and returns when they are on disk. A failure is logged and stays in `failure`: the memory holds
        while the process lives."""
        self._newest = dict(memories)
        async with self._lock:
            try:
                await asyncio.to_thread(self._write, self._newest)
            except OSError as error:
                self.failure = f"{self.path} cannot be written: {error.strerror}"
                _log.error("state_not_written", reason=self.failure)
            else:
                self.failure = ""

    def _write(self, memories: Mapping[str, Memory]) -> None:
        lines = Lines(1, {name: _lines(memory) for name, memory in memories.items()})
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(NAME + ".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(lines), indent=1))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _memory(lines: DatabaseLines) -> Memory:
    columns = {ColumnId(Oid(one.relation), Attnum(one.attnum)): one.kept for one in lines.columns}
    return Memory(columns, lines.awaited)


def _lines(memory: Memory) -> DatabaseLines:
    """Temporary relations are gone before anybody could read them again."""
    lasting = (item for item in memory.columns.items() if not item[1].schema.startswith(TEMPORARY))
    return DatabaseLines(
        tuple(KeptLine(int(column.relation), int(column.attnum), kept) for column, kept in lasting), memory.awaited
    )
