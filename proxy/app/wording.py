"""The codes of the analysis, in words: why something could not be proven."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "argument-missing": "a function's body names an argument that the call does not have",
        "body": "the SQL body of the function with OID {} does not fit its call",
        "column-missing": "the tree names a column that is not there",
        "column-unknown": "the column {} is not in the catalog that was read",
        "command": "the tree is of a command that is not known",
        "cycle": "a query refers to itself in a way that is not known",
        "depth": "the statement is nested too deeply",
        "domain": "a value of the domain {} is checked by code that is not proven",
        "expression": "writing to {} runs a check, an index or a default whose code is not proven",
        "field": "the tree has a part that this version does not know: {}",
        "function": "{} is neither proven by what it is, nor trusted by the rules",
        "function-recursive": "the function with OID {} is made of itself",
        "function-unknown": "the function with OID {} is not in the catalog that was read",
        "json-cast": "a type has a cast to json of its own, whose code is not proven",
        "no-tree": "the server showed no tree",
        "node": "the tree has a node that this version does not know: {}",
        "outputs": "the columns of the result cannot be told from the tree",
        "policy": "the row security of {}, which a function reads, runs code that is not proven",
        "recursion": "a recursive query whose columns never settle",
        "relation-unknown": "the relation with OID {} is not in the catalog that was read",
        "rtekind": "the tree reads from something that this version does not know: kind {}",
        "rule-result": "a rewrite rule changes what is returned",
        "set-operation": "the arms of a set operation do not match",
        "sort-reference": "the sort order names a column that is not there",
        "support": "comparing or ranging values of {} runs code that is not proven",
        "tree": "the tree could not be read, or is larger than what is read",
        "trigger": "writing to {} runs a trigger whose code is not proven",
        "type": "making a value of {} runs code that is not proven",
        "type-recursive": "the type with OID {} holds itself",
        "type-unknown": "the type with OID {} is not in the catalog that was read",
        "unseen": "the server wants the right to read {}, and the tree does not show what for",
        "utility": "a command of which the server shows no tree",
        "view": "{} is a view that the server has not expanded",
        "window": "a window that is not defined",
    }
)


def words_for(reason: str) -> str:
    """A code, with the object's name behind a colon, in words; a code without words stands for itself."""
    code, _, name = reason.partition(":")
    return WORDS.get(code, f"{code.replace('-', ' ')}{': {}' if name else ''}").format(name)
