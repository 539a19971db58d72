"""Enter orders by hand on one screen."""

import uuid
from collections.abc import Sequence
from typing import Final

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.brand_pages import BrandPage
from console.json_acts import JsonAct
from console.regions import RegionField, RegionInput
from kernel.china import divisions
from kernel.core import clock
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.money import ZERO
from kernel.http import idempotency
from kernel.http.rendering import to_json
from tenant_apps.orders.models import Order
from tenant_apps.orders.schemas import outgoing, placing
from tenant_apps.orders.schemas.entry import OrderEntryIn, OrderEntryPaymentIn, QuoteEntryIn
from tenant_apps.orders.schemas.incoming import ReceiverIn
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.states import OrderKind, PaymentMethod
from tenant_apps.orders.views.suggestions import draft_of

_REGION: Final = RegionField(required=False, needs_district=True)


class PlacedBefore(Conflict):
    """The form was placed and its answer did not arrive; what was changed since is on no order."""

    code = "placed_before"
    title = _("This form was placed before")


class UnknownRegion(Invalid):
    code = "unknown_region"
    title = _("No region of this name is known")


class EntryPage(BrandPage, TemplateView):
    """The form; `again` in the address names an order whose buyer and goods it begins with."""

    permission = "orders.place"
    title = _("New order")
    template_name = "orders/console/entry.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        again = self.request.GET.get("again", "")
        number = int(again) if again.isdecimal() and len(again) < 19 else None
        kinds = [
            (OrderKind.RETAIL, _("Retail")),
            (OrderKind.RESTOCK, _("Restock")),
            (OrderKind.DISPATCH, OrderKind.DISPATCH.label),
        ]
        if may(self.request, placing.SAMPLE_PERMISSION):
            kinds.append((OrderKind.SAMPLE, _("Sample")))
        region = RegionInput(needs_district=True, reads_pasted=False)
        return super().get_context_data(
            draft=draft_of(number) if number is not None else None,
            key=str(uuid.uuid4()),
            kinds=kinds,
            channels=lists.list_channels(),
            methods=PaymentMethod.choices,
            may_discount=may(self.request, "orders.discount"),
            may_pay=may(self.request, "orders.pay"),
            region=region.render("region", "", {"id": "region", "class": "bn-search"}),
            **kwargs,
        )


class QuoteEntry(JsonAct):
    """Prices, reasons, totals and what placing would refuse, for the form as it stands."""

    permission = "orders.place"

    def act(self, request: HttpRequest) -> object:
        entry = QuoteEntryIn.model_validate_json(request.body)
        wrong: Sequence[FieldError] = ()
        try:
            entry.receiver = _with_region(entry.receiver, entry.region)
        except UnknownRegion as refusal:  # a region half typed keeps no price from being shown
            wrong = refusal.errors
            entry.freight = entry.freight or ZERO
        quote = placing.quote(entry, now=clock.now())
        errors = [{"field": one.field, "code": one.code, "detail": str(one.detail)} for one in (*wrong, *quote.errors)]
        return {**outgoing.quote_body(quote), "places": [one.place for one in quote.lines], "errors": errors}


class PlaceEntry(JsonAct):
    """Place the form's order, once, and record its payment where one is given."""

    permission = "orders.place"

    def act(self, request: HttpRequest) -> object:
        entry = OrderEntryIn.model_validate_json(request.body)
        if entry.payment is not None:
            ensure_may(request, "orders.pay")
        entry.order.receiver = _with_region(entry.order.receiver, entry.region)
        scope = idempotency.digest(b"console:orders.new", str(request.user.pk).encode())
        sent = idempotency.digest(request.body)
        ticket = idempotency.Ticket(scope, entry.key, fingerprint=scope)
        with transaction.atomic():
            known = idempotency.claim(ticket, now=clock.now())
            if known is not None:
                return _replayed(known.body, sent)
            answer = {**_place(entry), "sent": sent}
            idempotency.store(ticket, idempotency.StoredAnswer(201, {}, to_json(answer)))
        return answer


def _place(entry: OrderEntryIn) -> dict[str, object]:
    now = clock.now()
    order = placing.place(entry.order, now=now)
    if entry.payment is not None:
        pay_order(order_id=order.pk, method=entry.payment.method, reference=_reference(order, entry.payment), now=now)
    return {
        "id": order.pk,
        "number": order.number,
        "link": reverse("brand:orders_order_change", args=[order.pk]),
        "total": order.total,
        "is_paid": entry.payment is not None,
        "pickup_code": order.pickup_code,
        "next_key": str(uuid.uuid4()),
    }


def _reference(order: Order, payment: OrderEntryPaymentIn) -> str:
    """Return the payment's number; cash has none, so it is the order's."""
    if payment.reference or payment.method != PaymentMethod.CASH:
        return payment.reference
    return order.number


def _replayed(body: bytes, sent: str) -> dict[str, object]:
    """Return the first answer. Raises PlacedBefore if the form was changed since."""
    first: dict[str, object] = orjson.loads(body)
    if first["sent"] != sent:
        detail = gettext("This form was placed before as %(number)s; what was changed since is not on that order.")
        raise PlacedBefore(detail % {"number": first["number"]}, link=first["link"], number=first["number"])
    return first


def _with_region(receiver: ReceiverIn, region: str) -> ReceiverIn:
    """Return the receiver with the names of province, city and district. Raises UnknownRegion."""
    try:
        code = _REGION.clean(region)
    except ValidationError as error:
        raise UnknownRegion(error.messages[0], field="region") from error
    place = divisions.find_district(code) if code else None
    if place is None:
        return receiver
    parts = {"province": place.province, "city": place.city, "district": place.district}
    return ReceiverIn(**{**receiver.model_dump(), **parts})
