"""Place and quote orders as a body asks for."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Forbidden, Invalid
from kernel.tenancy.actors import current_actor
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import Buyer, NewLine, OrderAdjustments, Receiver
from tenant_apps.orders.schemas.incoming import LineIn, OrderIn, QuoteIn
from tenant_apps.orders.services.cloud_stock import place_dispatch_order
from tenant_apps.orders.services.discounting import ensure_may_discount
from tenant_apps.orders.services.place_order import AgentMissing, place_restock_order, place_retail_order
from tenant_apps.orders.services.place_sample import place_sample_order
from tenant_apps.orders.services.quote_order import Quote, quote_order

SAMPLE_PERMISSION: Final = "orders.sample"
_OF_AGENTS: Final = frozenset({"restock", "dispatch"})


class NotForThisKind(Invalid):
    code = "not_for_this_kind"
    title = _("Orders of this kind do not have this")


class SamplesNotAllowed(Forbidden):
    code = "samples_not_allowed"
    title = _("Your role does not include samples")


def place(payload: OrderIn, *, now: datetime) -> Order:
    """Place the order. Raises AgentMissing, NotForThisKind, DiscountNotAllowed, SamplesNotAllowed, and what placing
    raises.
    """
    lines = _lines(payload.lines)
    adjustments = OrderAdjustments(
        payload.discount,
        payload.freight,
        payload.external_number,
        payload.note,
        is_pickup=payload.pickup,
        into_cloud=payload.into_cloud,
    )
    _ensure_fits_kind(payload)
    _ensure_allowed(payload.kind, lines, adjustments)
    receiver = Receiver(**payload.receiver.model_dump())
    if payload.kind in _OF_AGENTS:
        place_agents_order = place_restock_order if payload.kind == "restock" else place_dispatch_order
        return place_agents_order(
            agent_id=payload.agent_id or 0,
            lines=lines,
            receiver=receiver,
            channel=payload.channel,
            adjustments=adjustments,
            now=now,
        )
    buyer = Buyer(receiver=receiver, **payload.buyer.model_dump())
    if payload.kind == "sample":
        return place_sample_order(
            lines=lines,
            buyer=buyer,
            agent_id=payload.agent_id,
            channel=payload.channel,
            adjustments=adjustments,
            now=now,
        )
    return place_retail_order(
        lines=lines,
        buyer=buyer,
        agent_code=payload.agent_code,
        channel=payload.channel,
        adjustments=adjustments,
        now=now,
    )


def quote(payload: QuoteIn, *, now: datetime) -> Quote:
    """Quote the order. Raises AgentMissing, DiscountNotAllowed, SamplesNotAllowed, and what quoting raises."""
    lines = _lines(payload.lines)
    adjustments = OrderAdjustments(
        payload.discount, payload.freight, is_pickup=payload.pickup, into_cloud=payload.into_cloud
    )
    if payload.kind in _OF_AGENTS and payload.agent_id is None:
        raise AgentMissing(field="agent_id")
    _ensure_allowed(payload.kind, lines, adjustments)
    return quote_order(
        kind=payload.kind,
        lines=lines,
        agent_id=payload.agent_id,
        receiver=Receiver(**payload.receiver.model_dump()),
        adjustments=adjustments,
        now=now,
    )


def _lines(lines: list[LineIn]) -> list[NewLine]:
    return [NewLine(line.sku, line.quantity, line.unit_price) for line in lines]


def _ensure_fits_kind(payload: OrderIn) -> None:
    """Refuse what an order of this kind has no place for, instead of dropping it."""
    if payload.kind in _OF_AGENTS and payload.agent_id is None:
        raise AgentMissing(field="agent_id")
    given = {
        "agent_id": payload.kind == "retail" and payload.agent_id is not None,
        "agent_code": payload.kind != "retail" and bool(payload.agent_code),
        "buyer": payload.kind in _OF_AGENTS and payload.buyer != type(payload.buyer)(),
        "into_cloud": payload.into_cloud and payload.kind != "restock",
        "pickup": payload.into_cloud and payload.pickup,
        "receiver": payload.into_cloud and payload.receiver != type(payload.receiver)(),
        "buyer.referral": payload.kind == "sample" and bool(payload.buyer.referral),
    }
    errors = [FieldError(name, NotForThisKind.code, NotForThisKind.title) for name, wrong in given.items() if wrong]
    if errors:
        raise NotForThisKind(errors=errors)


def _ensure_allowed(kind: str, lines: list[NewLine], adjustments: OrderAdjustments) -> None:
    if kind == "sample" and not current_actor().may(SAMPLE_PERMISSION):
        raise SamplesNotAllowed(field="kind")
    ensure_may_discount(lines=lines, adjustments=adjustments)
