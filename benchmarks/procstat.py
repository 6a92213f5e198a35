"""CPU time of a process with all its threads and children, from /proc (manual page proc_pid_stat)."""

import os
from pathlib import Path

import msgspec

PROC = Path("/proc")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Cpu(msgspec.Struct, frozen=True):
    """Seconds on a CPU since the processes began. total comes from the scheduler's nanoseconds where the kernel shows
    them; user and system are its split by ticks of 10 ms, so they are coarser."""

    total_s: float
    user_s: float
    system_s: float

    def since(self, earlier: "Cpu") -> "Cpu":
        """What was used between two readings."""
        return Cpu(self.total_s - earlier.total_s, self.user_s - earlier.user_s, self.system_s - earlier.system_s)


def family(pid: int) -> list[int]:
    """The process and everything below it that lives now."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def cpu(pid: int) -> Cpu:
    """CPU time of a process, its threads (ended ones too), its children, and those of them that were waited for."""
    user = system = precise = 0.0
    for member in family(pid):
        fields = _stat(member)
        user += (int(fields[11]) + int(fields[13])) * TICK_S if fields else 0.0
        system += (int(fields[12]) + int(fields[14])) * TICK_S if fields else 0.0
        precise += _on_cpu_s(member)
    return Cpu(precise or user + system, user, system)


def resident_bytes(pid: int) -> int:
    """Memory of a process and its children that no other process shares (proc_pid_smaps_rollup, Pss)."""
    return sum(_pss(member) for member in family(pid))


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on (the second may hold blanks); empty where the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _on_cpu_s(pid: int) -> float:
    total_ns = 0
    for file in (PROC / str(pid) / "task").glob("*/schedstat"):
        try:
            total_ns += int(file.read_text().split()[0])
        except (OSError, IndexError):
            continue  # the thread has just ended
    return total_ns / 1e9


def _pss(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
