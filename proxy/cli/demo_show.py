"""How the demo's facts look to a newcomer: some hundred lines, masked cells coloured where there are colours."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from proxy.audit.record import Record
from proxy.cli.audit_show import decision, short
from proxy.cli.demo_acts import Answer, Attempt, Checked, Joined
from proxy.cli.demo_stage import Stage

MASKED: Final = "bold yellow"
REFUSED: Final = "bold red"
GOOD: Final = "green"
FAINT: Final = "dim"
STATEMENT: Final = "cyan"
WIDEST: Final = 100
INDENT: Final = 3
BESIDE_STATEMENT: Final = 39  # columns that the rest of a record takes
DIGEST: Final = re.compile(r"<digest:([0-9a-f]{6})[0-9a-f]*>")


class Show:
    """Prints act after act."""

    def __init__(self, console: Console) -> None:
        self._console, self._number = console, 0
        console.soft_wrap = False
        console.width = min(console.width, WIDEST)

    def opening(self, stage: Stage, seconds: float) -> None:
        """What there is."""
        self._console.print(Text("pgwarden demo", style="bold"))
        self._say(
            f"A private PostgreSQL {stage.server.version} with a shop of 10,000 people who do not exist, and "
            f"pgwarden in front of it on {stage.host}:{stage.port}, ready in {seconds:.1f} s. "
            "Everything below went through pgwarden as any driver would."
        )

    def same_query(self, application: Answer, analyst: Answer) -> None:
        """One query, two readers, side by side."""
        self._title("The same query, two readers")
        self._statement(application.sql)
        table = _table(("", FAINT), (f"{application.user}, the application", ""), (f"{analyst.user}, an analyst", ""))
        for at, (real, seen) in enumerate(zip(application.rows, analyst.rows, strict=True)):
            if at:
                table.add_row()
            for name, left, right in zip(application.columns, real, seen, strict=True):
                table.add_row(name, left, Text(right, style=MASKED if left != right else ""))
        self._put(table)
        self._remark(
            "What differs is masked. A mask is a value of the column's type, made with a secret key: an address stays "
            "an address, a date a date, and who lacks the key cannot undo it."
        )

    def pseudonyms(self, joined: Joined) -> None:
        """The same value has the same mask."""
        self._title("Pseudonyms still join")
        table = _table(("customer", FAINT), ("real address", ""), ("in both of the analyst's lists", MASKED))
        for pair in joined.pairs:
            table.add_row(pair.customer, pair.email, pair.pseudonym)
        self._put(table)
        self._remark(
            f"The analyst takes both lists home, {joined.customers:,} customers and {joined.newsletter:,} subscribers, "
            f"and joins them by pseudonym: {joined.by_pseudonym:,} matches. The application joins the real addresses: "
            f"{joined.by_address:,}. No rule names shop.newsletter: masking_rules/base.yaml knows a column by its name."
        )

    def attempts(self, attempts: Sequence[Attempt], afterwards: Answer) -> None:
        """Ways round, and where they lead."""
        self._title("Ways round the mask, all in one session of the analyst")
        for attempt in attempts:
            self._attempt(attempt.way, attempt.answer)
        self._attempt("and then", afterwards)
        self._remark(
            "pgwarden does not guess what a statement means: it asks the server, which answers with the tree that it "
            "would run, views expanded and names resolved. A refusal names its rule, and the session lives on."
        )

    def records(self, records: Sequence[Record]) -> None:
        """The audit trail of all this."""
        self._title("What the auditor reads")
        table = _table(("time", FAINT), ("user", ""), ("decision", ""), ("rows", ""), ("statement", ""))
        room = self._console.width - INDENT - BESIDE_STATEMENT
        for record in records:
            style = REFUSED if record.decision == "refuse" else MASKED if record.masked else GOOD
            told = Text(decision(record), style=style)
            table.add_row(record.time[11:19], record.user, told, str(record.rows or 0), _story(record, room))
        self._put(table)
        self._remark(
            "One record for every statement, on disk before its first row leaves. Literals that may meet a protected "
            "column are stored as keyed digests: the same value can be found again, and not be read."
        )

    def checked(self, checked: Checked) -> None:
        """The chain."""
        self._title("Nobody changes the past")
        seen, first = checked.verified, next(iter(checked.faults), None)
        if seen.faults:
            self._put(Text(f"not intact: {len(seen.faults)} faults", style=REFUSED))
        else:
            words = f"intact: {seen.entries} entries, {seen.bytes:,} bytes, chained by a keyed hash"
            self._put(Text(words, style=GOOD))
        place = f"found: {first.kind.value}, entry {first.entry} at byte {first.byte}" if first else "not found"
        self._say(f"A copy with one bit changed, at byte {checked.changed_byte}, is {place}.")

    def next_steps(self, seconds: float) -> None:
        """What to do now."""
        self._title("And now")
        for words, command in (
            ("stay in this shop", ".venv/bin/pgwarden demo --keep"),
            ("read the rules that did this", "less masking_rules/examples/shop.yaml"),
            ("put it before your own database", "docs/guides/your-own-database.md, ten minutes"),
        ):
            self._step(words, command)
        self._console.print(
            Text(f"\n{seconds:.1f} s in all. The database, the key and the journal are gone.", style=FAINT)
        )

    def kept(self, stage: Stage) -> None:
        """Where everything is, while it runs on."""
        self._title("It runs on, until Ctrl-C")
        psql = "psql" if shutil.which("psql") else stage.server.binaries.directory / "psql"
        for words, dsn in stage.dsns.items():
            self._step(words, f"{psql} '{dsn}'")
        self._step("audit", f"{_pgwarden()} audit tail --follow --config {stage.worker.path}")
        self._step("rules", f"edit masking_rules/examples/shop.yaml, then: kill -HUP {os.getpid()}")
        self._step("metrics", stage.metrics)
        self._step("log", str(stage.folder / "pgwarden.log"))

    def failures(self, failures: Sequence[str]) -> None:
        """What was not as it must be."""
        for line in failures:
            self._console.print(Text(f"pgwarden: the demo did not show what it should: {line}", style=REFUSED))

    def _step(self, words: str, command: str) -> None:
        line = Text.assemble(" " * INDENT, f"{words}: ", (command, STATEMENT))
        self._console.print(line, soft_wrap=True)  # to be copied as one line

    def _attempt(self, way: str, answer: Answer) -> None:
        self._console.print(Text.assemble(" " * INDENT, (f"{way:<14}", FAINT), (answer.sql, STATEMENT)))
        for line in _outcome(answer):
            self._console.print(Padding(line, (0, 0, 0, INDENT + 14), expand=False))

    def _title(self, words: str) -> None:
        self._number += 1
        self._console.print(Text(f"\n{self._number}  {words}", style="bold"))

    def _statement(self, sql: str) -> None:
        for line in sql.splitlines():
            self._console.print(Text(" " * INDENT + line, style=STATEMENT))

    def _say(self, words: str) -> None:
        self._put(Text(words))

    def _remark(self, words: str) -> None:
        """What to notice, apart from what there is to see."""
        self._console.print()
        self._say(words)

    def _put(self, what: Table | Text) -> None:
        self._console.print(Padding(what, (0, 0, 0, INDENT), expand=False))


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, style in columns:
        table.add_column(name, style=style, overflow="fold")
    return table


def _outcome(answer: Answer) -> Iterator[Text]:
    if answer.refused is not None:
        yield Text(answer.refused.message, style=REFUSED)
        yield Text(answer.refused.hint, style=FAINT)
    elif answer.rows:
        yield Text("  ".join(answer.rows[0]), style=MASKED if answer.sql.find("count") < 0 else GOOD)


def _story(record: Record, room: int) -> Text:
    """The statement, and what was done about it, each on one line."""
    lines = [Text(DIGEST.sub(r"<digest:\1…>", short(record)))]
    if record.rule:
        lines.append(Text(f"rule {record.rule}", style=FAINT))
    elif record.masked:
        done = ", ".join(f"{column.rpartition('.')[2]}: {method}" for column, method in record.masked.items())
        lines.append(Text(done, style=FAINT))
    for line in lines:
        line.truncate(room, overflow="ellipsis")
    return Text("\n").join(lines)


def _pgwarden() -> str:
    """How this command was called."""
    return sys.argv[0] if Path(sys.argv[0]).name == "pgwarden" else "python -m proxy"
