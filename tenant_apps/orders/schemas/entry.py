"""Schemas of the console's order entry."""

from typing import Annotated

from pydantic import StringConstraints

from kernel.http.schemas import Strict
from tenant_apps.orders.schemas.incoming import OptionalReference, OrderIn, QuoteIn
from tenant_apps.orders.states import PaymentMethod

RegionIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class OrderEntryPaymentIn(Strict):
    """Method and reference of the payment; cash needs no reference."""

    method: PaymentMethod
    reference: OptionalReference = ""


class QuoteEntryIn(QuoteIn):
    """A form to be priced; `region` is the receiver's region in words, as far as it is typed."""

    region: RegionIn = ""


class OrderEntryIn(Strict):
    """A form of order entry. Its `key` makes one order of it, however often it is sent.

    `region` is the receiver's region in words.
    """

    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{32,36}$")]
    order: OrderIn
    region: RegionIn = ""
    payment: OrderEntryPaymentIn | None = None
