"""Values that nobody may see: where they are read from, and a type that does not show them."""

import os
import re
from pathlib import Path
from typing import Final

from proxy.config.document import Mapping, Node, Scalar, Sequence
from proxy.config.problems import Place, Problems, shown

REFERENCE: Final = re.compile(r"\$\{(env|file):([^{}]+)\}")
MAX_SECRET_BYTES: Final = 65_536


class Secret:
    """A password or token. Its repr is empty; `reveal` is called where it is used and nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def expand(node: Node, directory: Path, problems: Problems) -> Node:
    """The tree with every `${env:NAME}` and `${file:PATH}` replaced by what it refers to, marked as hidden."""
    match node:
        case Scalar():
            return _expand_scalar(node, directory, problems)
        case Sequence():
            return Sequence(node.place, tuple(expand(item, directory, problems) for item in node.items))
        case Mapping():
            return Mapping(node.place, tuple((key, expand(item, directory, problems)) for key, item in node.entries))


def _expand_scalar(scalar: Scalar, directory: Path, problems: Problems) -> Scalar:
    if (reference := REFERENCE.fullmatch(scalar.text)) is None:
        if REFERENCE.search(scalar.text):
            problems.error(scalar.place, "a ${env:} or ${file:} reference must be the whole value")
        return scalar
    kind, name = reference.groups()
    text = _from_environment(scalar.place, name, problems) if kind == "env" else None
    if kind == "file":
        text = _from_file(scalar.place, directory / name, problems)
    return Scalar(scalar.place, text or "", quoted=True, hidden=True)


def _from_environment(place: Place, name: str, problems: Problems) -> str | None:
    text = os.environ.get(name)
    if text is None:
        problems.error(place, f"the environment variable {name} is not set", f"Set it, for example: export {name}=…")
    return text


def _from_file(place: Place, path: Path, problems: Problems) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        if len(content) <= MAX_SECRET_BYTES:
            return content.decode().removesuffix("\n").removesuffix("\r")
        problems.error(place, f"{shown(path)} is larger than {MAX_SECRET_BYTES} bytes")
    except OSError as error:
        problems.error(place, f"{shown(path)} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.error(place, f"{shown(path)} is not UTF-8 text")
    return None
