"""psycopg 3: pipelines, binary and server-side cursors, COPY, notifications, cancels."""

import datetime
import decimal
import threading
from collections.abc import Iterator
from typing import Any, TypeAlias

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.drivers.cluster import PASSWORD
from tests.drivers.conftest import Endpoint, Name

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
PATIENCE_S = 20.0


@pytest.fixture
def connection(endpoint: Endpoint) -> Iterator[Connection]:
    with psycopg.connect(endpoint.dsn(), connect_timeout=20) as made:
        yield made


def value(connection: Connection, query: str, *parameters: object) -> Any:
    row = connection.execute(query.encode(), parameters or None).fetchone()
    assert row is not None
    return row[0]


VALUES = (7, "é", decimal.Decimal("1.50"), datetime.date(2024, 2, 29), b"\0\xff", [1, 2], True, None, 1.5)


@pytest.mark.parametrize("binary", [False, True])
def test_values_come_back_as_text_and_in_binary(connection: Connection, binary: bool) -> None:
    query = "select %s, %s::text, %s, %s, %s, %s, %s, %s::int, %s::float8"
    assert connection.execute(query, VALUES, binary=binary).fetchone() == VALUES


def test_json_and_composites(connection: Connection) -> None:
    assert value(connection, "select %s", Jsonb({"a": [1, None]})) == {"a": [1, None]}
    assert connection.execute("select row(1, 'x')::pair").fetchone() == ("(1,x)",)


def test_rows_as_dictionaries(connection: Connection) -> None:
    with connection.cursor(row_factory=dict_row) as cursor:
        assert cursor.execute("select id, name from people where id = 3").fetchone() == {"id": 3, "name": "Person 3"}


def test_a_pipeline_gives_its_results_in_order(connection: Connection) -> None:
    with connection.pipeline() as pipeline:
        cursors = [connection.execute("select %s::int", (n,)) for n in range(100)]
        pipeline.sync()
        cursors += [connection.execute("select %s::int", (n,)) for n in range(100, 110)]
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(110)]


def _fail_in_a_pipeline(connection: Connection) -> None:
    with connection.pipeline():
        connection.execute("select 1/0")
        late = connection.execute("select 2")
        with pytest.raises(psycopg.errors.PipelineAborted):
            late.fetchone()


