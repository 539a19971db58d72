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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, number_format

from console.display import Tone
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
    """One line of a list: what it is, a note below, a figure at the side, its state as a label, and a way onwards."""

    title: Text
    note: Text = ""
    side: Text = ""
    label: Text = ""
    tone: Tone = ""
    link: str = ""
    more: Text = ""
    more_link: str = ""


@dataclass
class Panel:
    """A titled box. `acts` are the buttons unfold made of the admin's actions; `acting` names them."""

    key: str
    title: Text
    icon: str
    acting: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    rows: Sequence[Row] | None = None
    empty: Text = ""
    more: str = ""
    acts: Sequence[Any] = field(default_factory=list)


Provider = Callable[[HttpRequest, int], Panel | None]
_providers: dict[str, list[Provider]] = {}


def register(page: str, provider: Provider) -> None:
    """Ask `provider` for a box on every page of this kind from here on; registering it again changes nothing."""
    known = _providers.setdefault(page, [])
    if provider not in known:
        known.append(provider)


def collect(page: str, request: HttpRequest, object_id: int) -> list[Panel]:
    """The boxes other apps add, in the order of registration."""
    found = (provider(request, object_id) for provider in _providers.get(page, ()))
    return [panel for panel in found if panel is not None]


def facts(pairs: Iterable[tuple[Text, Any]]) -> list[Fact]:
    """Facts from pairs; what is empty is left out."""
    return [Fact(name, written(value)) for name, value in pairs if value not in {None, ""}]


def written(value: Any) -> Text:
    """Moments and days in the reader's way, on the brand's clock; everything else as it is."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value, clock.brand_zone()), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return value if isinstance(value, str) or hasattr(value, "_proxy____args") else str(value)


def money(value: Decimal) -> str:
    """Yuan with thousands separators."""
    return f"¥{number_format(value, decimal_pos=2, use_l10n=True, force_grouping=True)}"
