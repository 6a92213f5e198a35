"""Writes docs/reference/metrics.md from the table of metrics: python tools/metrics_table.py"""

from collections.abc import Iterator
from pathlib import Path

from proxy.observe.catalogue import METRICS, Kind

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "metrics.md"
HEAD = """# Metrics

Generated from `proxy/observe/catalogue.py` by `make docs`. `GET /metrics` on the admin listener (by default
127.0.0.1:9187) shows them in Prometheus's text format, beside the process's own memory and CPU. Labels name rules,
databases, directions and outcomes: never a value, never SQL.

| metric | kind | labels | what it says |
| --- | --- | --- | --- |
"""


def rows() -> Iterator[str]:
    """One line of the table a metric, in its order."""
    for metric in METRICS:
        name = f"{metric.name}_total" if metric.kind is Kind.COUNTER else metric.name
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{name}` | {metric.kind.value} | {labels} | {metric.help} |\n"


def page() -> str:
    """The whole page."""
    return HEAD + "".join(rows()) + "\nBuckets of every duration: 1 µs to 8.4 s by powers of two.\n"


if __name__ == "__main__":
    PAGE.write_text(page())
