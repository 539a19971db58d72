"""Rules of restock orders: prices, order quantities, and the minimum first order."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid
from kernel.core.money import ZERO
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.sellable import SellableVariant
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import InvalidLines, NewLine, PricedLine
from tenant_apps.orders.states import OrderKind, OrderState, PaymentState
from tenant_apps.pricing.selectors import lots
from tenant_apps.pricing.selectors.resolver import ResolvedPrice, resolve_prices


class FirstOrderTooSmall(Invalid):
    code = "first_order_too_small"
    title = _("The first order is too small")


def resolve_restock_prices(
    *, agent_id: int, lines: Sequence[NewLine], variants: Mapping[str, SellableVariant], now: datetime
) -> dict[str, ResolvedPrice]:
    """Map each known SKU to the agent's price for this quantity, with its reason."""
    wanted = {line.sku: (variants[line.sku].id, line.quantity) for line in lines if line.sku in variants}
    prices = resolve_prices(agent_id=agent_id, lines=list(wanted.values()), as_of=now, is_basket=True)
    return {sku: prices[line] for sku, line in wanted.items()}


def ensure_allowed(*, agent_id: int, level_id: int, lines: Sequence[PricedLine]) -> None:
    """Raises InvalidLines, FirstOrderTooSmall."""
    ensure_whole_lots(level_id=level_id, lines=lines)
    ensure_first_order(agent_id=agent_id, level_id=level_id, lines=lines)


def ensure_whole_lots(*, level_id: int, lines: Sequence[PricedLine]) -> None:
    """Raises InvalidLines naming each line below the minimum quantity (below_minimum) or between two steps
    (not_in_steps).
    """
    held = lots.get_lots(level_id=level_id, variant_ids=[line.article.variant_id for line in lines])
    errors = []
    for line in lines:
        lot = held.get(line.article.variant_id)
        if lot is None or lot.allows(line.quantity):
            continue
        values = {"sku": line.sku, "minimum": lot.minimum, "step": lot.step}
        if line.quantity < lot.minimum:
            code = "below_minimum"
            detail = _("SKU %(sku)s is ordered from %(minimum)d pieces on")
        else:
            code = "not_in_steps"
            detail = _("SKU %(sku)s is ordered from %(minimum)d pieces on in steps of %(step)d")
        errors.append(FieldError(f"lines.{line.line_no - 1}.quantity", code, detail % values))
    if errors:
        raise InvalidLines(errors=errors)


def ensure_first_order(*, agent_id: int, level_id: int, lines: Sequence[PricedLine]) -> None:
    """Require the level's minimum until one restock order is paid and not refunded. Raises FirstOrderTooSmall.

    Unpaid orders do not count: one could be cancelled after a small order was accepted.
    """
    least = agents.get_level(level_id=level_id).first_order_minimum
    goods = sum((line.goods_amount for line in lines), ZERO)
    if goods >= least or _has_bought(agent_id):
        return
    raise FirstOrderTooSmall(
        _("The first order of this level comes to at least %(least)s; these goods come to %(goods)s")
        % {"least": least, "goods": goods},
        field="lines",
    )


def _has_bought(agent_id: int) -> bool:
    kept = (PaymentState.PAID, PaymentState.PARTLY_REFUNDED)
    orders = Order.objects.filter(agent_id=agent_id, kind=OrderKind.RESTOCK, payment_state__in=kept)
    return orders.exclude(state=OrderState.CANCELLED).exists()


def reasons(lines: Sequence[NewLine], prices: Mapping[str, ResolvedPrice]) -> dict[str, object]:
    elsewhere = {line.sku: str(line.unit_price) for line in lines if line.unit_price is not None}
    return {
        sku: {"price": elsewhere[sku], "source": "agreed_elsewhere"} if sku in elsewhere else one.as_reason()
        for sku, one in prices.items()
    }
