"""Place an order of goods that are sent in exchange for others."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import money
from kernel.core.errors import FieldError
from kernel.core.money import ZERO
from kernel.core.states import compare_and_set
from kernel.events import outbox
from tenant_apps.catalog.selectors.sellable import SellableVariant, get_variants_by_sku
from tenant_apps.orders.events import OrderPaid
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.after_sales import Replacement
from tenant_apps.orders.rules.lines import (
    Article,
    InvalidAdjustments,
    NewLine,
    OrderAdjustments,
    normalise_lines,
    price_lines,
)
from tenant_apps.orders.services.place_order import write_order
from tenant_apps.orders.states import OrderKind, PaymentState


def place_exchange_order(
    *, order: Order, replacements: Sequence[Replacement], to_pay: Decimal, note: str, now: datetime
) -> Order:
    """Place an order of kind exchange for the buyer of `order`, at list prices less a discount that leaves `to_pay`.

    Buyer, receiver, agent and upline are those of `order`. With nothing to pay it is paid at once. Needs a transaction.
    Raises InvalidLines, InvalidAdjustments (more to pay than the goods cost), InsufficientStock, QuotaExceeded.
    """
    normal = normalise_lines([NewLine(one.sku, one.quantity) for one in replacements])
    variants = get_variants_by_sku(skus=[line.sku for line in normal], now=now)
    articles = {sku: _article(variant) for sku, variant in variants.items()}
    full = sum((line.goods_amount for line in price_lines(normal, articles, OrderAdjustments())), ZERO)
    if to_pay > full:
        detail = _("The goods in exchange cost %(full)s: no more can be left to pay") % {"full": full}
        raise InvalidAdjustments(errors=[FieldError("difference", InvalidAdjustments.code, detail)])
    adjustments = OrderAdjustments(discount=money.round_money(full - to_pay), note=note)
    head: dict[str, object] = {
        "kind": OrderKind.EXCHANGE,
        "channel_id": order.channel_id,
        "customer_id": order.customer_id,
        "agent_id": order.agent_id,
        "upline": [{name: value for name, value in one.items() if name != "is_buyer"} for one in order.upline],
        "receiver": order.receiver,
        "placed_at": now,
    }
    sent = write_order(head, price_lines(normal, articles, adjustments), adjustments)
    if not sent.total:
        _mark_paid(sent, now)
    return sent


def _mark_paid(order: Order, now: datetime) -> None:
    """Wait for no payment where there is nothing to pay; no money is booked."""
    unpaid = Order.objects.filter(pk=order.pk)
    compare_and_set(unpaid, field="payment_state", expected=PaymentState.UNPAID, wanted=PaymentState.PAID, paid_at=now)
    order.payment_state = PaymentState.PAID
    order.paid_at = now
    outbox.publish(OrderPaid(order_id=order.pk, paid_at=now))


def _article(variant: SellableVariant) -> Article:
    """Return the goods as any order sells them; those that are off the shelf may be sent in exchange all the same."""
    return Article(
        variant_id=variant.id,
        name=f"{variant.product_name} {variant.variant_name}".strip(),
        is_stocked=variant.kind != "service",
        is_on_shelf=True,
        tax_rate=variant.tax_rate,
        price=variant.retail_price,
        parts=tuple((part.variant_id, part.quantity) for part in variant.parts),
    )
