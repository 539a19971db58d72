"""The consoles' navigation: sections by job, their pages, and the tabs of a page.

The entries are configuration; what a person sees of them is decided per request. A section and a page lead to the
first place below them that the person may open, and disappear with the last.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from console.access import may_read
from kernel.core.errors import Text

_LIST = "_changelist"


_consoles: dict[str, AdminSite] = {}


def add_console(site: AdminSite) -> None:
    """Make a console's lists known by its name."""
    _consoles[site.name] = site


@dataclass(frozen=True)
class Entry:
    """One page of a section, which may stand for several shown as tabs.

    `page` is a URL name inside the site, such as `orders_order_changelist`; with a colon it is a name of its own, such
    as `billing:plan`. Without `permission` a list is shown to whom its admin lets in, any other page to everybody.
    `query` makes the entry a filtered list. `also` are beginnings of addresses below the console that belong to it.
    `purpose` and `begin` are for a list that is empty: what it is for, and how to get its first rows.
    """

    title: Text
    page: str = ""
    permission: str = ""
    icon: str = ""
    arguments: Sequence[str] = ()
    query: str = ""
    also: Sequence[str] = ()
    tabs: Sequence["Entry"] = ()
    purpose: Text = ""
    begin: "Entry | None" = None


@dataclass(frozen=True)
class Section:
    """A job: one line of the sidebar, below which its pages stand while one of them is open."""

    title: Text
    icon: str
    entries: Sequence[Entry]
    is_in_phone_bar: bool = False


@dataclass
class Link:
    """An entry as one person sees it now."""

    title: Text
    link: str
    icon: str = ""
    active: bool = False
    items: Sequence["Link"] = ()
    query: str = ""
    beginnings: Sequence[str] = ()
    is_in_phone_bar: bool = False
    purpose: Text = ""
    begin: "Link | None" = None


def sidebar(site: str, sections: Sequence[Section]) -> Callable[[HttpRequest], list[dict[str, Any]]]:
    """Return the callable unfold asks for a site's navigation; it asks once per page."""

    def navigation(request: HttpRequest) -> list[dict[str, Any]]:
        return [{"section": link, "items": []} for link in list_links(site, sections, request)]

    return navigation


def list_links(site: str, sections: Sequence[Section], request: HttpRequest) -> list[Link]:
    """Return the sections this person may open, with the open page, its section and its tab marked."""
    links = [link for section in sections if (link := _section(site, section, request)) is not None]
    _mark_active(links, request)
    return links


def list_tabs(links: Sequence[Link], path: str) -> Sequence[Link]:
    """Return the tabs of the open page; none where there would be one only, and none on the page of one thing."""
    for section in links:
        for page in section.items:
            if page.active and len(page.items) > 1 and any(tab.beginnings[0] == path for tab in page.items):
                return page.items
    return ()


def find_open_place(links: Sequence[Link]) -> Link | None:
    """Return the place that is open, None on a page that is in no navigation."""
    return next((place for _section, place in list_pages(links) if place.active), None)


def list_acts(site: str, acts: Sequence[Entry], request: HttpRequest) -> list[Link]:
    """Return links to the acts that this person may begin anywhere."""
    return [link for act in acts if (link := _place(site, act, request)) is not None]


def list_pages(links: Sequence[Link]) -> Iterator[tuple[Link, Link]]:
    """Yield every place one can go to, with the section it belongs to."""
    for section in links:
        for page in section.items:
            for place in page.items or (page,):
                yield section, place


def _section(site: str, section: Section, request: HttpRequest) -> Link | None:
    pages = [page for entry in section.entries if (page := _page(site, entry, request)) is not None]
    if not pages:
        return None
    return Link(section.title, pages[0].link, section.icon, items=pages, is_in_phone_bar=section.is_in_phone_bar)


def _page(site: str, entry: Entry, request: HttpRequest) -> Link | None:
    if not entry.tabs:
        return _place(site, entry, request)
    tabs = [tab for one in entry.tabs if (tab := _place(site, one, request)) is not None]
    return Link(entry.title, tabs[0].link, items=tabs) if tabs else None


def _place(site: str, entry: Entry, request: HttpRequest) -> Link | None:
    """Return a link to the entry's own page; None where it is not installed or not for this person."""
    if not _may_open(site, entry, request):
        return None
    try:
        address = reverse(entry.page if ":" in entry.page else f"{site}:{entry.page}", args=entry.arguments)
    except NoReverseMatch:
        return None
    home = reverse(f"{site}:index")
    return Link(
        entry.title,
        f"{address}?{entry.query}" if entry.query else address,
        entry.icon,
        query=entry.query,
        purpose=entry.purpose,
        begin=_place(site, entry.begin, request) if entry.begin else None,
        beginnings=(address, *(f"{home}{beginning}" for beginning in entry.also)),
    )


def _may_open(site: str, entry: Entry, request: HttpRequest) -> bool:
    if entry.permission:
        return may_read(request, entry.permission)
    if ":" in entry.page or not entry.page.endswith(_LIST):
        return True
    name = entry.page.removesuffix(_LIST)
    console = _consoles[site]
    admins = (admin for model, admin in console._registry.items() if model._meta.label_lower.replace(".", "_") == name)
    return any(admin.has_view_permission(request) for admin in admins)


def _mark_active(links: Sequence[Link], request: HttpRequest) -> None:
    """Mark the place that fits the address best: by its longest beginning, then by most of its query."""
    best = (0, 0)
    found: tuple[Link, ...] = ()
    for section in links:
        for page in section.items:
            for place in page.items or (page,):
                fit = _fit(place, request)
                if fit is not None and fit > best:
                    best = fit
                    found = (section, page, place)
    for link in found:
        link.active = True


def _fit(place: Link, request: HttpRequest) -> tuple[int, int] | None:
    wanted = parse_qs(place.query)
    if any(request.GET.getlist(name) != values for name, values in wanted.items()):
        return None
    lengths = [len(one) for one in place.beginnings if _is_below(request.path, one)]
    return (max(lengths), len(wanted)) if lengths else None


def _is_below(path: str, beginning: str) -> bool:
    """Tell whether a page belongs to an address; the console's first page has nothing below it."""
    return path.startswith(beginning) if beginning.strip("/").count("/") else path == beginning
