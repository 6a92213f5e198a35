"""Export, the end of a journal, and counts."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.audit.export import csv_lines, jsonl, whole_file
from proxy.audit.facts import SessionFacts
from proxy.audit.format import segment_files
from proxy.audit.reader import segments_since
from proxy.audit.record import FIELDS, Record
from proxy.audit.search import newest, records
from proxy.audit.selection import Selection
from proxy.audit.stats import count
from proxy.audit.tail import Follower
from proxy.errors import JournalUnavailable
from tests.audit.journals import (
    SELECT,
    SESSION,
    WAIT_S,
    append,
    checked,
    execute,
    found,
    settings,
    started,
    write,
)  # fmt: skip

EVERYTHING = Selection()


def made(**given: object) -> Record:
    return Record(**({"seq": 1, "time": "t", "duration_us": None} | given))  # type: ignore[arg-type]  # names of fields


def serials(records: object) -> list[int]:
    return [int((record.sql or "").rsplit(" ", 1)[1]) for record in records]  # type: ignore[attr-defined]  # of Record


def test_json_lines_have_every_key_in_its_order() -> None:
    (line,) = jsonl([made(sql="select 'é\n'", effects=("select",))])
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert list(json.loads(line)) == list(FIELDS)
    assert json.loads(line)["sql"] == "select 'é\n'"


def test_csv_reads_back() -> None:
    text = b"".join(csv_lines([made(sql='select "a",\r\n 1', rows=3, masked={"a.b": "email"})])).decode()
    head, row = csv.reader(io.StringIO(text, newline=""))
    told = dict(zip(head, row, strict=True))
    assert head == list(FIELDS)
    assert (told["sql"], told["rows"], told["duration_us"]) == ('select "a",\r\n 1', "3", "")
    assert json.loads(told["masked"]) == {"a.b": "email"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_csv_begins_a_formula(text: str) -> None:
    _, line = csv_lines([made(user=text)])
    assert next(csv.reader(io.StringIO(line.decode(), newline="")))[FIELDS.index("user")] == f"'{text}"


def test_an_export_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"before")

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise JournalUnavailable("gone")

    with pytest.raises(JournalUnavailable, match="gone"), whole_file(target) as file:
        file.writelines(broken())
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"before"
    with whole_file(target) as file:
        file.write(b"after")
    assert target.read_bytes() == b"after"


def test_an_export_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="No such file"), whole_file(tmp_path / "nowhere/out") as file:
        file.write(b"x")


def test_the_newest_are_the_last_ones(tmp_path: Path) -> None:
    write(tmp_path, 150)
    assert serials(newest(records(tmp_path / "audit"), 3)) == [148, 149, 150]


def test_segments_before_a_moment_are_not_read(tmp_path: Path) -> None:
    files = write(tmp_path, 150)
    assert segments_since(files[0].parent, None) == files
    assert segments_since(files[0].parent, 0) == files
    assert segments_since(files[0].parent, 1 << 62) == files[-1:]


@pytest.mark.parametrize("lines", [0, 1, 3, 60, 150, 500])
def test_the_tail_is_the_end_of_all_records(tmp_path: Path, lines: int) -> None:
    files = write(tmp_path, 150)
    follower = Follower(files[0].parent, EVERYTHING)
    assert serials(follower.last(lines)) == list(range(1, 151))[150 - min(lines, 150) :]
    assert follower.more() == []


def test_what_is_added_is_followed_over_segments_and_starts(tmp_path: Path) -> None:
    directory = tmp_path / "audit/worker-00"
    seen: list[Record] = []
    with started(settings(tmp_path)) as journal:
        follower = Follower(directory, EVERYTHING)
        assert follower.last(10) == []
        for first in range(1, 201, 10):
            journal.spool.wait(execute(journal, range(first, first + 10)), WAIT_S)
            seen += follower.more()
    with started(settings(tmp_path)) as journal:
        journal.spool.wait(execute(journal, [201]), WAIT_S)
        seen += follower.more()
    assert len(segment_files(directory)) > 5
    assert seen == found(tmp_path)


def test_a_tail_passes_over_what_is_damaged(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        journal.spool.wait(execute(journal, [1, 2]), WAIT_S)
        follower = Follower(journal.directory, EVERYTHING)
        assert serials(follower.last(10)) == [1, 2]
        path = segment_files(journal.directory)[0]
        journal.spool.wait(execute(journal, range(3, 9)), WAIT_S)
        data = bytearray(path.read_bytes())
        data[len(data.rstrip(b"\0")) - 250] ^= 1  # in an execution, two before the last
        path.write_bytes(data)
        assert len(follower.more()) == 5


def test_the_tail_of_a_folder_without_segments_is_empty(tmp_path: Path) -> None:
    follower = Follower(tmp_path, EVERYTHING)
    assert follower.last(5) == []
    assert follower.more() == []


def test_a_segment_that_vanishes_under_the_tail_is_told(tmp_path: Path) -> None:
    (path,) = write(tmp_path, 5)
    follower = Follower(path.parent, EVERYTHING)
    follower.last(1)
    path.unlink()
    with pytest.raises(JournalUnavailable, match="cannot be read"):
        follower.more()


def test_counts_are_by_what_people_ask_for(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        ana, bob = journal.define_session(SESSION), journal.define_session(SessionFacts(session="b", user="bob"))
        what = journal.define_statement(SELECT)
        for serial, who in enumerate([ana, ana, bob], 1):
            append(journal, who, what, serial, rows=10)
    totals, counts = count(records(tmp_path / "audit"), 5)
    told = {(one.by, one.value): (one.records, one.rows) for one in counts}
    assert (totals.records, totals.rows, totals.bytes) == (3, 30, 150)
    assert told["user", "ana"] == (2, 20)
    assert told["user", "bob"] == (1, 10)
    assert told["relation", "shop.customers"] == (3, 30)
    assert told["masked column", "shop.customers.email"] == (3, 30)


def test_only_the_most_frequent_are_counted() -> None:
    _, counts = count((made(user=f"u{number % 7}") for number in range(70)), 2)
    assert [one.value for one in counts if one.by == "user"] == ["u0", "u1"]


def test_nothing_is_counted_where_nothing_is() -> None:
    totals, counts = count([], 5)
    assert (totals.records, totals.first, counts) == (0, "", [])


def test_reading_changes_nothing(tmp_path: Path) -> None:
    files = write(tmp_path, 60)
    before = [path.read_bytes() for path in files]
    checked(tmp_path)
    found(tmp_path)
    assert [path.read_bytes() for path in files] == before
