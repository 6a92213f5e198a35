"""How a record looks to a person at a terminal."""

from typing import Final

from proxy.audit.record import Record

WIDTH: Final = 100


def line(record: Record) -> dict[str, object]:
    """A record as a row of a table: what most are looked at for."""
    return {
        "time": record.time[:19].replace("T", " "),
        "user": record.user,
        "decision": decision(record),
        "rows": record.rows,
        "masked": [f"{column}: {method}" for column, method in record.masked.items()],
        "statement": short(record),
    }


def decision(record: Record) -> str:
    """What was decided, and how it ended where that was not well."""
    ended = "" if record.outcome in ("ok", "refused") else f"{record.outcome} {record.sqlstate or ''}".strip()
    return ", ".join(word for word in (record.decision, ended) if word)


def short(record: Record) -> str:
    """The statement on one line, or the event."""
    if record.sql is None:
        return record.statement_kind
    words = " ".join(record.sql.split())
    return words if len(words) <= WIDTH else words[: WIDTH - 1] + "\N{HORIZONTAL ELLIPSIS}"


def text(record: Record) -> str:
    """A record as one line, for what comes one by one."""
    cells = [str(value) for name, value in line(record).items() if name != "masked" and value not in ("", None)]
    return "  ".join("".join(sign if sign.isprintable() else "?" for sign in cell) for cell in cells)