def test_an_error_aborts_its_pipeline_and_no_other(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            _fail_in_a_pipeline(connection)
        with connection.pipeline():
            assert connection.execute("select 3").fetchone() == (3,)


def test_a_transaction_within_a_pipeline(connection: Connection, fresh: Name) -> None:
    table = sql.Identifier(fresh("piped"))
    connection.execute(sql.SQL("create temp table {} (a int)").format(table))
    connection.commit()
    with connection.pipeline(), connection.transaction():
        for n in range(20):
            connection.execute(sql.SQL("insert into {} values (%s)").format(table), (n,))
    assert connection.execute(sql.SQL("select sum(a) from {}").format(table)).fetchone() == (190,)


def test_statements_are_prepared_when_they_come_again(connection: Connection) -> None:
    connection.prepare_threshold = 1
    assert [value(connection, "select %s::int + 1", n) for n in range(10)] == list(range(1, 11))
    assert value(connection, "select count(*) from pg_prepared_statements where name like '_pg3%'") >= 1


def test_more_prepared_statements_than_are_kept(connection: Connection) -> None:
    connection.prepare_threshold, connection.prepared_max = 0, 5
    assert [value(connection, f"select {n} + %s::int", 1) for n in range(20)] == list(range(1, 21))


@pytest.mark.parametrize("binary", [False, True])
def test_a_server_side_cursor_is_read_in_parts(connection: Connection, binary: bool) -> None:
    with connection.cursor("named", scrollable=True) as cursor:
        cursor.execute("select n, 'row ' || n from generate_series(1, 50) n", binary=binary)
        assert cursor.fetchmany(2) == [(1, "row 1"), (2, "row 2")]
        cursor.scroll(10)
        assert cursor.fetchone() == (13, "row 13")
        cursor.scroll(-2)
        assert cursor.fetchone() == (12, "row 12")
        assert len(cursor.fetchall()) == 38


def test_a_cursor_held_past_its_transaction(connection: Connection) -> None:
    with connection.cursor("held", withhold=True) as cursor:
        cursor.execute("select generate_series(1, 5)")
        connection.commit()
        assert cursor.fetchall() == [(n,) for n in range(1, 6)]


def test_rows_are_streamed_one_by_one(connection: Connection) -> None:
    with connection.cursor() as cursor:
        assert sum(row[0] for row in cursor.stream("select generate_series(1, 3000)")) == 4_501_500


def test_parameters_merged_by_the_client(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.dsn(), cursor_factory=psycopg.ClientCursor) as connection:
        cursor = connection.execute("select %s, %s; select %s", (1, "it's", None))
        assert cursor.fetchone() == (1, "it's")
        assert cursor.nextset()
        assert cursor.fetchone() == (None,)


def test_many_rows_with_results(connection: Connection, fresh: Name) -> None:
    table = fresh("many")
    connection.execute(f"create temp table {table} (a int generated always as identity, b text)".encode())
    with connection.cursor() as cursor:
        insert = f"insert into {table}(b) values (%s) returning a".encode()
        cursor.executemany(insert, [(str(n),) for n in range(100)], returning=True)
        assert [result.fetchone() for result in cursor.results()] == [(n,) for n in range(1, 101)]


ROWS = [(1, "a\tb\\", None), (2, "é", 1.5), (3, "", -1.0)]


@pytest.mark.parametrize("form", ["text", "csv", "binary"])
def test_copy_in_and_out(connection: Connection, fresh: Name, form: str) -> None:
    table, written = fresh("copied"), form.replace("csv", "text")
    connection.execute(f"create temp table {table} (a int4, b text, c float8)".encode())
    with connection.cursor() as cursor:
        with cursor.copy(f"copy {table} from stdin (format {written})".encode()) as copy:
            copy.set_types(["int4", "text", "float8"])
            for row in ROWS:
                copy.write_row(row)
        with cursor.copy(f"copy {table} to stdout (format {form})".encode()) as copy:
            data = b"".join(copy)
        with cursor.copy(f"copy {table} from stdin (format {form})".encode()) as copy:
            copy.write(data)
        assert cursor.execute(f"select * from {table} order by a".encode()).fetchall() == [
            row for row in ROWS for _ in "12"
        ]


def _give_up_a_copy(cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
    with cursor.copy("copy notes(body) from stdin") as copy:
        copy.write(b"one\n")
        raise EOFError("no more")


def test_a_copy_that_the_client_gives_up(connection: Connection) -> None:
    with pytest.raises(EOFError, match="no more"), connection.cursor() as cursor:
        _give_up_a_copy(cursor)
    connection.rollback()
    assert value(connection, "select 1") == 1


def test_a_long_copy_in_both_directions(connection: Connection, fresh: Name) -> None:
    table = fresh("long")
    connection.execute(f"create temp table {table} (a text)".encode())
    with connection.cursor() as cursor:
        with cursor.copy(f"copy {table} from stdin".encode()) as copy:
            for _ in range(3_000):
                copy.write(b"y" * 1_000 + b"\n")
        with cursor.copy(f"copy {table} to stdout".encode()) as copy:
            assert sum(len(block) for block in copy) == 3_003_000


def test_a_notification_arrives_while_waiting(endpoint: Endpoint, fresh: Name) -> None:
    channel = fresh("channel")
    with psycopg.connect(endpoint.dsn(), autocommit=True) as listener, psycopg.connect(endpoint.dsn()) as other:
        listener.execute(f"listen {channel}".encode())
        other.execute(f"notify {channel}, 'hello'".encode())
        other.commit()
        (heard,) = listener.notifies(timeout=PATIENCE_S, stop_after=1)
        assert (heard.channel, heard.payload, heard.pid) == (channel, "hello", other.info.backend_pid)


@pytest.mark.parametrize("how", ["cancel", "cancel_safe"])
def test_a_running_statement_is_cancelled(endpoint: Endpoint, direct: Endpoint, how: str) -> None:
    with psycopg.connect(endpoint.dsn()) as connection, psycopg.connect(direct.dsn(), autocommit=True) as watcher:
        sleeping = "select count(*) from pg_stat_activity where pid = %s and wait_event = 'PgSleep'"

        def cancel_when_it_sleeps() -> None:
            while not value(watcher, sleeping, connection.info.backend_pid):
                pass
            getattr(connection, how)()

        canceller = threading.Thread(target=cancel_when_it_sleeps)
        canceller.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select pg_sleep(60)")
        canceller.join()
        connection.rollback()
        assert value(connection, "select 1") == 1


def test_nested_transactions(connection: Connection) -> None:
    with connection.transaction():
        with pytest.raises(psycopg.errors.DivisionByZero), connection.transaction("inner"):
            connection.execute("select 1/0")
        assert value(connection, "select 1") == 1
        assert connection.info.transaction_status.name == "INTRANS"
    assert connection.info.transaction_status.name == "IDLE"


def test_a_transaction_in_two_phases(connection: Connection, fresh: Name) -> None:
    xid = connection.xid(1, fresh("gtrid"), "b")
    connection.tpc_begin(xid)
    connection.execute("insert into notes(id, body) values (-300, 'x')")
    connection.tpc_prepare()
    connection.tpc_rollback()
    assert value(connection, "select count(*) from notes where id = -300") == 0


def test_an_error_tells_all_it_knows(connection: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("select noisy('error')")
    diag = caught.value.diag
    assert (diag.sqlstate, diag.message_detail, diag.message_hint) == ("P0123", "d", "h")
    assert (diag.schema_name, diag.table_name, diag.column_name, diag.datatype_name, diag.constraint_name) == (
        "s", "t", "c", "y", "k",
    )  # fmt: skip


def test_notices_reach_their_handler(connection: Connection) -> None:
    heard: list[str | None] = []
    connection.add_notice_handler(lambda diag: heard.append(diag.message_primary))
    connection.execute("select noisy('notice'), noisy('warning')")
    assert heard == ["said notice", "said warning"]


def test_parameter_statuses_are_followed(connection: Connection) -> None:
    connection.execute("set timezone = 'Asia/Tokyo'; set application_name = 'x'")
    assert connection.info.parameter_status("TimeZone") == "Asia/Tokyo"
    assert connection.info.parameter_status("application_name") == "x"


def test_options_at_the_start(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.dsn(), options="-c work_mem=7MB -c search_path=pg_catalog") as connection:
        assert value(connection, "show work_mem") == "7MB"


@pytest.mark.parametrize("user", ["scram_user", "md5_user", "clear_user"])
def test_a_password_opens_and_a_wrong_one_does_not(endpoint: Endpoint, user: str) -> None:
    with psycopg.connect(endpoint.dsn(user, PASSWORD)) as connection:
        assert value(connection, "select current_user") == user
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(endpoint.dsn(user, "wrong"))


async def test_the_asynchronous_connection(endpoint: Endpoint) -> None:
    async with await psycopg.AsyncConnection.connect(endpoint.dsn()) as connection:
        async with connection.pipeline():
            cursors = [await connection.execute("select %s::int", (n,)) for n in range(10)]
            assert [await cursor.fetchone() for cursor in cursors] == [(n,) for n in range(10)]
        async with connection.cursor() as cursor, cursor.copy("copy orders to stdout") as copy:
            assert len([row async for row in copy.rows()]) == 30
