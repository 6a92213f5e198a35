"""Why the policy refuses by itself, where no rule of a file does: stable names, and what to do about it."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Reason(Enum):
    """A stable code: it stands in the message, in the audit record and in the reference."""

    BUDGET = "budget"
    CATALOG_DATA = "catalog-data"
    COPY = "copy"
    DERIVED = "derived"
    EXPLAIN = "explain"
    INFERENCE = "inference"
    LAUNDERING = "laundering"
    OPAQUE = "opaque"
    PROTECTED_WRITE = "protected-write"
    UTILITY = "utility"


HINTS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.BUDGET: "Compare protected columns with values written out or bound one by one: they are counted.",
        Reason.CATALOG_DATA: "This system catalog holds data; leave the column out, or ask for a higher clearance.",
        Reason.COPY: "SELECT the masked columns, or say the options of COPY as plain constants, NULL in CSV alone.",
        Reason.DERIVED: "Select the protected column as it is: it comes masked. Expressions over it are refused.",
        Reason.EXPLAIN: "Plans of statements that touch protected columns are refused.",
        Reason.INFERENCE: "Leave protected columns out of WHERE, JOIN, GROUP BY, ORDER BY and DISTINCT.",
        Reason.LAUNDERING: "Protected values may not be stored, sent or handed to a function with side effects.",
        Reason.OPAQUE: "What this returns could not be proven; name columns, and use built-in functions only.",
        Reason.PROTECTED_WRITE: "Leave protected columns out of what is written.",
        Reason.UTILITY: "This command is not among those that a reader with masked columns may run.",
    }
)
"""A hint says what to do, and nothing about data."""
