"""YAML as a tree in which every node knows its line and column, with nothing that surprises or explodes.

Built from the parser's events: no tags but the plain ones, no aliases, one document, unique keys, bounded size and
depth. `no`, `off` and `1:30` are text, as YAML 1.2 has it: a country code must not turn into a boolean.
"""

import re
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import yaml

from proxy.config.problems import Place, Problems, shown

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 32
PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")
)
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER: Final = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
FLOAT: Final = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")

Plain: TypeAlias = bool | int | float | str | None


class Scalar(msgspec.Struct, frozen=True):
    """A leaf. quoted: it was written as a string. hidden: it came from ${env:} or ${file:} and is never shown."""

    place: Place
    text: str
    quoted: bool = False
    hidden: bool = False

    @property
    def value(self) -> Plain:
        """What the text means where nothing else is said about its type."""
        if self.quoted or self.hidden:
            return self.text
        if self.text in NULLS:
            return None
        if self.text in BOOLEANS:
            return BOOLEANS[self.text]
        if INTEGER.fullmatch(self.text) and len(self.text) < 40:
            return int(self.text)
        return float(self.text) if FLOAT.fullmatch(self.text) else self.text

    @property
    def display(self) -> str:
        """For messages."""
        if self.hidden:
            return "the value"
        return f'"{self.text if len(self.text) <= 60 else self.text[:57] + "..."}"'


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    place: Place
    items: tuple["Node", ...]


class Mapping(msgspec.Struct, frozen=True):
    """Keys and values, in the order written."""

    place: Place
    entries: tuple[tuple[Scalar, "Node"], ...]

    def get(self, name: str) -> "Node | None":
        """The value of a key."""
        return next((node for key, node in self.entries if key.text == name), None)

    def without(self, name: str) -> "Mapping":
        """The same but for one key."""
        return Mapping(self.place, tuple(entry for entry in self.entries if entry[0].text != name))


Node: TypeAlias = Scalar | Sequence | Mapping


def read_document(path: Path, problems: Problems) -> Node | None:
    """The file's one document; None where it cannot be read, which is then among problems."""
    content = read_content(path, problems)
    return None if content is None else parse_document(content, shown(path), problems)


def read_content(path: Path, problems: Problems) -> bytes | None:
    """A file's bytes; None where it cannot be read, which is then among problems."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.error(Place(shown(path)), f"cannot be read: {error.strerror}")
        return None
    if len(content) > MAX_BYTES:
        problems.error(Place(shown(path)), f"is larger than {MAX_BYTES} bytes")
        return None
    return content


def parse_document(content: bytes, name: str, problems: Problems) -> Node | None:
    """As read_document, of a file's content."""
    try:
        return _Builder(name, problems).build(yaml.parse(content.decode(), Loader=yaml.CSafeLoader))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        problems.error(Place(name, line, column), "is not UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        problems.error(_place(name, mark), f"is not YAML: {words}")
    except yaml.YAMLError as error:
        problems.error(Place(name), f"is not YAML: {' '.join(str(error).split())[:120]}")
    except _Stop:
        pass
    return None


class _Stop(Exception):
    """Nothing behind this point can be understood."""


class _Builder:
    """Makes the tree from events, without recursion."""

    def __init__(self, name: str, problems: Problems) -> None:
        self._name, self._problems = name, problems
        self._open: list[tuple[Place, list[Node], type[Sequence | Mapping]]] = []
        self._root: Node | None = None

    def build(self, events: object) -> Node | None:
        documents = 0
        for event in events:  # type: ignore[attr-defined]  # the stubs say that events are Any
            place = _place(self._name, event.start_mark)
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._stop(place, "a second document begins", "One file holds one document.")
                case yaml.AliasEvent():
                    self._stop(place, "aliases are not supported", "Write the value out.")
                case yaml.ScalarEvent():
                    self._check_tag(place, event.tag)
                    self._put(Scalar(place, event.value, quoted=bool(event.style)))
                case yaml.SequenceStartEvent():
                    self._check_tag(place, event.tag)
                    self._begin(place, Sequence)
                case yaml.MappingStartEvent():
                    self._check_tag(place, event.tag)
                    self._begin(place, Mapping)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._end()
        if self._root is None:
            self._problems.error(Place(self._name), "is empty")
        return self._root

    def _begin(self, place: Place, kind: type[Sequence | Mapping]) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(place, f"is nested deeper than {MAX_DEPTH}")
        self._open.append((place, [], kind))

    def _end(self) -> None:
        place, nodes, kind = self._open.pop()
        self._put(Sequence(place, tuple(nodes)) if kind is Sequence else self._mapping(place, nodes))

    def _mapping(self, place: Place, nodes: list[Node]) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, node in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._stop(key.place, "a key must be a word")
            elif key.text in entries:
                self._problems.error(key.place, f"{key.text} is given twice", "Keep one of them.")
            else:
                entries[key.text] = (key, node)
        return Mapping(place, tuple(entries.values()))

    def _put(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._root = node

    def _check_tag(self, place: Place, tag: str | None) -> None:
        if tag not in PLAIN_TAGS and tag not in (None, "!"):
            self._stop(place, "tags are not supported", "Write the plain value.")

    def _stop(self, place: Place, what: str, hint: str = "") -> None:
        self._problems.error(place, what, hint)
        raise _Stop


def _place(name: str, mark: object) -> Place:
    line, column = getattr(mark, "line", -1), getattr(mark, "column", -1)
    return Place(name, line + 1, column + 1) if line >= 0 else Place(name)
