"""What the one page of a brand is made of: panels of facts, rows and meters, as plain values the template draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format, number_format

from console.display import Tone
from kernel.core import clock
from kernel.core.errors import Text

ROWS: Final = 6  # of each list; the rest stands behind the link of the panel


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: Text
    value: Text
    link: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a list: what it is, a note below, a figure at the side, and its state as a label."""

    title: Text
    note: Text = ""
    side: Text = ""
    label: Text = ""
    tone: Tone = ""
    link: str = ""


@dataclass(frozen=True)
class Meter:
    """How much of a quota is used; without a limit there is nothing to fill."""

    name: Text
    used: int
    limit: int | None

    @property
    def is_full(self) -> bool:
        """Whether nothing can be added."""
        return self.limit is not None and self.used >= self.limit


@dataclass
class Panel:
    """A titled box. `acts` are the buttons unfold made of the admin's actions; `acting` names them."""

    key: str
    title: Text
    icon: str
    acting: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    rows: Sequence[Row] | None = None
    meters: Sequence[Meter] = ()
    empty: Text = ""
    more: str = ""
    acts: Sequence[Any] = field(default_factory=list)


def facts(pairs: Iterable[tuple[Text, Any]]) -> list[Fact]:
    """Facts from pairs; what is empty is left out."""
    return [Fact(name, written(value)) for name, value in pairs if value not in {None, ""}]


def written(value: Any) -> Text:
    """Moments and days in the reader's way, on the platform's clock; everything else as it is."""
    if isinstance(value, datetime):
        return date_format(value.astimezone(clock.brand_zone()), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return value if isinstance(value, str) or hasattr(value, "_proxy____args") else str(value)


def amount(value: Any, currency: str) -> str:
    """Money with its currency."""
    sign = {"CNY": "¥", "USD": "$", "EUR": "€"}.get(currency.upper(), f"{currency.upper()} ")
    return f"{sign}{number_format(value, decimal_pos=2, use_l10n=True, force_grouping=True)}"


def page_of(model: str, pk: int) -> str:
    """The page of an object in the platform's console: `page_of("billing_offlinepayment", 7)`."""
    return reverse(f"platform:{model}_change", args=[pk])


def list_of(model: str, brand: Any) -> str:
    """The list of a model's objects, narrowed to the brand."""
    return f"{reverse(f'platform:{model}_changelist')}?brand__id__exact={brand.pk}"


def first(rows: QuerySet[Any]) -> list[Any]:
    """The first few rows."""
    return list(rows[:ROWS])
