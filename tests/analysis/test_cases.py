"""What the walk says of statements, on real servers. The cases are tests/cases/analysis_*.yaml."""

from typing import Any

import pytest

from tests.analysis.cases import ABSENT, CASES, require
from tests.analysis.probing import Shop


@pytest.mark.parametrize("case", [pytest.param(case, id=case["sql"]) for case in CASES])
def test_a_statement_has_the_footprint_that_its_case_tells(shop: Shop, case: dict[str, Any]) -> None:
    require(shop, case)
    told = shop.told(shop.footprint(case["sql"], case.get("role")))
    assert {key: told[key] for key in ABSENT} == {key: case.get(key, absent) for key, absent in ABSENT.items()}
