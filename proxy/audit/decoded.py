"""What the compiled readers give: plain tuples, because there may be a hundred million of them."""

from typing import TypeAlias

Place: TypeAlias = tuple[int, int, int, int]
"""An entry in a segment: kind, seq, start, end."""
Value: TypeAlias = tuple[int, int, bytes | None, int]
"""A stored value: kind, form, its bytes as far as they are stored, how many there were."""
Decoded: TypeAlias = tuple[int, int, int, str, int, int, int, int, int, int, int, str | None, list[Value], int]
"""An execution: part, outcome, values_as, transaction, session, statement, serial, started_us, duration_us, rows,
size_bytes, sqlstate, values, and how many values were left out."""
