"""The cases of tests/cases/analysis_*.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.analysis.probing import Shop

FOLDER = Path(__file__).parent.parent / "cases"
ABSENT: Mapping[str, Any] = {
    "command": "select",
    "outputs": [],
    "written": [],
    "writes": {},
    "filtered": [],
    "sorted": [],
    "grouped": [],
    "joined": [],
    "locked": [],
    "row_security": False,
    "volatile": False,
    "opaque": [],
}
CASES: list[dict[str, Any]] = [
    case for file in sorted(FOLDER.glob("analysis_*.yaml")) for case in yaml.safe_load(file.read_text())
]


def runs(shop: Shop, case: Mapping[str, Any]) -> bool:
    """Whether the server has what a case needs."""
    return shop.server.major >= case.get("since", 0) and (shop.xml or not case.get("xml"))


def require(shop: Shop, case: Mapping[str, Any]) -> None:
    """Skip the test on a server that lacks what its case needs."""
    if not runs(shop, case):
        pytest.skip("the server lacks it")
