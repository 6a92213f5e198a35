"""Records as lines for other tools."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, TypeAlias

import msgspec

from proxy.audit.cef import cef
from proxy.audit.keys import sync_directory
from proxy.audit.ocsf import ocsf
from proxy.audit.record import FIELDS, Record
from proxy.errors import JournalUnavailable

Lines: TypeAlias = Callable[[Iterable[Record]], Iterator[bytes]]
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection")."""


def jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    """A JSON object each, keys in the order of Record."""
    encode = msgspec.json.Encoder().encode
    for record in records:
        yield encode(record) + b"\n"


def csv_lines(records: Iterable[Record]) -> Iterator[bytes]:
    """RFC 4180, with a line of names; lists are JSON, what is unknown is empty, no cell begins a formula."""
    yield _row(FIELDS)
    for record in records:
        yield _row(_cell(getattr(record, name)) for name in FIELDS)


FORMATS: Final[Mapping[str, Lines]] = MappingProxyType({"jsonl": jsonl, "csv": csv_lines, "ocsf": ocsf, "cef": cef})


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when everything is written, and else not at all. Raises JournalUnavailable."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            draft.chmod(0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise JournalUnavailable(f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _row(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value) if isinstance(value, int) else msgspec.json.encode(value).decode()
