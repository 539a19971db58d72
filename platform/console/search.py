"""Search over a whole console: its pages and acts by their names, and what its lists hold by their own search.

A list takes part when its admin names a `hit_icon` and describes its objects with `describe_hit`; it answers whoever
may see it, with what its own search box finds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from console.navigation import Link, list_pages
from kernel.core.errors import Text

if TYPE_CHECKING:
    from console.admin import ServiceModelAdmin
    from console.sites import ConsoleSite

MAX_HITS_PER_LIST: Final = 5
MAX_LENGTH: Final = 100


@dataclass(frozen=True)
class Hit:
    """One answer: where it leads, its name, and what it is."""

    title: Text
    description: Text
    link: str
    icon: str


def find_hits(
    site: "ConsoleSite", request: HttpRequest, words: str, *, links: Sequence[Link], acts: Iterable[Link]
) -> list[Hit]:
    """Return acts and pages first, then objects list by list, in the navigation's order."""
    words = words.strip()[:MAX_LENGTH]
    if not words:
        return []
    return [*_find_places(words, links, acts), *_find_objects(site, request, words, links)]


def _find_places(words: str, links: Sequence[Link], acts: Iterable[Link]) -> Iterator[Hit]:
    wanted = words.casefold()
    for act in acts:
        if wanted in str(act.title).casefold():
            yield Hit(act.title, gettext("Action"), act.link, act.icon)
    for section, place in list_pages(links):
        if wanted in str(place.title).casefold() or wanted in str(section.title).casefold():
            yield Hit(place.title, section.title, place.link, section.icon)


def _find_objects(site: "ConsoleSite", request: HttpRequest, words: str, links: Sequence[Link]) -> Iterator[Hit]:
    order = [place.link for _section, place in list_pages(links)]
    admins: list[tuple[int, ServiceModelAdmin[Any], str]] = []
    for model, admin in site._registry.items():
        if not getattr(admin, "hit_icon", "") or not admin.has_view_permission(request):
            continue
        name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
        address = reverse(f"{name}_changelist")
        place = order.index(address) if address in order else len(order)
        admins.append((place, admin, name))  # type: ignore[arg-type]  # only these have icons
    for _place, admin, name in sorted(admins, key=lambda entry: entry[0]):
        found, may_repeat = admin.get_search_results(request, admin.get_queryset(request), words)
        # Told apart only where a row may come twice: it takes sorting all that was found.
        found = found.order_by(*admin.hit_ordering)
        subjects = list((found.distinct() if may_repeat else found)[:MAX_HITS_PER_LIST])
        for subject, (title, note) in zip(subjects, admin.describe_hits(words, subjects), strict=True):
            yield Hit(title, note, reverse(f"{name}_change", args=[subject.pk]), admin.hit_icon)
