"""Name the subjects of the audit log: what it is, its name, and its page where the person may open it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import Truncator

from console.access import may_read
from kernel.core.audit_words import Subject, find_subject

if TYPE_CHECKING:
    from console.sites import ConsoleSite

MAX_TITLE_LENGTH = 60
Named = dict[str, tuple[str, str]]


def name_subjects(request: HttpRequest, site: "ConsoleSite", subjects: Iterable[str]) -> Named:
    """Map each subject such as "order:42" to its words and its address; one query for each kind of thing.

    The address is empty where there is no page, or none for this person. A kind that no app declares keeps its code.
    """
    by_kind: dict[Subject, dict[str, str]] = {}
    found: Named = {}
    for subject in set(subjects):
        kind, key = find_subject(subject)
        if kind is None:
            found[subject] = (subject, "")
        else:
            by_kind.setdefault(kind, {})[subject] = key
    for kind, keys in by_kind.items():
        pages = _pages_of(request, site, kind, set(keys.values())) if kind.model else {}
        for subject, key in keys.items():
            title, address = pages.get(key) or (key if kind.key_is_shown else "", _own_page(request, kind, key))
            found[subject] = (" ".join(filter(None, [str(kind.name), title])), address)
    return found


def _pages_of(request: HttpRequest, site: "ConsoleSite", kind: Subject, keys: set[str]) -> Named:
    """Map keys to the names and pages of their rows; a thing without a page in this console has none."""
    found_model = next((model for model in site._registry if model._meta.label_lower == kind.model), None)
    if found_model is None:
        return {}
    may_open = site._registry[found_model].has_view_permission(request)
    wanted = {key for key in keys if key.isdecimal() and len(key) < 19} if kind.key == "pk" else keys
    found = {}
    for row in found_model._default_manager.filter(**{f"{kind.key}__in": wanted}):
        title = Truncator(getattr(row, kind.title) if kind.title else str(row)).chars(MAX_TITLE_LENGTH)
        name = f"{site.name}:{row._meta.app_label}_{row._meta.model_name}_change"
        found[str(getattr(row, kind.key))] = (title, reverse(name, args=[row.pk]) if may_open else "")
    return found


def _own_page(request: HttpRequest, kind: Subject, key: str) -> str:
    if not kind.page or not may_read(request, kind.permission):
        return ""
    try:
        return reverse(kind.page, args=[] if kind.is_single else [key])
    except NoReverseMatch:
        return ""
