"""Texts are read in a process of their own: reading takes longer than everything else that a new statement needs, and
would hold the loop, or the GIL that the loop waits for, all the while.

What the process cannot do (it is not up yet, it died, it takes too long) is done here, in a thread: slower for the
others, and with the same outcome.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from concurrent.futures import Executor
from typing import Final

import msgspec

from proxy.model import Reading
from proxy.reading.read import read
from proxy.reading.words import encode

LONGEST_S: Final = 10.0
"""The most that a text may take there; the process is ended then, and what waits is read here."""
MOST_BYTES: Final = 1 << 20
"""Texts that are longer are read here: the pipe would hold the loop as long."""


class Readers:
    """Reads texts. Used from the loop alone."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._process: Process | None = None
        self._ready = False
        self._waiting: deque[asyncio.Future[Reading]] = deque()
        self._listening: asyncio.Task[None] | None = None
        self._decoder = msgspec.msgpack.Decoder(Reading)

    @property
    def apart(self) -> bool:
        """Whether the process reads."""
        return self._ready

    async def start(self) -> None:
        """Starts the process, which is used as soon as it has answered once."""
        if self._process is not None:
            return
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "proxy.reading", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
            )
        except OSError:
            return
        self._listening = asyncio.get_running_loop().create_task(self._listen(self._process))
        self._ask("", 0).add_done_callback(self._first)

    async def close(self) -> None:
        """Ends the process. What is still asked is read here."""
        process, self._process, self._ready = self._process, None, False
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if self._listening is not None:
            await self._listening
        await process.wait()

    async def read(self, text: str, options: int = 0) -> Reading:
        """What the text asks for. Never raises."""
        if self._ready and len(text) <= MOST_BYTES:
            try:
                async with asyncio.timeout(LONGEST_S):
                    return await self._ask(text, options)
            except (ConnectionError, TimeoutError):
                self._give_up()
            except UnicodeError:
                pass  # it has read it, and cannot send what it read
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: read(text, options=options))

    def _first(self, answered: "asyncio.Future[Reading]") -> None:
        self._ready = not answered.cancelled() and answered.exception() is None

    def _ask(self, text: str, options: int) -> "asyncio.Future[Reading]":
        asked: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        if self._process is None or self._process.stdin is None:
            asked.set_exception(ConnectionError("the reading process is gone"))
            return asked
        data = encode(text)
        self._waiting.append(asked)
        self._process.stdin.write(len(data).to_bytes(4) + options.to_bytes(4) + data)
        return asked

    async def _listen(self, process: Process) -> None:
        """Hands its answers out, in the order of the questions, until it is gone."""
        answers = process.stdout
        try:
            while answers is not None:
                length = int.from_bytes(await answers.readexactly(4))
                self._hand_over(await answers.readexactly(length), self._waiting.popleft())
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError, IndexError):
            self._give_up()

    def _hand_over(self, answer: bytes, asked: "asyncio.Future[Reading]") -> None:
        reading = self._decoder.decode(answer) if answer else None
        if asked.done():  # who asked has given up
            return
        if reading is not None:
            asked.set_result(reading)
        else:
            asked.set_exception(UnicodeError("the reading cannot be sent"))

    def _give_up(self) -> None:
        """The process is not asked again."""
        self._ready = False
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        while self._waiting:
            asked = self._waiting.popleft()
            if not asked.done():
                asked.set_exception(ConnectionError("the reading process is gone"))
                asked.exception()  # whoever waits hears of it; nobody may
