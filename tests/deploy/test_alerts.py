"""What deploy/ refers to exists."""

import re
from pathlib import Path

import pytest
import yaml

from proxy.observe.catalogue import METRICS, Kind

DEPLOY = Path(__file__).parents[2] / "deploy"
EXPOSED = {metric.name + ("_total" if metric.kind is Kind.COUNTER else "") for metric in METRICS}
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_watches_metrics_that_exist_and_says_what_to_do(alert: dict[str, dict[str, str]]) -> None:
    named = set(re.findall(r"pgwarden_\w+", str(alert["expr"])))
    assert named <= EXPOSED
    assert set(alert["annotations"]) == {"summary", "description"}
    assert alert["labels"]["severity"] in {"warning", "critical"}


def test_no_two_alerts_have_one_name() -> None:
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)
