"""Hand goods over to a receiver who collects them and says the order's code."""

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import throttling
from kernel.core.errors import Conflict, Invalid
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.carriers import COLLECTION
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.locking import lock_open_order
from tenant_apps.orders.services.ship_order import ship_order

TRIES_AN_HOUR: Final = 10


class NotForPickup(Conflict):
    code = "not_for_pickup"
    title = _("The order is sent, not collected")


class WrongPickupCode(Invalid):
    code = "wrong_pickup_code"
    title = _("This is not the order's pickup code")


def hand_over_order(*, order_id: int, code: str, now: datetime) -> Order:
    """Ship and deliver a collected order at once, if `code` is the one its receiver was given.

    Ten tries an hour. Raises NotForPickup, WrongPickupCode, TooManyRequests, and what ship_order raises.
    """
    throttling.ensure_below_limit("orders.hand_over", str(order_id), limit=TRIES_AN_HOUR, window_seconds=3600)
    return _hand_over(order_id, code, now)


@transaction.atomic
def _hand_over(order_id: int, code: str, now: datetime) -> Order:
    order = lock_open_order(order_id)
    if not order.is_pickup:
        raise NotForPickup
    if not secrets.compare_digest(order.pickup_code.encode(), code.strip().encode()):
        raise WrongPickupCode(field="code")
    ship_order(order_id=order.pk, carrier=COLLECTION, now=now)
    return deliver_order(order_id=order.pk, now=now)
