"""Nodes to the structs that rooms own: every fault is told at its place, and reading goes on behind it.

The structs are read through msgspec's own description of types, so their constraints (`Meta(ge=1)`) hold here too.
"""

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingType
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UnsetType, inspect

from proxy.config.document import Mapping, Node, Scalar, Sequence
from proxy.config.problems import Place, Problems, did_you_mean
from proxy.config.secret import Secret

T = TypeVar("T")


class Missing(Enum):
    """What decoding gives where it gave problems instead."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
PLACE: Final = "place"  # a field of this name and type Place is filled with where its struct stands


class Word(str):
    """A text that knows where it stands."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, text: str, place: Place) -> "Word":
        """The text, and where it stands."""
        word = super().__new__(cls, text)
        word.place = place
        return word


class Decoder:
    """Decodes one file. directory: what relative paths in it are relative to."""

    def __init__(self, directory: Path, problems: Problems) -> None:
        self.directory, self.problems = directory, problems
        self.missing = MISSING

    def decode(self, node: Node, type_: type[T]) -> T | Missing:
        """node as a type_; MISSING where it is not one, which is then among problems."""
        result: T | Missing = self.read(node, inspect.type_info(type_))
        return result

    def read(self, node: Node, kind: inspect.Type) -> Any:
        """As decode, by msgspec's description of the type."""
        match kind:
            case inspect.Metadata():
                return self.read(node, kind.type)
            case inspect.StructType(cls=cls) | inspect.CustomType(cls=cls) if hasattr(cls, "decode_node"):
                return cls.decode_node(node, self)  # a section that reads itself
            case inspect.StructType():
                return self._struct(node, kind)
            case inspect.UnionType():
                return self._union(node, kind)
            case inspect.DictType():
                return self._dict(node, kind)
            case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
                return self._collection(node, kind)
            case inspect.CustomType(cls=cls):
                return self._custom(node, cls)
            case inspect.AnyType():
                return plain(node)
            case _:
                return self._scalar(node, kind)

    def fault(self, place: Place, what: str, hint: str = "") -> Missing:
        """Tell a problem; the answer of whoever found it."""
        self.problems.error(place, what, hint)
        return MISSING

    def _struct(self, node: Node, kind: inspect.StructType) -> Any:
        if isinstance(node, Scalar) and node.value is None and not node.hidden:
            node = Mapping(node.place, ())  # `audit:` with nothing behind it
        if not isinstance(node, Mapping):
            return self.fault(node.place, "expected keys and values here")
        known = {field.encode_name: field for field in kind.fields if field.encode_name != PLACE}
        values: dict[str, Any] = {}
        whole = True
        for key, item in node.entries:
            if key.text == kind.tag_field:
                continue
            value: Any = MISSING
            if self._is_known(key, item, kind.cls, known):
                value = values[known[key.text].name] = self.read(item, known[key.text].type)
            whole = whole and value is not MISSING
        for name in known.keys() - {key.text for key, _ in node.entries}:
            if known[name].required:
                hints: MappingType[str, str] = getattr(kind.cls, "hints", {})
                self.fault(node.place, f"{name} is missing", hints.get(name, ""))
                whole = False
        return self._build(node.place, kind, values) if whole else MISSING

    def _is_known(self, key: Scalar, item: Node, cls: type, known: MappingType[str, object]) -> bool:
        later: frozenset[str] = getattr(cls, "later", frozenset())
        values: MappingType[str, frozenset[str]] = getattr(cls, "later_values", {})
        if key.text in later:
            self.fault(key.place, f"{key.text} is not supported by this version", "Take it out.")
            return False
        if key.text not in known:
            self.fault(key.place, f"unknown key {key.display}", did_you_mean(key.text, known))
            return False
        if isinstance(item, Scalar) and item.text in values.get(key.text, ()):
            self.fault(item.place, f"{key.text}: {item.text} is not supported by this version", "Take another.")
            return False
        return True

    def _build(self, place: Place, kind: inspect.StructType, values: dict[str, Any]) -> Any:
        if any(field.name == PLACE and _is(field.type, Place) for field in kind.fields):
            values[PLACE] = place
        try:
            return kind.cls(**values)
        except (ValueError, TypeError) as error:  # a struct that checks itself
            return self.fault(place, str(error))

    def _union(self, node: Node, kind: inspect.UnionType) -> Any:
        empty = isinstance(node, Scalar) and not node.hidden and node.value is None
        if empty and any(isinstance(arm, inspect.NoneType) for arm in kind.types):
            return None
        arms = [arm for arm in kind.types if not isinstance(arm, inspect.NoneType) and not _is(arm, UnsetType)]
        if len(arms) == 1:
            return self.read(node, arms[0])
        if all(isinstance(arm, inspect.StructType) and arm.tag_field for arm in arms):
            return self._tagged(node, [arm for arm in arms if isinstance(arm, inspect.StructType)])
        return self._first_fit(node, arms)

    def _tagged(self, node: Node, arms: list[inspect.StructType]) -> Any:
        field = str(arms[0].tag_field)
        tags = {str(arm.tag): arm for arm in arms}
        if not isinstance(node, Mapping):
            return self.fault(node.place, f"expected keys and values here, {field} among them")
        tag = node.get(field)
        if not isinstance(tag, Scalar):
            return self.fault(node.place, f"{field} is missing", did_you_mean("", tags))
        if tag.text not in tags:
            return self.fault(tag.place, f"unknown {field} {tag.display}", did_you_mean(tag.text, tags))
        return self.read(node, tags[tag.text])

    def _first_fit(self, node: Node, arms: list[inspect.Type]) -> Any:
        strings = [arm for arm in arms if isinstance(arm, inspect.StrType)]
        for arm in [*(arm for arm in arms if arm not in strings), *strings]:  # nearly everything is a string too
            trial = Decoder(self.directory, Problems())
            if (value := trial.read(node, arm)) is not MISSING:
                return value
        return self.read(node, arms[0])

    def _dict(self, node: Node, kind: inspect.DictType) -> Any:
        if not isinstance(node, Mapping):
            return self.fault(node.place, "expected keys and values here")
        entries = [(self.read(key, kind.key_type), self.read(item, kind.value_type)) for key, item in node.entries]
        if any(MISSING in entry for entry in entries):
            return MISSING
        return dict(entries)

    def _collection(self, node: Node, kind: Any) -> Any:
        if isinstance(node, Mapping) or (isinstance(node, Scalar) and node.value is None and not node.quoted):
            return self.fault(node.place, "expected a list here")
        items = node.items if isinstance(node, Sequence) else (node,)  # each value may be a list
        values = [self.read(item, kind.item_type) for item in items]
        if len(values) < (kind.min_length or 0):
            return self.fault(node.place, "the list is empty", "Leave the key out, or name what is meant.")
        if MISSING in values:
            return MISSING
        containers: MappingType[type, Callable[[list[Any]], Any]] = {
            inspect.ListType: list,
            inspect.SetType: set,
            inspect.FrozenSetType: frozenset,
        }
        return containers.get(type(kind), tuple)(values)

    def _custom(self, node: Node, cls: type) -> Any:
        text = self._text(node)
        if text is MISSING or not isinstance(node, Scalar):
            return MISSING
        if cls is Word:
            return Word(text, node.place)
        if cls is Secret:
            return Secret(text)
        if issubclass(cls, Path):
            return self.directory / Path(text).expanduser()
        return self._converted(node, cls)

    def _scalar(self, node: Node, kind: inspect.Type) -> Any:
        if not isinstance(node, Scalar):
            return self.fault(node.place, f"expected {expected(kind)} here")
        match kind:
            case inspect.StrType():
                return self._string(node, kind)
            case inspect.IntType() | inspect.FloatType():
                return self._number(node, kind)
            case inspect.BoolType():
                value = Scalar(node.place, node.text).value
                return value if isinstance(value, bool) else self._not(node, kind)
            case inspect.EnumType(cls=cls):
                found = [member for member in cls if str(member.value) == node.text]
                hint = did_you_mean(node.text, [str(member.value) for member in cls])
                return (
                    found[0] if found else self.fault(node.place, f"{node.display} is not one of the words here", hint)
                )
            case inspect.LiteralType(values=values):
                hits = [value for value in values if str(value) == node.text]
                hint = did_you_mean(node.text, [str(value) for value in values])
                return hits[0] if hits else self.fault(node.place, f"{node.display} is not one of the words here", hint)
            case _:
                return self._converted(node, getattr(kind, "cls", object))

    def _string(self, node: Scalar, kind: inspect.StrType) -> Any:
        if (text := self._text(node)) is MISSING:
            return MISSING
        low, high = kind.min_length or 0, kind.max_length if kind.max_length is not None else len(text)
        if not low <= len(text) <= high or (kind.pattern and not re.search(kind.pattern, text)):
            return self._not(node, kind)
        return text

    def _number(self, node: Scalar, kind: inspect.IntType | inspect.FloatType) -> Any:
        value = Scalar(node.place, node.text).value  # from the environment every number is a text
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._not(node, kind)
        if isinstance(kind, inspect.IntType) and not isinstance(value, int):
            return self._not(node, kind)
        bounds = (
            kind.ge is None or value >= kind.ge,
            kind.gt is None or value > kind.gt,
            kind.le is None or value <= kind.le,
            kind.lt is None or value < kind.lt,
        )
        return (value if isinstance(kind, inspect.IntType) else float(value)) if all(bounds) else self._not(node, kind)

    def _converted(self, node: Scalar, cls: Any) -> Any:
        try:
            return msgspec.convert(node.value, cls, strict=False)
        except (msgspec.ValidationError, TypeError):
            return self.fault(node.place, f"{node.display} cannot be used here")

    def _text(self, node: Node) -> Any:
        if not isinstance(node, Scalar):
            return self.fault(node.place, "expected a single value here")
        if node.value is None:
            return self.fault(node.place, "a value is missing here")
        return node.text

    def _not(self, node: Scalar, kind: inspect.Type) -> Missing:
        return self.fault(node.place, f"{node.display} is not {expected(kind)}")


def expected(kind: inspect.Type) -> str:
    """A type in words."""
    match kind:
        case inspect.IntType() | inspect.FloatType():
            noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            low = f" above {kind.gt}" if kind.gt is not None else f" from {kind.ge}" if kind.ge is not None else ""
            top = f" below {kind.lt}" if kind.lt is not None else f" to {kind.le}" if kind.le is not None else ""
            return (
                noun
                + low
                + (top if low or not top.startswith(" to") else f" up{top}")
                + (" on" if low and not top else "")
            )
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType(pattern=str(pattern)):
            return f"a text like {pattern}"
        case inspect.StrType(min_length=low, max_length=high) if low or high:
            return f"a text of {low or 0} to {high} characters" if high else f"a text of at least {low} characters"
        case inspect.StrType():
            return "a text"
        case _:
            return "a single value"


def plain(node: Node) -> Any:
    """A tree without places."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(item) for key, item in node.entries}


def _is(kind: inspect.Type, cls: type) -> bool:
    return isinstance(kind, inspect.StructType | inspect.CustomType) and kind.cls is cls
