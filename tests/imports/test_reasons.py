"""Every code by which an import refuses a row has words for the summary of its page."""

import ast
import re
from pathlib import Path

import pytest

from tenant_apps.imports.services.importer import READING_REASONS, list_importers

ROOT = Path(__file__).resolve().parents[2] / "tenant_apps"
REFUSING = {"CellRefused", "Issue", "_say", "refuse"}
PLACES = (
    "*/importers.py",
    "imports/services/reading/*.py",
    "catalog/services/sheets/*.py",
    "catalog/rules.py",
    "recruiting/services/import_team/*.py",
    "orders/services/order_files/*.py",
)


def find_codes() -> list[tuple[str, str]]:
    """Return (file, code) for each literal code; it is the last plain word among a refusal's positional arguments."""
    found = set()
    for path in (path for place in PLACES for path in ROOT.glob(place)):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            values = [one.value for one in node.args if isinstance(one, ast.Constant)]
            words = [value for value in values if isinstance(value, str) and re.fullmatch(r"[a-z_]+", value)]
            refusing = REFUSING | ({"FieldError"} if path.name == "rules.py" else set())  # others refuse the whole file
            if name in refusing and words:
                found.add((path.relative_to(ROOT).as_posix(), words[-1]))
    return sorted(found)


@pytest.mark.parametrize(("file", "code"), find_codes())
def test_a_code_has_words(file: str, code: str) -> None:
    app = file.partition("/")[0]
    words = dict(READING_REASONS)
    for importer in list_importers():
        if type(importer).__module__.startswith(f"tenant_apps.{app}."):
            words |= importer.reasons
    assert code in words


def test_the_codes_are_found() -> None:
    assert {"bad_options", "sponsor_not_active", "bad_number", "invalid_price"} <= {
        code for _file, code in find_codes()
    }
