"""The catalogue command: what it finds, and what it refuses."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.core.management.base import CommandError

from config.management.commands import translations as command

PYTHON = """
from django.utils.translation import gettext as translate, gettext_lazy as _, ngettext, pgettext
A = _("Agents")
B = translate("One " "sentence")
C = ngettext("%(n)d day", "%(n)d days", 2)
D = pgettext("month", "May")
def gettext(text): return text
E = gettext("not Django's")
"""
TEMPLATE = """{% load i18n %}
    {# Translators: nothing #}
<p class="it's">{% translate "Stock" %} {{ _("Goods")|upper }}</p>
        {% blocktranslate trimmed count n=days with name=brand.name %}
            {{ name }}: {{ n }} day
        {% plural %}
            {{ name }}: {{ n }} days
        {% endblocktranslate %}
  {% translate "May" context "month" %}
"""


def test_python_is_read_whatever_the_functions_are_called() -> None:
    assert sorted(command.python_messages(PYTHON, "x.py"), key=str) == sorted(
        [
            ((None, "Agents"), None),
            ((None, "One sentence"), None),
            ((None, "%(n)d day"), "%(n)d days"),
            (("month", "May"), None),
        ],
        key=str,
    )


def test_a_computed_message_is_refused() -> None:
    with pytest.raises(CommandError, match=r"x\.py:2"):
        list(
            command.python_messages("from django.utils.translation import gettext as _\n_(f'a{1}')", "tenant_apps/x.py")
        )


def test_templates_are_read() -> None:
    assert sorted(command.template_messages(TEMPLATE, "x.html"), key=str) == sorted(
        [
            ((None, "Stock"), None),
            ((None, "Goods"), None),
            ((None, "%(name)s: %(n)s day"), "%(name)s: %(n)s days"),
            (("month", "May"), None),
        ],
        key=str,
    )


def test_translations_survive_and_what_is_gone_goes() -> None:
    former = Catalog(locale="zh_Hans")
    former.add("Agents", "代理商")
    former.add("Gone", "没了")
    found: dict[command.Key, command.Found] = {
        (None, "Agents"): command.Found(places={"b.py", "a.py"}),
        (None, "%(n)d day"): command.Found("%(n)d days"),
    }
    merged = command.merge(found, former)
    text = command.render_po(merged).decode()
    assert "代理商" in text
    assert "Gone" not in text
    assert "#: a.py b.py" in text
    assert "Date" not in text
    assert command.render_po(merged) == command.render_po(command.merge(found, merged))
    assert command.render_mo(merged) == command.render_mo(merged)


@pytest.mark.parametrize(
    ("original", "translated", "problem"),
    [
        ("%(n)s agents", "%(n)s 位代理商", ""),
        ("%(n)s agents", "代理商", "other placeholders"),
        ("%(n)s agents", "%(m)s 位代理商", "other placeholders"),
        ("{count} of %s", "%s 中的 {count}", ""),
        ('<a href="x">here</a>', '<a href="x">此处</a>', ""),
        ('<a href="x">here</a>', "此处", "other placeholders"),
        (("a day", "%(n)s days"), ("%(n)s 天",), ""),
        (("a day", "%(n)s days"), ("天",), "other placeholders"),
        ("Agents", "", "untranslated"),
    ],
)
def test_placeholders_are_compared(original: str | tuple[str, str], translated: str | tuple[str], problem: str) -> None:
    assert command.problem_of(Message(original, translated)) == problem


def test_a_guess_is_not_a_translation() -> None:
    assert command.problem_of(Message("Agents", "代理", flags=["fuzzy"])) == "fuzzy"


def test_every_difference_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "django.po"
    monkeypatch.setattr(command, "PO", path)
    found: dict[command.Key, command.Found] = {(None, "Agents"): command.Found()}
    whole = Catalog(locale="zh_Hans")
    whole.add("Agents", "代理商")
    merged = command.merge(found, whole)
    path.write_bytes(command.render_po(merged))
    path.with_suffix(".mo").write_bytes(command.render_mo(merged))
    assert list(command.find_problems(found, command.read_catalog(path))) == []
    other: dict[command.Key, command.Found] = {(None, "Stock"): command.Found()}
    assert list(command.find_problems(other, command.read_catalog(path)))[:2] == [
        "missing: 'Stock'",
        "stale: 'Agents'",
    ]
    path.with_suffix(".mo").write_bytes(b"old")
    assert list(command.find_problems(found, command.read_catalog(path))) == [
        "django.mo is not what --write would write"
    ]


def test_what_django_translates_is_left_to_django() -> None:
    known = command.known_elsewhere()
    assert "Log out" in known
    assert "Type to search" not in known
