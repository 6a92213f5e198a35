"""COPY in both directions and both protocols."""

from tests.drivers.frontend import (
    COPY_DONE,
    FLUSH,
    SYNC,
    bind,
    copy_data,
    copy_fail,
    describe_portal,
    execute,
    parse,
    query,
    whole,
)
from tests.drivers.recorder import READY, Until, asks, batches, conversation

CSV = "copy (select id, name, email from people order by id) to stdout (format csv, header)"

SIMPLE = (
    asks("copy out as text", "copy people to stdout", "copy orders(id) to stdout"),
    asks("copy out as csv", CSV),
    asks("copy out as binary", "copy people to stdout (format binary)"),
    asks("copy out between other commands", "select 1; copy orders(id) to stdout; select 2"),
    asks(
        "copy out that fails on the way",
        "copy (select 10 / (5 - n) from generate_series(1, 10) n) to stdout",
        "select 1",
    ),
    asks("copy of what does not exist", "copy nothing to stdout", "copy nothing from stdin"),
    conversation(
        "copy in",
        query("begin; copy notes(body) from stdin"),
        Until(b"G"),
        copy_data(b"one\ntwo\n"),
        COPY_DONE,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "copy in with lines cut across messages",
        query("begin; copy orders(id, amount) from stdin"),
        Until(b"G"),
        copy_data(b"1000"),
        copy_data(b"\t1"),
        copy_data(b"0\n2000\t"),
        copy_data(b"20\n"),
        copy_data(b""),
        COPY_DONE,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "copy in that the client fails",
        query("copy notes(body) from stdin"),
        Until(b"G"),
        copy_data(b"one\n"),
        copy_fail("no more"),
        READY,
        query("select 1"),
        READY,
    ),
    conversation(
        "copy in of a bad line",
        query("copy orders(id) from stdin"),
        Until(b"G"),
        copy_data(b"x\n"),
        COPY_DONE,
        READY,
        query("select 1"),
        READY,
    ),
    conversation(
        "copy in goes on after the server gave up",
        query("copy orders(id) from stdin"),
        Until(b"G"),
        copy_data(b"x\n"),
        Until(),
        copy_data(b"1\n") * 50 + COPY_DONE,
        query("select 1"),
        READY,
    ),
    conversation(
        "copy in without waiting",
        query("begin; copy notes(body) from stdin; select 1") + copy_data(b"one\n") + COPY_DONE + query("rollback"),
        Until(count=2),
    ),
    conversation(
        "Flush and Sync within copy are passed over",
        query("begin; copy notes(body) from stdin"),
        Until(b"G"),
        copy_data(b"a\n") + FLUSH + SYNC + copy_data(b"b\n") + COPY_DONE,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "two copies in one Query",
        query("begin; copy notes(body) from stdin; copy notes(body) from stdin; rollback"),
        Until(b"G"),
        copy_data(b"x\n") + COPY_DONE,
        Until(b"G"),
        copy_data(b"y\n") + COPY_DONE,
        READY,
    ),
    conversation(
        "copy in as binary",
        query("begin; copy notes(body) from stdin (format binary)"),
        Until(b"G"),
        copy_data(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0" + b"\0\1\0\0\0\3abc" + b"\xff\xff"),
        COPY_DONE,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "a long copy in",
        query("begin; copy notes(body) from stdin"),
        Until(b"G"),
        copy_data(b"q" * 999 + b"\n") * 600 + COPY_DONE,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "CopyData outside copy is passed over", copy_data(b"x") + COPY_DONE + copy_fail("x") + query("select 1"), READY
    ),
)

EXTENDED = (
    batches("copy out", whole("copy people to stdout")),
    batches(
        "copy out in a pipeline",
        whole("select 1") + whole("copy orders(id) to stdout (format binary)") + whole("select 2"),
    ),
    conversation(
        "copy in",
        whole("begin") + parse("copy notes(body) from stdin") + bind() + describe_portal() + execute() + FLUSH,
        Until(b"G"),
        copy_data(b"a\nb\n") + COPY_DONE + SYNC,
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "copy in, all sent at once",
        whole("begin")
        + SYNC
        + parse("copy notes(body) from stdin")
        + bind()
        + execute()
        + copy_data(b"a\n")
        + COPY_DONE
        + SYNC,
        Until(count=2),
        query("rollback"),
        READY,
    ),
    conversation(
        "the Sync that came before the data is passed over",
        parse("copy notes(body) from stdin") + bind() + execute() + SYNC,
        Until(b"G"),
        copy_fail("stop") + SYNC,
        READY,
    ),
    conversation(
        "copy in that the client fails",
        parse("copy notes(body) from stdin") + bind() + execute() + FLUSH,
        Until(b"G"),
        copy_fail("no") + whole("select 1") + SYNC,
        READY,
        whole("select 2") + SYNC,
        READY,
    ),
    conversation(
        "copy in of a bad line",
        parse("copy orders(id) from stdin") + bind() + execute() + FLUSH,
        Until(b"G"),
        copy_data(b"x\n"),
        Until(b"E"),
        copy_data(b"1\n") + COPY_DONE + SYNC,
        READY,
        whole("select 2") + SYNC,
        READY,
    ),
)

LOST = (
    conversation(
        "a query within copy",
        query("copy notes(body) from stdin"),
        Until(b"G"),
        query("select 1"),
        READY,
        query("select 2"),
        READY,
    ),
)
"""The protocol does not allow it: both end the session with 08P01, each in its own words."""
