"""Links, posters, bindings, touchpoints and the policy."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from kernel.core import clock, throttling
from kernel.core.errors import Invalid
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.attribution import schemas, selectors
from tenant_apps.attribution.models import ReferralLink
from tenant_apps.attribution.services import order_attribution, policy, posters, referral_links, touchpoints
from tenant_apps.attribution.services.order_attribution import Visitor
from tenant_apps.attribution.services.touchpoints import TouchpointResult
from tenant_apps.attribution.states import TouchpointSource

router = Router(tags=["attribution"])

_POSTERS_A_MINUTE = 120
_MAX_DAYS = 400


class CustomerMissing(Invalid):
    code = "customer_missing"
    title = _("A phone number or a customer's id is needed")


class TooManyDays(Invalid):
    code = "too_many_days"
    title = _("Ask for 1 to 400 days")


@router.get("/attribution-policy", response=schemas.AttributionPolicyOut, summary="Get the attribution policy")
@requires("agents.view")
def get_policy(request: HttpRequest) -> dict[str, Any]:
    """Rules by which customers are bound to agents."""
    return schemas.policy_row(selectors.get_policy())


@router.patch("/attribution-policy", response=schemas.AttributionPolicyOut, summary="Change the attribution policy")
@requires("agents.levels")
def change_policy(request: HttpRequest, payload: schemas.AttributionPolicyIn) -> dict[str, Any]:
    """Only the fields given change; bindings that stand keep their dates."""
    return schemas.policy_row(policy.change_policy(**payload.model_dump(exclude_unset=True)))


@router.post("/attribution-policy/picture", response=schemas.AttributionPolicyOut, summary="Set the posters' picture")
@requires("agents.levels")
def set_picture(request: HttpRequest, file: File[UploadedFile]) -> dict[str, Any]:
    """JPEG, PNG or WebP, at most 10 MB and 50 megapixels; it is written anew."""
    return schemas.policy_row(policy.set_poster_picture(upload=file))


@router.delete("/attribution-policy/picture", response={204: None}, summary="Remove the posters' picture")
@requires("agents.levels")
def remove_picture(request: HttpRequest) -> Status[None]:
    """Posters then show the brand's name large."""
    policy.remove_poster_picture()
    return Status(204, None)


