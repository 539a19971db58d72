"""The sidebar: which entries there are is configuration, whether a user sees one is decided per request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from console.access import may_read
from kernel.core.errors import Text


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar.

    `page` is a URL name inside the site, such as `orders_order_changelist`; with a colon it is a name of its own, such
    as `billing:plan`.
    """

    title: Text
    icon: str
    page: str
    permission: str = ""

    def url_name(self, site: str) -> str:
        return self.page if ":" in self.page else f"{site}:{self.page}"


@dataclass(frozen=True)
class Group:
    """A titled block of entries; it disappears with its last visible entry."""

    title: Text
    entries: Sequence[Entry]
    collapsible: bool = False


def sidebar(site: str, groups: Sequence[Group]) -> Callable[[HttpRequest], list[dict[str, Any]]]:
    """Return the callable unfold asks for a site's navigation. An entry whose app is not installed is left out."""

    def navigation(request: HttpRequest) -> list[dict[str, Any]]:
        blocks = []
        for group in groups:
            items = [item for entry in group.entries if (item := _item(site, entry, request)) is not None]
            if items:
                blocks.append({"title": group.title, "items": items, "collapsible": group.collapsible})
        return blocks

    return navigation


def _item(site: str, entry: Entry, request: HttpRequest) -> dict[str, Any] | None:
    if entry.permission and not may_read(request, entry.permission):
        return None
    try:
        link = reverse(entry.url_name(site))
    except NoReverseMatch:
        return None
    return {"title": entry.title, "icon": entry.icon, "link": link}
