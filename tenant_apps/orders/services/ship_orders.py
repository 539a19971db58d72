"""Ship many orders in one job, each in a transaction of its own."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tenant_apps.orders.selectors import documents
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.ship_order import Packing, ship_order
from tenant_apps.orders.services.waybills import request_waybill
from tenant_apps.shipping.services import jobs
from tenant_apps.shipping.services.kdniao import has_account

KIND = "batch_ship"


@dataclass(frozen=True, slots=True)
class OrderToShip:
    """An order to ship wholly. An empty carrier is chosen by the brand's rules."""

    order_id: int
    carrier: str = ""
    tracking_number: str = ""
    needs_parcel: bool = True


def ship_orders(*, orders: Sequence[OrderToShip], now: datetime) -> int:
    """Start a job that ships what is left of each order; return its id. Raises InvalidJob for none or too many.

    An order that is refused is named in the job with its reason; the others are shipped.
    """
    return jobs.start_job(kind=KIND, items=[asdict(one) for one in orders], now=now)


def _ship(item: jobs.Item, now: datetime) -> None:
    order_id = int(str(item["order_id"]))
    carrier = str(item.get("carrier") or "")
    reason = ""
    if not carrier:
        order = documents.get_order_document(order_id=order_id)
        choice = choose_carriers([order]).get(order_id)
        carrier, reason = (choice.carrier, choice.reason) if choice else ("", "")
    if has_account() and not item.get("tracking_number"):
        request_waybill(order_id=order_id, carrier=carrier, now=now)
    ship_order(
        order_id=order_id,
        carrier=carrier,
        tracking_number=str(item.get("tracking_number") or ""),
        packing=Packing(needs_parcel=bool(item.get("needs_parcel")), carrier_reason=reason),
        now=now,
    )


def _label(item: jobs.Item) -> str:
    order_id = int(str(item["order_id"]))
    return documents.get_numbers(order_ids=[order_id]).get(order_id, str(order_id))


RUNNER = jobs.Runner(kind=KIND, title=_("Ship orders"), permission="orders.ship", label=_label, work=_ship)
