"""API of links to products, touchpoints in the brand's own shop, and binding by hand."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Status

from kernel.core import clock
from kernel.core.errors import Invalid
from kernel.http.permissions import requires
from tenant_apps.attribution import selectors as bindings
from tenant_apps.attribution.services.touchpoints import Meeting
from tenant_apps.attribution.states import TouchSource
from tenant_apps.orders.rules.lines import Buyer
from tenant_apps.orders.schemas import referrals as schemas
from tenant_apps.orders.services import attributing

router = Router(tags=["attribution"])


class CustomerMissing(Invalid):
    code = "customer_missing"
    title = _("A phone number or a customer's id is needed")


@router.post("/agents/{agent_id}/referral-links", response={201: schemas.LinkMadeOut}, summary="Create a referral link")
@requires("agents.edit")
def make_link(request: HttpRequest, agent_id: int, payload: schemas.ReferralLinkIn) -> Status[dict[str, object]]:
    """The agent's one link to the shop or to the product."""
    link_id = attributing.ensure_link(agent_id=agent_id, product_id=payload.product_id, now=clock.now())
    link = bindings.get_link(link_id=link_id)
    return Status(201, {"id": link.pk, "code": link.code})


@router.post("/referrals", response={201: schemas.NewTouchOut}, summary="Record a touchpoint")
@requires("orders.place")
def note_touch(request: HttpRequest, payload: schemas.NewTouchIn) -> Status[dict[str, object]]:
    """The brand's shop calls it when somebody signs up or signs in: the policy binds before there is an order."""
    if payload.customer_id is None and not payload.phone:
        raise CustomerMissing(field="phone")
    meeting = attributing.note_touch(
        buyer=Buyer(phone=payload.phone, name=payload.name, customer_id=payload.customer_id),
        code=payload.code,
        source=TouchSource(payload.source),
        now=clock.now(),
    )
    return Status(201, _row(meeting))


@router.post(
    "/customers/{customer_id}/bind", response={201: schemas.NewTouchOut}, summary="Bind a customer to an agent"
)
@requires("agents.edit")
def bind_customer(request: HttpRequest, customer_id: int, payload: schemas.BindIn) -> Status[dict[str, object]]:
    """Whatever stands against it; both dates begin now."""
    meeting = attributing.bind_customer(
        customer_id=customer_id, agent_id=payload.agent_id, reason=payload.reason, now=clock.now()
    )
    return Status(201, _row(meeting))


def _row(meeting: Meeting) -> dict[str, object]:
    return {
        "touch_id": meeting.touch.pk,
        "customer_id": meeting.touch.customer_id,
        "outcome": meeting.outcome,
        "agent_id": meeting.agent_id,
    }
