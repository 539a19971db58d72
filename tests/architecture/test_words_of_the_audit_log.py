"""Every act that is recorded has a name in both languages, declared by an app."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from console.sites import brand_site, platform_site
from kernel.core import audit_words

ROOT = Path(__file__).resolve().parents[2]
RECORD = {"audit.record", "audit.record_many"}

# Acts whose last part is a value: the pattern as it stands in the source, and the values it takes.
BY_STATE = {
    "commissions.payout_{}": ("requested", "approved", "paid", "rejected", "failed"),
    "invoicing.issue_{}": ("blue", "red"),
    "orders.import_{}": ("uploaded", "checking", "checked", "committing", "committed", "failed", "cancelled"),
    "imports.{}": (
        *("uploaded", "checking", "checked", "committing", "committed", "failed", "cancelled", "undoing", "undone"),
    ),
    "billing.transfer_{}": ("recorded", "approved", "rejected", "reversed"),
    "tenants.closing_{}": ("begun", "undone"),
    "agents.deposit_{}": ("paid", "returned"),
}


def sources() -> Iterator[ast.Module]:
    for folder in ("platform", "shared_apps", "tenant_apps"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ast.parse(path.read_text(encoding="utf-8"))


def pattern_of(node: ast.expr | None) -> str | None:
    """Return a text with `{}` for its parts that are not constant; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def recorded() -> set[str]:
    """Return the acts that are recorded: written out, or handed to a helper of the module that records them."""
    found: set[str] = set()
    for module in sources():
        helpers = {
            function.name: pattern
            for function in ast.walk(module)
            if isinstance(function, ast.FunctionDef)
            for call in calls(function)
            if (pattern := pattern_of(action_of(call))) and "{}" in pattern
        }
        for call in calls(module):
            if pattern := pattern_of(action_of(call)):
                found |= {pattern.format(value) for value in BY_STATE.get(pattern, ())} or {pattern}
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            pattern = helpers.get(getattr(call.func, "id", ""))
            word = pattern_of(call.args[0]) if pattern and call.args else None
            if pattern and word and "{}" not in word and pattern.count("{}") == 1:
                found.add(pattern.format(word))
    return {act for act in found if "{}" not in act}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Return the calls of `audit.record` and `audit.record_many`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in RECORD:
            yield node


def action_of(call: ast.Call) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == "action"), None)


def test_the_tree_is_read() -> None:
    acts = recorded()
    assert {"orders.pay", "tenants.suspended", "support.adviser_assigned", "commissions.payout_paid"} <= acts
    assert len(acts) > 100


def test_every_recorded_act_is_declared() -> None:
    assert {act for act in recorded() if not audit_words.is_declared(act)} == set()


def test_every_act_has_words_in_both_languages() -> None:
    with translation.override("en"):
        english = {act: str(audit_words.name_of_act(act)) for act in audit_words._acts}
    with translation.override("zh-hans"):
        chinese = {act: str(audit_words.name_of_act(act)) for act in audit_words._acts}
    assert [act for act, name in english.items() if name in {"", act}] == []
    assert [act for act, name in chinese.items() if not any("一" <= letter <= "鿿" for letter in name)] == []


def test_an_act_nobody_declares_shows_its_code() -> None:
    assert audit_words.name_of_act("agents.forgotten_act") == "agents.forgotten_act"


def test_two_apps_cannot_name_one_act() -> None:
    words: Any = audit_words.ActWords(acts={"orders.pay": "Paid"})
    with pytest.raises(ValueError, match="two names"):
        audit_words.declare("elsewhere", words)


# Subjects that a call hands on in a variable, by the file of the call.
SUBJECTS_IN_VARIABLES = {
    "shared_apps/billing/services/inbox.py": ("brand", "stripe_event"),
    "shared_apps/billing/services/plans.py": ("plan",),
    "shared_apps/billing/services/reconcile.py": ("brand", "stripe"),
    "tenant_apps/catalog/importers.py": ("import",),
    "tenant_apps/catalog/services/sheets/writing.py": ("import",),
    "tenant_apps/commissions/services/opening.py": ("commission",),
    "tenant_apps/imports/services/jobs.py": ("import",),
    "tenant_apps/imports/services/running.py": ("import",),
    "tenant_apps/inventory/services/opening.py": ("opening",),
    "tenant_apps/inventory/services/stock.py": ("receipt", "adjustment"),
}


def kinds_recorded() -> tuple[set[str], set[str]]:
    """Return the kinds of subjects that are written out, and the files whose calls hand on a variable."""
    kinds: set[str] = set()
    files: set[str] = set()
    for folder in ("platform", "shared_apps", "tenant_apps"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
                if ast.unparse(call.func) != "audit.record":
                    continue
                subject = next(keyword.value for keyword in call.keywords if keyword.arg == "subject")
                pattern = pattern_of(subject)
                if pattern is None:
                    files.add(str(path.relative_to(ROOT)))
                else:
                    kinds.add(pattern.partition(":")[0])
    return kinds, files


def test_every_kind_of_subject_has_a_name_in_both_languages() -> None:
    kinds, files = kinds_recorded()
    assert files == set(SUBJECTS_IN_VARIABLES)
    kinds |= {kind for found in SUBJECTS_IN_VARIABLES.values() for kind in found}
    assert len(kinds) > 25
    assert {kind for kind in kinds if audit_words.find_subject(kind)[0] is None} == set()
    for language, letters in (("en", "abcdefghijklmnopqrstuvwxyz"), ("zh-hans", None)):
        with translation.override(language):
            for kind in kinds:
                name = str(getattr(audit_words.find_subject(kind)[0], "name", ""))
                chinese = any("一" <= letter <= "鿿" for letter in name)
                assert name
                assert chinese == (letters is None) or name == "SKU", (kind, name)


def test_every_subject_with_a_page_names_one_that_exists() -> None:
    labels = {model._meta.label_lower for site in (brand_site, platform_site) for model in site._registry}
    for kind, subject in audit_words._subjects.items():
        assert subject.model in labels | {""}, kind
        if subject.page:
            assert reverse(subject.page, urlconf="config.urls_brand", args=[] if subject.is_single else [1]), kind
