"""Every act that is recorded has a name in both languages, declared by an app."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

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
