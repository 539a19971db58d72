"""Read level prices."""

from datetime import datetime

from django.db.models import Q, QuerySet

from tenant_apps.pricing.models import LevelPrice


def holding(as_of: datetime) -> Q:
    return Q(valid_from__lte=as_of) & (Q(valid_until__isnull=True) | Q(valid_until__gt=as_of))


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
