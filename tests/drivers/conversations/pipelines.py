"""Batches that are sent before the answers are read, and what an error skips."""

from tests.drivers.frontend import (
    BINARY,
    FLUSH,
    SYNC,
    TERMINATE,
    bind,
    close_statement,
    describe_portal,
    describe_statement,
    execute,
    function_call,
    int4,
    parse,
    query,
    whole,
)
from tests.drivers.recorder import END, HALF_CLOSE, READY, Until, batches, conversation

SERIES = "select generate_series(1, 10)"

SKIPPING = (
    batches(
        "after an error all is skipped up to Sync",
        whole("select 1") + whole("select 1/0") + whole("select 2"),
        whole("select 3"),
    ),
    batches(
        "an error in Parse skips its Bind",
        parse("select nothing") + bind() + describe_portal() + execute() + close_statement("x"),
    ),
    conversation("a Query is skipped too", parse("oops") + query("select 1") + SYNC, READY, query("select 2"), READY),
    conversation("a function call is skipped too", parse("oops") + function_call(177, int4(1), int4(2)) + SYNC, READY),
    conversation("Flush is skipped too", parse("oops") + FLUSH, Until(b"E"), FLUSH + FLUSH + SYNC, READY),
    conversation("Terminate is not skipped", parse("oops") + TERMINATE, END),
    batches(
        "a failed batch rolls back what it did",
        whole("insert into notes(id, body) values (-9, 'x')") + whole("select 1/0"),
        whole("select count(*) from notes where id = -9"),
    ),
    batches(
        "a failed transaction in batches", whole("begin"), whole("select 1/0"), whole("select 1"), whole("rollback")
    ),
    conversation(
        "errors and syncs in one write",
        (whole("select 1") + SYNC + whole("select 1/0") + whole("select 2") + SYNC) * 4,
        Until(count=8),
    ),
)

PIPELINES = (
    conversation("Sync alone, and many", SYNC, READY, SYNC * 5, Until(count=5)),
    conversation(
        "Flush brings what is done",
        parse("select 1") + describe_statement() + FLUSH,
        Until(b"T"),
        bind() + FLUSH,
        Until(b"2"),
        execute() + FLUSH,
        Until(b"C"),
        SYNC,
        READY,
    ),
    conversation("Flush alone", FLUSH * 3, query("select 1"), READY),
    conversation(
        "Flush in every place",
        b"".join(part + FLUSH for part in (parse(SERIES), bind(), describe_portal(), execute(rows=3), execute()))
        + SYNC,
        READY,
    ),
    conversation(
        "a deep pipeline with one Sync", b"".join(whole("select $1::int", b"%d" % n) for n in range(200)) + SYNC, READY
    ),
    conversation(
        "a deep pipeline with many",
        b"".join(whole("select $1::int", b"%d" % n) + SYNC for n in range(200)),
        Until(count=200),
    ),
    conversation(
        "statements between pipelines of both protocols",
        whole("select 1") + SYNC + query("select 2; select 3") + whole("select 4") + SYNC + query("select 5"),
        Until(count=4),
    ),
    conversation(
        "a Query within a batch", parse("select 1") + bind() + query("select 2") + execute() + SYNC, Until(count=2)
    ),
    conversation(
        "a function call within a batch",
        parse("select 1") + function_call(177, int4(1), int4(2)) + bind() + execute() + SYNC,
        Until(count=2),
    ),
    conversation(
        "a transaction in one write",
        whole("begin")
        + whole("insert into notes(body) values ('x')")
        + whole("rollback")
        + SYNC
        + whole("select 1")
        + SYNC,
        Until(count=2),
    ),
    conversation(
        "a batch and Terminate in one write", whole("select n from generate_series(1, 3000) n") + SYNC + TERMINATE, END
    ),
    conversation("Terminate instead of Sync", whole("select 1") + TERMINATE, END),
    conversation(
        "a half-closed client gets its batch", whole("select n from generate_series(1, 3000) n") + SYNC, HALF_CLOSE, END
    ),
    conversation("a half-closed client without Sync", whole("select 1"), HALF_CLOSE, END),
    conversation(
        "many rows in binary",
        whole("select n, repeat('y', n % 90) from generate_series(1, 20000) n", results=(BINARY,)) + SYNC,
        READY,
    ),
)
