"""PostgreSQL's regression statements: Debian's source package, fetched by apt, kept in the cache, never in the tree."""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from proxy.embedded.cache import cache_directory, locked

LISTS = Path("/etc/apt")
INSIDE = "src/test/regress/"
WANTED = ("sql/", "data/", "parallel_schedule")


def regression_folder(major: int, release: str) -> Path:
    """Holds sql/, data/ and parallel_schedule. The release asked for, or the newest of its major version that there
    is: the statements are compared between two connections, so a later fix in them changes nothing. Ends the program
    with a sentence where it cannot be had."""
    place = cache_directory() / "regress" / release
    with locked(place):
        if not (place / "parallel_schedule").exists():
            if not shutil.which("apt-get"):
                sys.exit("apt-get is missing: PostgreSQL's regression statements come as Debian's source package.")
            print(f"fetching the source package of PostgreSQL {release}", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="pgw-source-") as folder:
                _unpack(_download(Path(folder), f"postgresql-{major}", release), place)
    return place


def _download(folder: Path, package: str, release: str) -> Path:
    """The source's archive; apt checks its signature and sums."""
    for name in ("parts", "lists/partial", "cache/archives/partial", "source"):
        (folder / name).mkdir(parents=True)
    _write_sources(folder / "parts")
    options = [
        f"{key}={value}"
        for key, value in {
            "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": folder / "parts",
            "Dir::State::Lists": folder / "lists",
            "Dir::Cache": folder / "cache",
            "APT::Sandbox::User": "root",
        }.items()
    ]
    apt = [part for option in options for part in ("-o", option)]
    _run(["apt-get", *apt, "-qq", "update"], folder)
    listed = _run(["apt-cache", *apt, "showsrc", package], folder)
    versions = sorted(set(re.findall(r"^Version: (\S+)", listed, re.MULTILINE)), key=_numbers, reverse=True)
    versions.sort(key=lambda version: not version.startswith(f"{release}-"))
    for version in versions:
        command = ["apt-get", *apt, "-qq", "source", "--download-only", f"{package}={version}"]
        subprocess.run(command, cwd=folder / "source", capture_output=True)
        if archives := [*(folder / "source").glob("*.orig.tar.*")]:
            return archives[0]
    sys.exit(f"apt-get knows no source of {package} that it can fetch.")


def _write_sources(folder: Path) -> None:
    """This machine's own sources of packages, with their source packages."""
    for file in [LISTS / "sources.list", *(LISTS / "sources.list.d").glob("*")]:
        if file.suffix == ".sources":
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", file.read_text())
        elif file.suffix == ".list" and file.exists():
            lines = (line for line in file.read_text().splitlines() if line.startswith("deb "))
            text = "".join(f"deb-src {line.removeprefix('deb ')}\n" for line in lines)
        else:
            continue
        (folder / file.name).write_text(text)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} could not list source packages: {done.stderr.strip() or 'it does not say why'}")
    return done.stdout


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _unpack(archive: Path, place: Path) -> None:
    """The statements and their data alone, for everybody to read: as root the server runs as another account."""
    with tempfile.TemporaryDirectory(prefix="pgw-unpack-", dir=place.parent) as folder:
        made = Path(folder, "made")
        with tarfile.open(archive) as tar:
            for member in _members(tar):
                tar.extract(member, made, filter="data")
        shutil.rmtree(place, ignore_errors=True)
        made.chmod(0o755)
        made.rename(place)


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        _, found, name = member.name.partition(INSIDE)
        if found and member.isfile() and name.startswith(WANTED):
            yield member.replace(name=name, deep=False)
