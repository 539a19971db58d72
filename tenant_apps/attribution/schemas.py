"""API schemas of links, bindings and touchpoints."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import (
    DayIn,
    Id,
    Note200,
    OptionalPhoneIn,
    PageFilters,
    QueryId,
    Strict,
    Text40,
    Text200,
)
from tenant_apps.attribution.models import Binding, Policy, ReferralLink, Touchpoint
from tenant_apps.attribution.selectors import LinkFigures
from tenant_apps.attribution.states import BindingEnd, BindingMode, TouchpointOutcome, TouchpointSource

Days = Annotated[int, Field(strict=True, ge=0, le=3_650)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Note60 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class AttributionPolicyIn(Strict):
    """Fields to change; those left out stay. `{product}` in `product_url` stands for the product's id."""

    mode: BindingMode = Field(default_factory=lambda: BindingMode.FIRST_COME)
    protection_days: Days = Field(default_factory=int)
    expiry_days: Days = Field(default_factory=int)
    cookie_days: Days = Field(default_factory=int)
    own_purchases_earn: bool = Field(default_factory=bool, strict=True)
    shop_url: Address = Field(default_factory=str)
    product_url: Address = Field(default_factory=str)
    poster_title: Note60 = Field(default_factory=str)
    poster_text: Note200 = Field(default_factory=str)


class AttributionPolicyOut(Schema):
    """Rules of binding, targets of links, and content of posters."""

    mode: BindingMode
    protection_days: int
    expiry_days: int
    cookie_days: int
    own_purchases_earn: bool
    shop_url: str
    product_url: str
    poster_title: str
    poster_text: str
    has_poster_picture: bool


class LinkFilters(PageFilters):
    """Filters of links: agent and product."""

    agent_id: QueryId | None = None
    product_id: QueryId | None = None


class ReferralLinkOut(Schema):
    """A link: `url` is what an agent shares, `code` what a customer types. `orders` are those placed through it."""

    id: int
    code: str
    url: str
    agent_id: int
    agent_code: str
    product_id: int | None
    product_name: str
    visits: int
    visitors: int
    customers_bound: int
    orders: int
    created_at: datetime


class DayFilters(Strict):
    """Days of the brand, half-open."""

    since: DayIn
    until: DayIn


class LinkDayOut(Schema):
    """One day on which the link was opened."""

    day: date
    opened: int
    visitors: int


class LinkDaysOut(Schema):
    """In order; days without a visit are left out."""

    items: list[LinkDayOut]


class BindingFilters(PageFilters):
    """Filters of bindings; `is_open` leaves those that stand now."""

    customer_id: QueryId | None = None
    agent_id: QueryId | None = None
    is_open: bool = False


class CustomerBindingOut(Schema):
    """A customer is an agent's. `protected_until` and `expires_at` are two dates: see the policy."""

    id: int
    customer_id: int
    agent_id: int
    agent_code: str
    source: TouchpointSource
    bound_at: datetime
    protected_until: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: BindingEnd | None


class EndBindingIn(Strict):
    """Reason for the log."""

    reason: Text200


class TouchpointFilters(PageFilters):
    """Filters of touchpoints; `contested` leaves those where another agent had the customer."""

    customer_id: QueryId | None = None
    agent_id: QueryId | None = None
    outcome: TouchpointOutcome | None = None
    contested: bool = False


class TouchpointOut(Schema):
    """An agent's link or code met a customer, and what came of it by the policy of that moment."""

    id: int
    customer_id: int
    agent_id: int
    agent_code: str
    source: TouchpointSource
    occurred_at: datetime
    outcome: TouchpointOutcome
    held_by_id: int | None
    held_by_code: str | None
    link_id: int | None
    order_number: str
    reason: str
    policy: dict[str, Any]


class ReferralLinkIn(Strict):
    """An agent's link to the shop, or to one product. There is one of each: asking again answers with it."""

    product_id: Id | None = None


class LinkMadeOut(Schema):
    """Read the rest at `/referral-links/{id}`."""

    id: int
    code: str


class NewTouchpointIn(Strict):
    """A customer came to the brand's own shop, by an agent's link or code: a phone number or a known customer's id."""

    code: Text40
    source: Literal["link", "qr", "code"] = "link"
    phone: OptionalPhoneIn = ""
    name: Name = ""
    customer_id: Id | None = None


class NewTouchpointOut(Schema):
    """Result of a touchpoint; `agent_id` gets the customer's next order, null where nobody does."""

    touchpoint_id: int
    customer_id: int
    outcome: TouchpointOutcome
    agent_id: int | None


class BindIn(Strict):
    """Give a customer to an agent; the reason stands in the log."""

    agent_id: Id
    reason: Text200


def policy_row(policy: Policy) -> dict[str, Any]:
    names = set(AttributionPolicyOut.model_fields) - {"has_poster_picture"}
    return {name: getattr(policy, name) for name in names} | {"has_poster_picture": bool(policy.poster_picture)}


def link_row(link: ReferralLink, figures: LinkFigures, *, url: str) -> dict[str, Any]:
    return {
        "id": link.pk,
        "code": link.code,
        "url": url,
        "agent_id": link.agent_id,
        "agent_code": link.agent.code,
        "product_id": link.product_id,
        "product_name": link.product.name if link.product else "",
        "visits": figures.opened,
        "visitors": figures.visitors,
        "customers_bound": figures.bound,
        "orders": figures.orders,
        "created_at": link.created_at,
    }


def binding_row(binding: Binding) -> dict[str, Any]:
    return {
        "id": binding.pk,
        "customer_id": binding.customer_id,
        "agent_id": binding.agent_id,
        "agent_code": binding.agent.code,
        "source": binding.source,
        "bound_at": binding.bound_at,
        "protected_until": binding.protected_until,
        "expires_at": binding.expires_at,
        "ended_at": binding.ended_at,
        "ended_because": binding.ended_because or None,
    }


def touchpoint_row(touchpoint: Touchpoint) -> dict[str, Any]:
    return {
        "id": touchpoint.pk,
        "customer_id": touchpoint.customer_id,
        "agent_id": touchpoint.agent_id,
        "agent_code": touchpoint.agent.code,
        "source": touchpoint.source,
        "occurred_at": touchpoint.occurred_at,
        "outcome": touchpoint.outcome,
        "held_by_id": touchpoint.held_by_id,
        "held_by_code": touchpoint.held_by.code if touchpoint.held_by else None,
        "link_id": touchpoint.link_id,
        "order_number": touchpoint.order_number,
        "reason": touchpoint.reason,
        "policy": touchpoint.policy,
    }
