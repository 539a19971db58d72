"""Read VAT rates by date."""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Expression, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tenant_apps.catalog.models import ProductTaxRate


@dataclass(frozen=True, slots=True)
class TaxHistory:
    """A product's rates over time: `rates[0]` before `days[0]`, then `rates[1]` before `days[1]` …"""

    days: tuple[date, ...]
    rates: tuple[Decimal, ...]

    def on(self, day: date) -> Decimal:
        return self.rates[bisect_right(self.days, day)]


def rate_on(day: date, *, product: str, base: str) -> Expression:
    """Build the column of the rate on a day: the latest row not after it, else the product's own."""
    rows = ProductTaxRate.objects.filter(product=OuterRef(product), valid_from__lte=day).order_by("-valid_from")
    return Coalesce(Subquery(rows.values("rate")[:1]), F(base))


def get_tax_histories(*, product_ids: Collection[int]) -> dict[int, TaxHistory]:
    """Map each product whose rate ever changed to its rates, in one query."""
    rows = ProductTaxRate.objects.filter(product_id__in=set(product_ids)).order_by("product_id", "valid_from")
    found: dict[int, tuple[list[date], list[Decimal]]] = {}
    for product_id, base, day, rate in rows.values_list("product_id", "product__tax_rate", "valid_from", "rate"):
        days, rates = found.setdefault(product_id, ([], [base]))
        days.append(day)
        rates.append(rate)
    return {product_id: TaxHistory(tuple(days), tuple(rates)) for product_id, (days, rates) in found.items()}


def list_tax_rates(*, product_id: int) -> QuerySet[ProductTaxRate]:
    return ProductTaxRate.objects.filter(product_id=product_id).order_by("-valid_from", "-id")
