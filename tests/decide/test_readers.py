"""Reading in a process of its own: the same outcome as here, whatever becomes of the process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from proxy.decide import readers
from proxy.decide.readers import Readers
from proxy.reading.read import read

TEXTS = [
    "select 1",
    "select name from shop.customers where id = 7 -- \N{GRINNING FACE}",
    "with gone as (delete from t returning *) insert into u select * from gone",
    "set search_path = a, b",
    "copy t (a, b) to stdout (format csv)",
    "create table t (a int) -- \udce9 of no encoding",
    "select 'unterminated",
    "explain select '\udce9'",
    "",
    "begin; commit",
    "create role r password 'secret'",
]


@asynccontextmanager
async def started() -> AsyncIterator[Readers]:
    """Readers whose process has answered."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        found = Readers(executor)
        await found.start()
        async with asyncio.timeout(30):
            while not found.apart:
                await found.read("select 1")
        try:
            yield found
        finally:
            await found.close()


async def test_the_process_reads_as_we_do() -> None:
    async with started() as found:
        assert await asyncio.gather(*(found.read(text) for text in TEXTS)) == [read(text) for text in TEXTS]
        assert await found.read(r"select '\' as a", 1) == read(r"select '\' as a", options=1)
        assert found.apart


async def test_before_the_process_is_up_texts_are_read_here() -> None:
    with ThreadPoolExecutor(max_workers=1) as executor:
        assert await Readers(executor).read("select 1") == read("select 1")


async def test_a_process_that_dies_costs_no_answer() -> None:
    async with started() as found:
        assert found._process is not None
        os.kill(found._process.pid, signal.SIGSTOP)
        asked = [asyncio.create_task(found.read(text)) for text in TEXTS]
        await asyncio.sleep(0)
        os.kill(found._process.pid, signal.SIGKILL)
        assert await asyncio.gather(*asked) == [read(text) for text in TEXTS]
        assert not found.apart
        assert await found.read("select 2") == read("select 2")


async def test_a_process_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST_S", 0.01)
    async with started() as found:
        assert found._process is not None
        os.kill(found._process.pid, signal.SIGSTOP)
        assert await found.read("select 1") == read("select 1")
        assert not found.apart


async def test_a_long_text_does_not_go_through_the_pipe() -> None:
    async with started() as found:
        text = "select 1 -- " + "x" * readers.MOST_BYTES
        assert await found.read(text) == read(text)


async def test_closing_ends_the_process() -> None:
    async with started() as found:
        process = found._process
        assert process is not None
    assert process.returncode == 0
