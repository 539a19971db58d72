"""API schemas of links and touchpoints."""

from typing import Literal

from ninja import Schema

from kernel.http.schemas import Id, OptionalPhoneIn, Strict, Text40, Text200
from tenant_apps.attribution.states import TouchOutcome
from tenant_apps.orders.schemas.incoming import Name


class ReferralLinkIn(Strict):
    """An agent's link to the shop, or to one product. There is one of each: asking again answers with it."""

    product_id: Id | None = None


class LinkMadeOut(Schema):
    """Read the rest at `/referral-links/{id}`."""

    id: int
    code: str


class NewTouchIn(Strict):
    """A customer came to the brand's own shop, by an agent's link or code: a phone number or a known customer's id."""

    code: Text40
    source: Literal["link", "qr", "code"] = "link"
    phone: OptionalPhoneIn = ""
    name: Name = ""
    customer_id: Id | None = None


class NewTouchOut(Schema):
    """Result of a touchpoint; `agent_id` is null where the customer's next order stays unattributed."""

    touch_id: int
    customer_id: int
    outcome: TouchOutcome
    agent_id: int | None


class BindIn(Strict):
    """Give a customer to an agent; the reason stands in the log."""

    agent_id: Id
    reason: Text200
