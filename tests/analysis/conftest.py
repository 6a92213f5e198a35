"""The shop on every server, once for a test process."""

from collections.abc import Iterator

import psycopg
import pytest

from proxy.embedded.postgres import EmbeddedPostgres
from tests.analysis.probing import Shop, open_shop

NAME = "analysis_shop"


@pytest.fixture(scope="session")
def shop(any_server: EmbeddedPostgres) -> Iterator[Shop]:
    """The schema of the cases, on each version that this machine has."""
    opened = open_shop(any_server, NAME)
    opened.connection.execute("set search_path = shop, public")
    yield opened
    opened.connection.close()
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        connection.execute(f"drop database {NAME}".encode())
