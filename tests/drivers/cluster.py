"""The server behind the driver tests: one database, a few roles, every way to log in."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from proxy.embedded.postgres import EmbeddedPostgres
from tests.servers import DEFAULT, KNOWN, TEST_SETTINGS

DATABASE = "shop"
PASSWORD = "correct horse: battery/staple"  # a colon, a slash and blanks, for URIs that do not quote
HBA = """local all postgres trust
host all scram_user 127.0.0.1/32 scram-sha-256
host all md5_user 127.0.0.1/32 md5
host all clear_user 127.0.0.1/32 password
host all locked_out 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
"""
SETTINGS = TEST_SETTINGS | {"wal_level": "logical"}

ROLES = f"""
create role app login superuser;
create role analyst login;
create role plain login;
set password_encryption = 'scram-sha-256';
create role scram_user login password '{PASSWORD}';
create role clear_user login password '{PASSWORD}';
set password_encryption = 'md5';
create role md5_user login password '{PASSWORD}';
create role locked_out login;
"""

SCHEMA = """
create type mood as enum ('sad', 'ok', 'happy');
create type pair as (a int, b text);
create domain positive as int check (value > 0);
create table people (
  id int primary key, name text not null, email text, mood mood default 'ok', born date, balance numeric(10, 2),
  tags text[], extra jsonb, tall boolean, updated timestamptz);
insert into people
  select n, 'Person ' || n, 'person' || n || '@example.com', (array['sad', 'ok', 'happy'])[1 + n % 3]::mood,
         date '1990-01-01' + n, n * 1.25, array['t' || n, null], jsonb_build_object('n', n), n % 2 = 0,
         timestamptz '2024-01-01 00:00:00+00' + n * interval '1 hour'
  from generate_series(1, 10) n;
create table orders (id int primary key, person int references people, amount numeric, unique (person, amount));
insert into orders select n, 1 + n % 10, n * 10 from generate_series(1, 30) n;
create table notes (id bigserial primary key, body text);
create view adults as select id, name, email from people where born < '1990-01-06';
create function noisy(level text) returns int language plpgsql as $$
  begin
    case level when 'notice' then raise notice 'said %', level using detail = 'a detail', hint = 'a hint';
               when 'warning' then raise warning 'said %', level;
               when 'error' then raise exception 'said %', level using errcode = 'P0123', detail = 'd', hint = 'h',
                                 column = 'c', constraint = 'k', datatype = 'y', table = 't', schema = 's'; end case;
    return 1;
  end $$;
create procedure counting(inout total int) language plpgsql as $$ begin commit; total := total + 1; end $$;
grant select, insert, update, delete on all tables in schema public to analyst, plain, scram_user, md5_user;
grant usage on all sequences in schema public to analyst, plain;
"""


@contextmanager
def running_cluster() -> Iterator[EmbeddedPostgres]:
    """A server of its own, because its pg_hba.conf is unlike the other tests'."""
    with EmbeddedPostgres(KNOWN[DEFAULT[0]](), settings=SETTINGS, hba=HBA) as server:
        execute(server, "postgres", ROLES, f"create database {DATABASE} owner app")
        execute(server, DATABASE, SCHEMA)
        yield server


def execute(server: EmbeddedPostgres, database: str, *scripts: str) -> None:
    """Run scripts as the superuser, past every proxy. Each is one simple Query."""
    with psycopg.connect(server.dsn(database), autocommit=True) as connection:
        for script in scripts:
            connection.execute(script.encode())
