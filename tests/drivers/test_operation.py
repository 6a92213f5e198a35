"""What an operator sees of a running pgwarden: metrics, readiness, logs; and no value in any of them."""

import http.client
from collections.abc import Mapping

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.observe.catalogue import METRICS
from tests.drivers.conftest import Endpoint
from tests.drivers.warden import Warden

CANARIES = ("person1@example.com", "hidden@example.com", "Person 1", "select ")


def counted(name: str) -> object:
    """A case."""
    return pytest.param(name, id=name)


def page(warden: Warden, path: str) -> tuple[int, str]:
    """Status and body of an admin page."""
    connection = http.client.HTTPConnection("127.0.0.1", warden.admin_port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def numbers(warden: Warden) -> Mapping[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    families = text_string_to_metric_families(page(warden, "/metrics")[1])
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def read_as_analyst(endpoint: Endpoint) -> None:
    """One masked read, one refused read, one error."""
    with psycopg.connect(endpoint.dsn("analyst"), autocommit=True) as connection:
        connection.execute("select email, balance, name from people").fetchall()
        for failing in (
            "select sum(balance) from people where email = 'person1@example.com'",
            "select email::int from people",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(failing.encode())


def test_metrics_count_what_happened(behind_shop_rules: Endpoint, shop_warden: Warden) -> None:
    before = numbers(shop_warden)
    read_as_analyst(behind_shop_rules)
    after = numbers(shop_warden)

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert grown("pgwarden_rows_masked_total") == 10
    assert grown("pgwarden_cells_masked_total") == 20
    assert grown("pgwarden_statements_total", "mask") >= 1
    assert grown("pgwarden_statements_total", "refuse") >= 1
    assert grown("pgwarden_sessions_total") == 1
    assert grown("pgwarden_traffic_bytes_total", "to_client") > 0
    assert grown("pgwarden_added_latency_seconds_count", "request") > 0
    assert grown("pgwarden_probe_seconds_count") > 0


@pytest.mark.parametrize("name", [counted(metric.name) for metric in METRICS])
def test_every_metric_of_the_table_is_counted_by_somebody(shop_warden: Warden, name: str) -> None:
    assert name in {family.name for family in text_string_to_metric_families(page(shop_warden, "/metrics")[1])}


def test_a_proxy_that_serves_is_ready(shop_warden: Warden, behind_shop_rules: Endpoint) -> None:
    read_as_analyst(behind_shop_rules)
    assert page(shop_warden, "/readyz") == (200, '{"ready":true}\n')
    assert page(shop_warden, "/healthz") == (200, '{"alive":true}\n')


def test_neither_metrics_nor_logs_hold_a_value_or_sql(behind_shop_rules: Endpoint, shop_warden: Warden) -> None:
    read_as_analyst(behind_shop_rules)
    shown = page(shop_warden, "/metrics")[1] + shop_warden.log.read_text()
    assert [canary for canary in CANARIES if canary in shown] == []
