"""pgwarden as its operator runs it: a configuration on disk, a process, what it says, and how it ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import yaml

from tests.servers import Database

PATIENCE_S = 60.0
CANARY = "canary-7f3a91@example.com"


@dataclass(slots=True)
class Site:
    """A folder with a configuration in it, and the database behind: people.email is above the analyst's clearance."""

    folder: Path
    database: Database
    analyst: str
    config: dict[str, Any]

    @property
    def path(self) -> Path:
        """pgwarden.yaml."""
        return self.folder / "pgwarden.yaml"

    @property
    def audit(self) -> Path:
        """Where the journal is."""
        return self.folder / "audit"

    def write(self, **sections: Any) -> Path:
        """The configuration, with sections replaced."""
        self.config.update(sections)
        self.path.write_text(yaml.safe_dump(self.config, sort_keys=False))
        return self.path

    def write_rules(self, text: str) -> None:
        """The one rule file."""
        (self.folder / "rules.yaml").write_text(text)

    def rules(self, *, email: str = "confidential") -> str:
        """Rules under which email has that level; the analyst is cleared for internal."""
        return f"""version: 1
levels: [public, internal, confidential]
classify:
  - {{column: public.people.email, level: {email}, type: email}}
unclassified: public
masks: {{email: {{method: fixed, value: hidden@example.com}}, default: {{method: auto}}}}
subjects:
  - name: analysts
    match: {{user: {self.analyst}}}
    clearance: internal
    derived: mask
    inference: equality
    opaque: refuse
  - {{name: everyone, match: {{}}, clearance: confidential}}
"""


def make_site(folder: Path, database: Database) -> Site:
    """A new one. The catalog account is the superuser, over the Unix socket."""
    analyst = database.unique("analyst")
    database.run(
        f"create role {analyst} login",
        "create table people (id int primary key, name text, email text)",
        f"insert into people select n, 'Person ' || n, case n when 1 then '{CANARY}' else n || '@example.com' end"
        " from generate_series(1, 20) n",
        f"grant select, insert, update on people to {analyst}",
    )
    (folder / "mask.key").write_bytes(bytes(range(32)))
    (folder / "mask.key").chmod(0o600)
    config = {
        "listen": {"host": "127.0.0.1", "port": 0},
        "upstream": {"socket": str(database.server.socket_path.parent), "port": database.server.port},
        "catalog": {"user": "postgres", "database": database.name, "poll_seconds": 0.2},
        "rules": ["rules.yaml"],
        "keys": {"current": 1, 1: {"file": "mask.key"}},
        "audit": {"directory": "audit", "mode": "durable"},
        "admin": {"listen": "127.0.0.1:0"},
        "limits": {"drain_seconds": 20},
    }
    site = Site(folder, database, analyst, config)
    site.write_rules(site.rules())
    site.write()
    return site


@dataclass(slots=True)
class Proxy:
    """A running `pgwarden serve`. lines: what it has said so far."""

    site: Site
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    port: int = 0
    admin_port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _closed: bool = False

    async def listen(self) -> None:
        """Takes down what it says, until it ends."""
        stream = self.process.stderr
        assert stream is not None
        while line := await stream.readline():
            async with self._news:
                self.lines.append(line.decode().rstrip("\n"))
                self._news.notify_all()
        async with self._news:
            self._closed = True
            self._news.notify_all()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of that name so far."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [each for each in found if each["event"] == name]

    async def heard(self, name: str, count: int = 1) -> dict[str, Any]:
        """The event of that name, the count-th; waits for it."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: self._closed or len(self.events(name)) >= count)
        assert len(self.events(name)) >= count, self.lines
        return self.events(name)[count - 1]

    def signal(self, number: signal.Signals) -> None:
        """Sends it."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, when it has ended and everything that it said is in lines."""
        async with asyncio.timeout(PATIENCE_S):
            code = await self.process.wait()
            async with self._news:
                await self._news.wait_for(lambda: self._closed)
        return code

    def dsn(self, user: str = "postgres") -> str:
        """The way through it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{self.site.database.name}"

    async def connect(self, user: str = "postgres") -> "asyncpg.Connection[asyncpg.Record]":
        """A client. The caller closes it."""
        return await asyncpg.connect(self.dsn(user), timeout=PATIENCE_S)

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page of the admin endpoint."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.admin_port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
        head, _, body = answer.partition("\r\n\r\n")
        return int(head.split()[1]), body

    def descriptors(self) -> int:
        """How many files it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self) -> int:
        """Its resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@asynccontextmanager
async def started(site: Site, *wrapper: str) -> AsyncIterator[Proxy]:
    """`pgwarden serve`, not waited for; it is gone behind this. wrapper: a command that runs another."""
    process = await asyncio.create_subprocess_exec(
        *wrapper, sys.executable, "-m", "proxy", "serve", "--config", str(site.path), stderr=asyncio.subprocess.PIPE
    )  # fmt: skip
    proxy = Proxy(site, process)
    listening = asyncio.create_task(proxy.listen())
    try:
        yield proxy
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await listening


@asynccontextmanager
async def serving(site: Site, *wrapper: str) -> AsyncIterator[Proxy]:
    """The same, listening."""
    async with started(site, *wrapper) as proxy:
        proxy.port = int((await proxy.heard("listening"))["port"])
        for event in proxy.events("admin_listening"):
            proxy.admin_port = int(event["port"])
        yield proxy


async def until(connection: "asyncpg.Connection[asyncpg.Record]", question: str, *arguments: object) -> None:
    """Asks the server until it says true. Each try waits at the server, so a slow machine only takes longer."""
    for _ in range(500):
        if await connection.fetchval(question, *arguments):
            return
        await connection.execute("select pg_sleep(0.02)")
    raise AssertionError(f"it did not become true: {question}")
