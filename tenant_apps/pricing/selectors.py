"""What others may ask about prices."""

from collections.abc import Collection
from decimal import Decimal

from django.db.models import QuerySet

from tenant_apps.pricing.models import LevelPrice


def get_level_prices(*, level_id: int, variant_ids: Collection[int]) -> dict[int, Decimal]:
    """Map variant id to the price (money) agents of this level pay, in one query; variants without one are absent."""
    prices = LevelPrice.objects.filter(level_id=level_id, variant_id__in=set(variant_ids))
    return dict(prices.order_by("id").values_list("variant_id", "price"))


def list_level_prices(*, level_id: int | None = None, variant_id: int | None = None) -> QuerySet[LevelPrice]:
    """Prices with their level and variant, newest first."""
    prices = LevelPrice.objects.select_related("level", "variant").order_by("-id")
    if level_id:
        prices = prices.filter(level_id=level_id)
    if variant_id:
        prices = prices.filter(variant_id=variant_id)
    return prices