@router.get("/referral-links", response=Page[schemas.ReferralLinkOut], summary="List referral links")
@requires("agents.view")
def list_links(request: HttpRequest, filters: Query[schemas.LinkFilters]) -> HttpResponse:
    """Newest first, with what each one brought."""
    links = selectors.list_links(agent_id=filters.agent_id, product_id=filters.product_id)
    rows, next_cursor = paginate(links, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": link_rows(request, list(rows)), "next_cursor": next_cursor})


@router.get("/referral-links/{link_id}", response=schemas.ReferralLinkOut, summary="Get a referral link")
@requires("agents.view")
def get_link(request: HttpRequest, link_id: int) -> dict[str, Any]:
    """With what it brought so far."""
    return link_rows(request, [selectors.get_link(link_id=link_id)])[0]


@router.get("/referral-links/{link_id}/days", response=schemas.LinkDaysOut, summary="A link's visits by day")
@requires("agents.view")
def list_days(request: HttpRequest, link_id: int, filters: Query[schemas.DayFilters]) -> dict[str, Any]:
    """Openings and visitors not seen before; at most 400 days."""
    link = selectors.get_link(link_id=link_id)
    if not 1 <= (filters.until - filters.since).days <= _MAX_DAYS:
        raise TooManyDays(field="until")
    return {"items": list(selectors.list_visits(link_id=link.pk, since=filters.since, until=filters.until))}


@router.get("/referral-links/{link_id}/poster", response={200: None}, summary="A link's poster")
@requires("agents.view")
def get_poster(request: HttpRequest, link_id: int) -> HttpResponse:
    """A PNG of 750 × 1334 points with a QR code; it changes only when what is on it changes, and the ETag tells."""
    throttling.ensure_below_limit("poster", str(actor_of(request).id), limit=_POSTERS_A_MINUTE, window_seconds=60)
    link = selectors.get_link(link_id=link_id)
    poster = posters.poster_of(link, selectors.get_policy(), address=f"{url_of(request, link)}?q")
    tag = f'"{poster.digest}"'
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(posters.render(poster), content_type="image/png")
        response["Content-Disposition"] = f'inline; filename="poster-{link.code}.png"'
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


@router.get("/customer-bindings", response=Page[schemas.CustomerBindingOut], summary="List bindings")
@requires("agents.view")
def list_bindings(request: HttpRequest, filters: Query[schemas.BindingFilters]) -> HttpResponse:
    """Newest first, those that ended among them."""
    bindings = selectors.list_bindings(
        customer_id=filters.customer_id,
        agent_id=filters.agent_id,
        open_at=clock.now() if filters.is_open else None,
    )
    rows, next_cursor = paginate(bindings, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.binding_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/customer-bindings/{binding_id}/end", response=schemas.CustomerBindingOut, summary="Release a customer")
@requires("agents.edit")
def end_binding(request: HttpRequest, binding_id: int, payload: schemas.EndBindingIn) -> dict[str, Any]:
    """From now on nobody owns the customer; the reason stands in the log."""
    ended = touchpoints.end_binding(binding_id=binding_id, reason=payload.reason, now=clock.now())
    return schemas.binding_row(ended)


@router.get("/touches", response=Page[schemas.TouchpointOut], summary="List touchpoints")
@requires("agents.view")
def list_touchpoints(request: HttpRequest, filters: Query[schemas.TouchpointFilters]) -> HttpResponse:
    """Newest first: every link, code and act of the staff, and what came of it. Refusals are the log of conflicts."""
    touchpoints_found = selectors.list_touchpoints(
        customer_id=filters.customer_id,
        agent_id=filters.agent_id,
        outcome=filters.outcome or "",
        contested=filters.contested,
    )
    rows, next_cursor = paginate(touchpoints_found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.touchpoint_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/agents/{agent_id}/referral-links", response={201: schemas.LinkMadeOut}, summary="Create a referral link")
@requires("agents.edit")
def make_link(request: HttpRequest, agent_id: int, payload: schemas.ReferralLinkIn) -> Status[dict[str, object]]:
    """The agent's one link to the shop or to the product."""
    link = referral_links.ensure_link(agent_id=agent_id, product_id=payload.product_id, now=clock.now())
    return Status(201, {"id": link.pk, "code": link.code})


@router.post("/referrals", response={201: schemas.NewTouchpointOut}, summary="Record a touchpoint")
@requires("orders.place")
def record_visit(request: HttpRequest, payload: schemas.NewTouchpointIn) -> Status[dict[str, object]]:
    """The brand's shop calls it when somebody signs up or signs in: the policy binds before there is an order."""
    if payload.customer_id is None and not payload.phone:
        raise CustomerMissing(field="phone")
    result = order_attribution.record_visit(
        visitor=Visitor(phone=payload.phone, name=payload.name, customer_id=payload.customer_id),
        code=payload.code,
        source=TouchpointSource(payload.source),
        now=clock.now(),
    )
    return Status(201, _result_row(result))


@router.post(
    "/customers/{customer_id}/bind", response={201: schemas.NewTouchpointOut}, summary="Bind a customer to an agent"
)
@requires("agents.edit")
def bind_customer(request: HttpRequest, customer_id: int, payload: schemas.BindIn) -> Status[dict[str, object]]:
    """Whatever stands against it; both dates begin now."""
    result = order_attribution.bind_customer(
        customer_id=customer_id, agent_id=payload.agent_id, reason=payload.reason, now=clock.now()
    )
    return Status(201, _result_row(result))


def _result_row(result: TouchpointResult) -> dict[str, object]:
    return {
        "touchpoint_id": result.touchpoint.pk,
        "customer_id": result.touchpoint.customer_id,
        "outcome": result.outcome,
        "agent_id": result.agent_id,
    }


def url_of(request: HttpRequest, link: ReferralLink) -> str:
    """The address an agent shares, on the host that was asked."""
    return request.build_absolute_uri(reverse("attribution_public:referral", kwargs={"code": link.code}))


def link_rows(request: HttpRequest, links: list[ReferralLink]) -> list[dict[str, Any]]:
    """Links as `ReferralLinkOut`, with their figures."""
    figures = selectors.get_link_figures(link_ids=[link.pk for link in links])
    return [schemas.link_row(link, figures[link.pk], url=url_of(request, link)) for link in links]
