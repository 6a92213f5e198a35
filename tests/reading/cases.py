"""The cases of tests/cases/reading_*.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.model import Copy, CopyEnd, CopyWay, Reading, Scope, Where

FOLDER = Path(__file__).parents[1] / "cases"
CASES: dict[str, list[dict[str, Any]]] = {
    path.stem.removeprefix("reading_"): yaml.safe_load(path.read_text()) for path in FOLDER.glob("reading_*.yaml")
}
ALL = [case for cases in CASES.values() for case in cases]
PARAMS = [pytest.param(case["sql"], case["read"], id=case["sql"] or "(empty)") for case in ALL]


def expected(said: dict[str, Any]) -> Reading:
    """The reading that a case describes."""
    flags = set(said.get("flags", ()))
    copy = said.get("copy")
    return Reading(
        kind=said["kind"],
        effects=frozenset(said["effects"]),
        relations=tuple(said.get("relations", ())),
        where=Where(said.get("where", "none")),
        parsed="unparsed" not in flags,
        inner=said.get("inner"),
        name=said.get("name"),
        secret="secret" in flags,
        probe="probe" in flags,
        changes_state="state" in flags,
        ddl="ddl" in flags,
        alone="alone" in flags,
        bare_temporary="bare" in flags,
        upkeep="upkeep" in flags,
        scope=Scope(said["scope"]) if "scope" in said else None,
        copy=copy and moved(copy),
    )


def moved(said: dict[str, Any]) -> Copy:
    """The COPY that a case describes."""
    return Copy(
        way=CopyWay(said["way"]),
        end=CopyEnd(said["end"]),
        relation=said.get("relation"),
        columns=tuple(said.get("columns", ())),
        format=said.get("format"),
    )
