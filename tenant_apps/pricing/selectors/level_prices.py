"""Read level prices."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from kernel.core import clock
from tenant_apps.pricing.models import LevelPrice


def holding(as_of: datetime) -> Q:
    return Q(valid_from__lte=as_of) & (Q(valid_until__isnull=True) | Q(valid_until__gt=as_of))


def get_level_prices(
    *, level_id: int, variant_ids: Collection[int], as_of: datetime | None = None
) -> dict[int, Decimal]:
    """Map variant id to the price (money) set for this level and one piece, in one query; others are absent."""
    prices = LevelPrice.objects.filter(level_id=level_id, variant_id__in=set(variant_ids), min_quantity=1)
    rows = prices.filter(holding(as_of or clock.now())).order_by("variant_id", "valid_from")
    return dict(rows.values_list("variant_id", "price"))


def list_level_prices(
    *, level_id: int | None = None, variant_id: int | None = None, in_force_at: datetime | None = None
) -> QuerySet[LevelPrice]:
    prices = LevelPrice.objects.select_related("level", "variant").order_by("-id")
    if level_id:
        prices = prices.filter(level_id=level_id)
    if variant_id:
        prices = prices.filter(variant_id=variant_id)
    if in_force_at is not None:
        prices = prices.filter(holding(in_force_at))
    return prices
