"""The account that PostgreSQL runs as: never root, which the server itself refuses."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy.errors import EmbeddedPostgresError

CANDIDATES = ("nobody", "daemon", "postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a child process becomes. switches: root starts it, so it has to change its user first."""

    uid: int
    gid: int
    switches: bool

    def popen_options(self) -> dict[str, Any]:
        """What subprocess needs to start a child as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switches else {}

    def give(self, path: Path) -> None:
        """Make path, and all below it, this account's own."""
        if not self.switches:
            return
        os.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(os.path.join(folder, name), self.uid, self.gid, follow_symlinks=False)


def current_account() -> Account:
    """The account to use: ourselves, or an unprivileged one where we are root."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), switches=False)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, switches=True)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and there is none of the accounts {', '.join(CANDIDATES)} to run it as",
        hint="start pgwarden as another user",
    )
