"""Read what was sold beyond stock, and what may be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from kernel.core import clock
from tenant_apps.inventory.models import Backorder, SkuSetting, Stock
from tenant_apps.inventory.rules.backorders import Allowance, allow
from tenant_apps.inventory.states import SELLING_KINDS, OversellPolicy

__all__ = [
    "Allowance",
    "Promise",
    "get_allowances",
    "get_promises",
    "has_promises",
    "list_backorders",
    "list_fillable",
    "list_waiting_sources",
]


@dataclass(frozen=True, slots=True)
class Promise:
    """Goods that a source bought beyond stock: `kind` (presale or backorder), latest promised day, pieces to come."""

    kind: str
    promised_on: date
    waiting: int

    @property
    def label(self) -> str:
        return str(OversellPolicy(self.kind).label)


def get_promises(*, sources: Sequence[str]) -> dict[str, Promise]:
    """Map the sources that bought beyond stock, and did not give all of it up, to their promise; in one statement.

    A source with goods of both kinds counts as presale.
    """
    found: dict[str, Promise] = {}
    rows = Backorder.objects.filter(source__in=list(sources)).order_by("id")
    for row in rows:
        if row.quantity == row.released:
            continue
        before = found.get(row.source, Promise(row.kind, row.promised_on, 0))
        kind = OversellPolicy.PRESALE if OversellPolicy.PRESALE in {row.kind, before.kind} else row.kind
        found[row.source] = Promise(kind, max(before.promised_on, row.promised_on), before.waiting + row.open)
    return found


def get_allowances(*, variant_ids: Collection[int], now: datetime) -> dict[int, Allowance]:
    """Map the variants that may be sold beyond stock now to how many pieces still may, and the day promised."""
    settings = SkuSetting.objects.filter(variant_id__in=variant_ids).exclude(oversell=OversellPolicy.NONE)
    found = {one.variant_id: allow(one, clock.business_date(now)) for one in settings.order_by("id")}
    return {pk: one for pk, one in found.items() if one is not None}


def list_backorders(*, sku: str = "", is_waiting: bool | None = None) -> QuerySet[Backorder]:
    """List what was sold beyond stock, newest first; `is_waiting` keeps what still waits, or does not any more."""
    found = Backorder.objects.select_related("variant__product").order_by("-id")
    if sku:
        found = found.filter(variant__sku=sku.strip().upper())
    if is_waiting is None:
        return found
    waits = Backorder.objects.waiting().values("pk")
    return found.filter(pk__in=waits) if is_waiting else found.exclude(pk__in=waits)


def list_waiting_sources() -> list[str]:
    """Return the sources of which pieces wait, the oldest first."""
    rows = Backorder.objects.waiting().order_by("id").values_list("source", flat=True)
    return list(dict.fromkeys(rows))


def has_promises() -> bool:
    """Tell whether anything was ever sold beyond stock."""
    return Backorder.objects.exists()


def list_fillable() -> list[int]:
    """Return the variants of which pieces wait while a warehouse that sells has some that are not reserved."""
    free = Stock.objects.available_somewhere(SELLING_KINDS)
    waiting = SkuSetting.objects.filter(waiting__gt=0, variant_id__in=free)
    return list(waiting.order_by("variant_id").values_list("variant_id", flat=True))
