"""The floors under coverage only rise."""

import json
from pathlib import Path
from typing import Any

from tests.architecture import coverage_floors


def _summary(lines: int, covered_lines: int, branches: int, covered_branches: int) -> dict[str, Any]:
    return {
        "summary": {
            "num_statements": lines,
            "covered_lines": covered_lines,
            "num_branches": branches,
            "covered_branches": covered_branches,
        }
    }


def test_percentages_are_of_each_app_and_of_all(tmp_path: Path) -> None:
    files = {
        "tenant_apps/finance/rules.py": _summary(10, 10, 4, 4),
        "tenant_apps/finance/api.py": _summary(5, 4, 0, 0),
        "platform/kernel/core/money.py": _summary(3, 2, 0, 0),
    }
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}))
    assert coverage_floors.measure(report) == {
        "all": {"lines": 88.8, "branches": 100.0},
        "platform/kernel": {"lines": 66.6, "branches": 100.0},
        "tenant_apps/finance": {"lines": 93.3, "branches": 100.0},
    }


def test_less_is_told_and_more_becomes_the_floor() -> None:
    floors = {"a": {"lines": 90.0, "branches": 80.0}, "gone": {"lines": 99.0, "branches": 99.0}}
    measured = {"a": {"lines": 89.9, "branches": 85.0}, "new": {"lines": 70.0, "branches": 60.0}}
    assert len(coverage_floors.find_losses(measured, floors)) == 1
    assert coverage_floors.raise_floors(measured, floors) == {
        "a": {"lines": 90.0, "branches": 85.0},
        "new": {"lines": 70.0, "branches": 60.0},
    }
