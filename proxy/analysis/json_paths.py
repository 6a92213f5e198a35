"""Constant paths into json documents: which part of a document an expression reads."""

from typing import TypeAlias

import msgspec

from proxy.analysis.ground import Ground
from proxy.analysis.tree import Node
from proxy.analysis.values import Value

Key: TypeAlias = "str | int"


class Path(msgspec.Struct, frozen=True):
    """base: the expression that gives the document; keys: the way into it, from the outside; nodes: every node that was
    understood on the way, without the first one and base."""

    base: Node
    keys: tuple[Key, ...]
    nodes: tuple[Node, ...]


def path_of(ground: Ground, node: Node) -> Path | None:
    """The constant path that a node reads; None where it is no such node, or its path is not a constant."""
    return None


def part(ground: Ground, document: Value, keys: tuple[Key, ...]) -> Value:
    """What the part of a document at keys holds."""
    return document.changed()
