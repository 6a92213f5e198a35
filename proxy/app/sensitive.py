"""Columns that look like personal data or secrets by their names, and that no rule has classified."""

import re
from typing import Final

from proxy.catalog.snapshot import FIRST_NORMAL_OID, RelationKind, Snapshot
from proxy.model import Classification, ColumnId

LOOKS_SENSITIVE: Final = re.compile(
    r"(e_?mail|phone|mobile|passw|secret|token|api_?key|ssn|tax_?id|national_?id|passport|iban|card_?n|cvv|"
    r"birth|salary|first_?name|last_?name|full_?name|surname|address|street)",
    re.IGNORECASE,
)
MOST_SHOWN: Final = 20
_HOLDERS: Final = (RelationKind.TABLE, RelationKind.PARTITIONED, RelationKind.FOREIGN, RelationKind.MATERIALIZED)


def sensitive_unclassified(snapshot: Snapshot, classification: Classification) -> list[str]:
    """schema.table.column of the first of them, in order of their names."""
    found = [
        snapshot.column_name(relation.oid, attnum)
        for relation in snapshot.relations.values()
        if relation.oid >= FIRST_NORMAL_OID and relation.kind in _HOLDERS and not relation.extension
        for attnum, column in relation.columns.items()
        if LOOKS_SENSITIVE.search(column.name) and ColumnId(relation.oid, attnum) not in classification.columns
    ]
    return sorted(found)[:MOST_SHOWN]
