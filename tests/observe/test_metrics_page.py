"""The reference page of metrics is generated and fresh."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_metrics_says_what_the_table_says() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "metrics_table.py"))["page"]()
    assert (ROOT / "docs" / "reference" / "metrics.md").read_text() == made, "run: make docs"
