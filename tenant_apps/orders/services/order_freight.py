"""Settle the freight of an order: as given, or by the brand's freight templates."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from kernel.china import divisions
from kernel.core.money import MAX_MONEY, ZERO
from tenant_apps.orders.rules.lines import InvalidAdjustments, OrderAdjustments, PricedLine
from tenant_apps.orders.states import OrderKind
from tenant_apps.shipping.services.freight import FreightGoods, Quote, quote_freight

_SENT_FOR_MONEY = frozenset({OrderKind.RETAIL, OrderKind.RESTOCK, OrderKind.DISPATCH})


def settle_freight(*, head: Mapping[str, object], adjustments: OrderAdjustments, lines: Sequence[PricedLine]) -> Quote:
    """Return the freight with its shares; it is 0.00 without templates and for what nobody pays or delivers.

    Raises what quote_freight raises, with fields of the order's body, and InvalidAdjustments for too large an order.
    """
    if adjustments.freight is not None:
        return Quote(adjustments.freight, ())
    if adjustments.is_pickup or adjustments.into_cloud or head["kind"] not in _SENT_FOR_MONEY:
        return Quote(ZERO, ())
    receiver = head["receiver"]
    place = receiver if isinstance(receiver, dict) else {}
    names = (str(place.get("province", "")), str(place.get("city", "")), str(place.get("district", "")))
    goods = [_goods(line) for line in lines if line.article.is_stocked]
    if not goods or not (any(names) or place.get("address")):
        return Quote(ZERO, ())
    quote = quote_freight(goods=goods, district_code=_district_code(*names), field="receiver.district")
    if quote is None:
        return Quote(ZERO, ())
    if sum((line.goods_amount for line in lines), ZERO) + quote.amount > MAX_MONEY:
        raise InvalidAdjustments(_("The order is too large"), field="lines")
    return quote


@lru_cache(maxsize=4096)
def _district_code(province: str, city: str, district: str) -> str:
    """Return the district that the names mean; "" where they mean none or several."""
    found = divisions.find_districts(district=district, city=city, province=province)
    return found[0].district_code if len(found) == 1 else ""


def _goods(line: PricedLine) -> FreightGoods:
    return FreightGoods(
        pieces=line.quantity,
        grams=line.article.weight_grams,
        money=Decimal(line.goods_amount),
        template_id=line.article.freight_template_id,
        label=line.sku,
        field=f"lines.{line.line_no - 1}.sku",
    )
