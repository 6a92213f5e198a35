from collections.abc import Iterable, Sequence
from typing import TypedDict

MODES: dict[str, int]
STATES: tuple[str, ...]

class Counters(TypedDict):
    appended: int
    durable: int
    refused: int
    written: int
    commits: int
    driven: bool
    pending: int
    lag_ns: int
    commit_counts: tuple[int, ...]
    commit_ns: int

class Spool:
    wake_fd: int
    def __init__(
        self,
        mode: str = "off",
        *,
        buffer_bytes: int = 65536,
        flush_ms: int = 100,
        value_bytes: int = 256,
        digest_key: bytes = ...,
    ) -> None: ...
    def begin(
        self,
        *,
        directory: int,
        chain_key: bytes,
        chain_id: bytes,
        key_check: bytes,
        instance: bytes = b"",
        worker: int = 0,
        number: int = 0,
        seq: int = 0,
        head: bytes = ...,
        segment_bytes: int = ...,
        entries: Iterable[tuple[int, bytes]] = (),
    ) -> None: ...
    def define_session(self, facts: bytes) -> int: ...
    def define_statement(self, facts: bytes) -> int: ...
    def release_session(self, reference: int) -> bool: ...
    def release_statement(self, reference: int) -> bool: ...
    def append(self, values: Sequence[tuple[bytes | None, int]] = (), **fields: object) -> int: ...
    def running(self, more: int) -> None: ...
    def append_repeatedly(
        self, times: int, values: Sequence[tuple[bytes | None, int]] = (), **fields: object
    ) -> int: ...
    def note(self, session: int, serial: int, time_us: int, json: bytes) -> int: ...
    @property
    def durable(self) -> int: ...
    @property
    def timer_fd(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def failure(self) -> str: ...
    def wait(self, position: int, timeout_s: float) -> bool: ...
    def turn(self, woken: int) -> bool: ...
    def hurry(self) -> None: ...
    def stop(self) -> None: ...
    def counters(self) -> Counters: ...
