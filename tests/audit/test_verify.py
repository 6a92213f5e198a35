"""Every tampering is found, and placed: by segment, entry and byte."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from proxy.audit.checksum import crc32c
from proxy.audit.fault import Fault, FaultKind
from proxy.audit.format import HEAD_BYTES, segment_files
from proxy.audit.keys import derive
from proxy.audit.scan import entries
from proxy.audit.verify import verify
from proxy.errors import ConfigError, JournalUnavailable
from tests.audit.journals import checked, execute, settings, started, write
from tests.reference import audit_entry as reference

TIMES = 120
Entry = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed journal of several segments; do not touch."""
    directory = tmp_path_factory.mktemp("original")
    write(directory, 150)
    assert checked(directory).faults == []
    assert len(segments(directory)) == 4
    return directory


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def dice() -> random.Random:
    return random.Random(4711)


def segments(directory: Path) -> Sequence[Path]:
    return segment_files(directory / "audit/worker-00")


def places(data: bytes) -> list[Entry]:
    return entries(data, HEAD_BYTES)[0]


def faults(directory: Path) -> list[Fault]:
    return list(checked(directory).faults)


def after(directory: Path, path: Path, data: bytes) -> list[Fault]:
    """The faults when a segment has other content; it gets its own back."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        return faults(directory)
    finally:
        path.write_bytes(before)


def where(fault: Fault) -> tuple[str, int]:
    return fault.segment.split("/")[1], fault.byte


def test_a_flipped_bit_is_found_wherever_it_is(copy: Path, dice: random.Random) -> None:
    for _ in range(4 * TIMES):
        path = dice.choice(segments(copy))
        data = bytearray(path.read_bytes())
        bit = dice.randrange(len(data) * 8)
        start = max((place[2] for place in places(bytes(data)) if place[2] <= bit // 8), default=0)
        data[bit // 8] ^= 1 << bit % 8
        (fault,) = after(copy, path, bytes(data))
        assert fault.kind is FaultKind.DAMAGED
        assert where(fault) in {(path.name, start), (path.name, HEAD_BYTES - 32 if start == 0 else start)}


def test_an_altered_entry_is_found_though_its_checksum_was_mended(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = bytearray(path.read_bytes())
        _, seq, start, end = dice.choice(places(bytes(data)))
        data[dice.randrange(start + 20, end - 32)] ^= 1 << dice.randrange(8)
        mended(data, start, end)
        (fault,) = after(copy, path, bytes(data))
        assert (fault.kind, fault.entry, where(fault)) == (FaultKind.ALTERED, seq, (path.name, start))


def mended(data: bytearray, start: int, end: int) -> None:
    """The checksum is no secret: whoever changes an entry makes a new one."""
    data[start + 16 : start + 20] = crc32c(bytes(data[start : start + 16] + data[start + 20 : end])).to_bytes(
        4, "little"
    )


def test_an_altered_head_is_found_though_its_checksum_was_mended(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = bytearray(path.read_bytes())
        data[dice.choice([*range(16, 64), *range(72, 168)])] ^= 1 << dice.randrange(8)
        data[220:224] = crc32c(bytes(data[:220])).to_bytes(4, "little")
        found = after(copy, path, bytes(data))
        assert found[0].entry is None
        assert found[0].segment.endswith(path.name)


def test_a_removed_entry_is_found(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = path.read_bytes()
        _, seq, start, end = dice.choice(places(data)[:-1])
        (fault,) = after(copy, path, data[:start] + data[end:])
        assert (fault.kind, fault.entry, where(fault)) == (FaultKind.REMOVED, seq, (path.name, start))


def test_entries_removed_in_two_places_are_both_found(copy: Path, dice: random.Random) -> None:
    path = segments(copy)[1]
    data = path.read_bytes()
    for _ in range(TIMES):
        first, second = sorted(dice.sample(places(data)[:-1], 2))
        cut = data[: first[2]] + data[first[3] : second[2]] + data[second[3] :]
        found = after(copy, path, cut)
        assert {fault.kind for fault in found} == {FaultKind.REMOVED}
        assert found[0].byte == first[2]
        assert sum(int(fault.detail.split()[0]) for fault in found) == 2


def test_an_inserted_entry_is_found(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = path.read_bytes()
        _, seq, start, _ = dice.choice(places(data))
        forged = reference.frame(dice.randbytes(32), data[start - 32 : start], seq, 3, dice.randbytes(30))
        (fault,) = after(copy, path, data[:start] + forged + data[start:])
        assert (fault.kind, where(fault)) == (FaultKind.INSERTED, (path.name, start))


def test_a_copy_of_an_entry_is_found(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = path.read_bytes()
        source, target = sorted(dice.sample(places(data), 2))
        doubled = data[: target[2]] + data[source[2] : source[3]] + data[target[2] :]
        (fault,) = after(copy, path, doubled)
        assert (fault.kind, where(fault)) == (FaultKind.INSERTED, (path.name, target[2]))


@pytest.mark.parametrize("tail", [b"\0", b"x", bytes(100)])
def test_bytes_behind_a_seal_are_found(copy: Path, tail: bytes) -> None:
    for path in segments(copy):
        data = path.read_bytes()
        (fault,) = after(copy, path, data + tail)
        assert (fault.kind, where(fault)) == (FaultKind.DAMAGED, (path.name, len(data)))


def test_entries_in_another_order_are_found(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy))
        data = path.read_bytes()
        first, second = sorted(dice.sample(places(data)[:-1], 2))
        swapped = (
            data[: first[2]] + data[second[2] : second[3]] + data[first[3] : second[2]]
            + data[first[2] : first[3]] + data[second[3] :]
        )  # fmt: skip
        found = after(copy, path, swapped)
        assert found[0].kind is FaultKind.REORDERED
        assert (found[0].entry, where(found[0])) == (first[1], (path.name, first[2]))


def test_a_segment_that_ends_early_is_found(copy: Path, dice: random.Random) -> None:
    for _ in range(TIMES):
        path = dice.choice(segments(copy)[:-1])
        data = path.read_bytes()
        end = dice.randrange(len(data))
        found = after(copy, path, data[:end])
        assert found[0].segment.endswith(path.name)
        assert found[0].byte <= end
        assert found[0].kind in {FaultKind.TRUNCATED, FaultKind.DAMAGED}


def test_the_end_of_the_last_segment_is_open_when_its_seal_is_gone(copy: Path) -> None:
    last = segments(copy)[-1]
    data = last.read_bytes()
    last.write_bytes(data[: places(data)[-1][2]])
    assert faults(copy) == []
    assert checked(copy).open == [f"worker-00/{last.name}"]


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_a_missing_segment_is_found(copy: Path, gone: int) -> None:
    path = segments(copy)[gone]
    path.unlink()
    (fault,) = faults(copy)
    assert fault.kind is FaultKind.REMOVED
    assert fault.segment.endswith(f"{(2, 3, 4, 3)[gone]:012d}.pgwj")


@pytest.mark.parametrize(("at", "by"), [(1, 2), (2, 0), (0, 3)])
def test_a_segment_in_the_place_of_another_is_found(copy: Path, at: int, by: int) -> None:
    files = segments(copy)
    found = after(copy, files[at], files[by].read_bytes())
    assert (found[0].kind, found[0].segment) == (FaultKind.REPLACED, f"worker-00/{files[at].name}")


def test_a_segment_of_another_journal_with_the_same_key_is_found(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(copy / "audit.key", other / "audit.key")
    foreign = write(other, 150)
    found = after(copy, segments(copy)[1], foreign[1].read_bytes())
    assert (found[0].kind, where(found[0])) == (FaultKind.REPLACED, (segments(copy)[1].name, 16))


def test_an_older_copy_of_a_segment_is_found(copy: Path) -> None:
    path = segments(copy)[1]
    data = path.read_bytes()
    older = places(data)[5]
    (fault,) = after(copy, path, data[: older[3]])
    assert (fault.kind, fault.entry, where(fault)) == (FaultKind.TRUNCATED, older[1] + 1, (path.name, older[3]))


def test_a_cut_tail_that_was_put_back_is_found(tmp_path: Path) -> None:
    last = write(tmp_path, 5)[-1]
    torn = last.read_bytes()[:-5]
    last.write_bytes(torn)
    with started(settings(tmp_path)) as journal:
        execute(journal, [6])
    assert faults(tmp_path) == []
    last.write_bytes(torn)
    assert [fault.kind for fault in faults(tmp_path)] == [FaultKind.INSERTED]


def test_two_faults_are_two_faults(copy: Path) -> None:
    for number in (0, 2):
        path = segments(copy)[number]
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.write_bytes(data)
    assert [where(fault)[0] for fault in faults(copy)] == ["000000000001.pgwj", "000000000003.pgwj"]


def test_a_journal_is_intact_while_it_is_written(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        for round_ in range(40):
            execute(journal, range(round_ * 10, round_ * 10 + 10))
            assert faults(tmp_path) == []


def test_the_beginning_of_an_entry_is_no_fault_but_a_whole_one_with_a_false_length_is(tmp_path: Path) -> None:
    last = write(tmp_path, 5)[-1]
    data = last.read_bytes()
    *_, entry, seal = places(data)
    last.write_bytes(data[: entry[3] - 1])
    assert faults(tmp_path) == []
    longer = bytearray(data[: seal[2]])
    longer[entry[2] + 5] ^= 1  # 256 bytes more than there are
    last.write_bytes(longer)
    (fault,) = faults(tmp_path)
    assert (fault.kind, fault.byte) == (FaultKind.DAMAGED, entry[2])


def test_another_key_is_told_from_a_changed_journal(copy: Path) -> None:
    with pytest.raises(ConfigError, match="another key"):
        verify(copy / "audit", derive(b"k" * 32))


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_where_there_is_no_journal_there_is_no_answer(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalUnavailable, match=r"no audit journal|cannot be read"):
        verify(tmp_path / name, derive(bytes(32)))
