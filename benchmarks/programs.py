"""Programs that a benchmark runs: found on the machine, or compiled from the C files beside this one."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PACKAGES = {
    "pgbouncer": "apt-get install pgbouncer",
    "pgbench": "apt-get install postgresql-15 (or postgresql-contrib of your system)",
    "psql": "apt-get install postgresql-client",
    "cc": "apt-get install gcc libc6-dev",
}


class MissingProgramError(Exception):
    """A program is not installed; the message says how to get it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed: {PACKAGES.get(name, name)}")


def program(name: str) -> str:
    """Path of a program, on PATH, among the system's or in PostgreSQL's folders. Raises MissingProgramError."""
    places = [None, "/usr/sbin", *map(str, DEBIAN)]
    for place in places:
        if found := shutil.which(name, path=place):
            return found
    raise MissingProgramError(name)


def compiled(name: str, folder: Path) -> str:
    """Path of a C program of ours, compiled into folder."""
    target = folder / name
    subprocess.run([program("cc"), "-O2", "-Wall", "-Wextra", "-o", str(target), str(HERE / f"{name}.c")], check=True)
    return str(target)
