"""Boxes of facts, rows and buttons, of which a page about one thing is made; and boxes other apps add to it.

An app that stands above the page's own adds a box when it is ready:

    class OrdersConfig(AppConfig):
        def ready(self) -> None:
            from console import panels
            from tenant_apps.orders.admin.agent_panel import orders_of_agent

            panels.register("agents.agent", orders_of_agent)

A provider gets the request and the object's id, costs a query or two, and returns None where the person at the screen
may not see what it would show.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from console.display import Tone
from console.timeline import Entry
from kernel.core import clock
from kernel.core.errors import Text


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: Text
    value: Text
    link: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a list: a title, a note below, a figure at the side, a state as a label, a link onwards."""

    title: Text
    note: Text = ""
    side: Text = ""
    label: Text = ""
    tone: Tone = ""
    link: str = ""
    more: Text = ""
    more_link: str = ""


@dataclass(frozen=True)
class Meter:
    """Use of something limited; without a limit there is nothing to fill."""

    name: Text
    used: int
    limit: int | None

    @property
    def is_full(self) -> bool:
        """Return whether nothing can be added."""
        return self.limit is not None and self.used >= self.limit


@dataclass
class Panel:
    """A titled box. `acts` are the buttons unfold made of the admin's actions; `acting` names them.

    `copied` is what the box's button puts on the clipboard.
    """

    key: str
    title: Text
    icon: str
    acting: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    rows: Sequence[Row] | None = None
    meters: Sequence[Meter] = ()
    empty: Text = ""
    more: str = ""
    copied: Text = ""
    pictures: Sequence[str] = ()
    acts: Sequence[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Chart:
    """A titled chart above the boxes; `data` is what `console.dashboard.chart` wrote, `kind` is bar or line."""

    title: Text
    data: str
    kind: Literal["bar", "line"] = "bar"


Provider = Callable[[HttpRequest, int], Panel | None]
ChartProvider = Callable[[HttpRequest, int], Chart | None]
EntryProvider = Callable[[HttpRequest, int], Iterable[Entry]]
_providers: dict[str, list[Provider]] = {}
_chart_providers: dict[str, list[ChartProvider]] = {}
_entry_providers: dict[str, list[EntryProvider]] = {}
_acts: dict[str, dict[str, Callable[..., Any]]] = {}
_head_acts: dict[str, list[str]] = {}


def register(page: str, provider: Provider) -> None:
    """Ask `provider` for a box on every page of this kind from here on; registering it again changes nothing."""
    known = _providers.setdefault(page, [])
    if provider not in known:
        known.append(provider)


def collect(page: str, request: HttpRequest, object_id: int) -> list[Panel]:
    """Return the boxes other apps add, in the order of registration."""
    found = (provider(request, object_id) for provider in _providers.get(page, ()))
    return [panel for panel in found if panel is not None]


def register_chart(page: str, provider: ChartProvider) -> None:
    """Ask `provider` for a chart on every page of this kind from here on; registering it again changes nothing."""
    known = _chart_providers.setdefault(page, [])
    if provider not in known:
        known.append(provider)


def collect_charts(page: str, request: HttpRequest, object_id: int) -> list[Chart]:
    """Return the charts other apps add, in the order of registration."""
    found = (provider(request, object_id) for provider in _chart_providers.get(page, ()))
    return [chart for chart in found if chart is not None]


def register_entries(page: str, provider: EntryProvider) -> None:
    """Ask `provider` for lines of the history on every page of this kind; registering it again changes nothing."""
    known = _entry_providers.setdefault(page, [])
    if provider not in known:
        known.append(provider)


def collect_entries(page: str, request: HttpRequest, object_id: int) -> list[Entry]:
    """Return the lines of other apps' histories."""
    return [entry for provider in _entry_providers.get(page, ()) for entry in provider(request, object_id)]


def register_act(page: str, act: Callable[..., Any], *, is_in_head: bool = False) -> None:
    """Add an `object_action` to every page of this kind: in the page's head, or where a box names it as `acting`."""
    name = act.__name__
    _acts.setdefault(page, {})[name] = act
    heads = _head_acts.setdefault(page, [])
    if is_in_head and name not in heads:
        heads.append(name)


def acts_of(page: str) -> Mapping[str, Callable[..., Any]]:
    """Return the actions other apps add, by name, in the order of registration."""
    return _acts.get(page, {})


def head_acts_of(page: str) -> Sequence[str]:
    """Return the names of those in the page's head."""
    return _head_acts.get(page, ())


def facts(pairs: Iterable[tuple[Text, Any]]) -> list[Fact]:
    """Return facts from pairs, without the empty ones."""
    return [Fact(name, written(value)) for name, value in pairs if value not in {None, ""}]


def written(value: Any) -> Text:
    """Return moments and days in the reader's way, on the brand's clock; everything else as it is."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value, clock.brand_zone()), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return value if isinstance(value, str) or hasattr(value, "_proxy____args") else str(value)
