"""Follow an agent's link: count it, remember it, lead on.

WeChat's browser forgets cookies, so the referral travels in the address as well: `?a=<code>` works on every public
page. Where both are there, the policy says which counts: the first in most brands, the last where the last touchpoint
binds.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.core import clock, throttling
from kernel.http.addresses import client_address
from kernel.tenancy.context import current_brand, may_write
from tenant_apps.agents.selectors import certificates
from tenant_apps.agents.states import AgentStatus
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Policy, ReferralLink
from tenant_apps.attribution.rules import referrals as rules
from tenant_apps.attribution.rules import visitors
from tenant_apps.attribution.selectors import LinkNotFound
from tenant_apps.attribution.services import referral_links
from tenant_apps.attribution.states import BindingMode

PARAMETER: Final = rules.PARAMETER
COOKIE: Final = selectors.REFERRAL_COOKIE
QR_PARAMETER: Final = "q"
_DAY: Final = 86_400
# A carrier puts thousands of phones behind one address: many openings are answered, fewer are counted.
_OPENINGS_A_MINUTE: Final = 1_200
_COUNTED_A_MINUTE: Final = 120


@require_safe
@never_cache
def open_link(request: HttpRequest, code: str) -> HttpResponse:
    """Lead on to the brand's shop, or to the agent's card; who may not sell (any more) gets a friendly page."""
    allowance = throttling.take("referral", client_address(request) or "?", limit=_OPENINGS_A_MINUTE, window_seconds=60)
    if allowance and allowance.exceeded:
        response = _page(request, "busy", status=429)
        response["Retry-After"] = str(allowance.reset)
        return response
    try:
        link = selectors.get_link_by_code(code=code)
    except LinkNotFound:
        return _page(request, "unknown", status=404)
    today = clock.business_date(clock.now())
    if link.agent.status(today) != AgentStatus.ACTIVE:
        return _page(request, "closed", status=410)
    policy = selectors.get_policy()
    is_flood = allowance is not None and allowance.limit - allowance.remaining > _COUNTED_A_MINUTE
    if request.method == "GET" and visitors.is_visitor(request.headers) and may_write() and not is_flood:
        is_new = rules.read_referral(_cookie(request, policy))[0] != link.code
        referral_links.count_visit(link_id=link.pk, day=today, is_new_visitor=is_new)
    referral = rules.write_referral(link.code, is_qr=QR_PARAMETER in request.GET)
    response = HttpResponseRedirect(_target(request, link, policy, referral))
    remember(request, response, referral, policy)
    return response


def remember_parameter(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep the `?a=` of a public page for the next visit, as its link would have."""
    text = request.GET.get(PARAMETER, "")
    allowance = throttling.take("referral-parameter", client_address(request) or "?", limit=120, window_seconds=60)
    if allowance and allowance.exceeded:
        return  # somebody tries codes: the page is shown, nothing is looked up
    if selectors.find_referral(text=text, as_of=clock.business_date(clock.now())) is None:
        return
    code, is_qr = rules.read_referral(text)
    remember(request, response, rules.write_referral(code, is_qr=is_qr), selectors.get_policy())


def remember(request: HttpRequest, response: HttpResponseBase, referral: str, policy: Policy) -> None:
    """Set the cookie, unless another agent came first and the first one counts."""
    former = _cookie(request, policy)
    if former and former != referral and policy.mode != BindingMode.LAST_TOUCH:
        today = clock.business_date(clock.now())
        if selectors.find_referral(text=former, as_of=today) is not None:
            return
    response.set_cookie(
        COOKIE,
        selectors.sign_cookie(referral),
        max_age=policy.cookie_days * _DAY,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    patch_vary_headers(response, ["Cookie"])


def _cookie(request: HttpRequest, policy: Policy) -> str:
    return selectors.read_cookie(request.COOKIES.get(COOKIE, ""), policy)


@require_safe
@never_cache
def show_card(request: HttpRequest, code: str) -> HttpResponse:
    """Show who gave the link, verified, and how to order: for brands without a shop of their own."""
    allowance = throttling.take("referral", client_address(request) or "?", limit=_OPENINGS_A_MINUTE, window_seconds=60)
    if allowance and allowance.exceeded:
        response = _page(request, "busy", status=429)
        response["Retry-After"] = str(allowance.reset)
        return response
    try:
        link = selectors.get_link_by_code(code=code)
    except LinkNotFound:
        return _page(request, "unknown", status=404)
    answer = certificates.check_agent(agent=link.agent, as_of=clock.business_date(clock.now()))
    if answer is None:
        return _page(request, "closed", status=410)
    card = {
        "brand": current_brand(),
        "agent": link.agent,
        "answer": answer,
        "product": link.product.name if link.product else "",
        "code": link.code,
    }
    response = render(request, "attribution/card.html", card)
    if request.GET.get(PARAMETER):
        remember_parameter(request, response)
    return response


def _target(request: HttpRequest, link: ReferralLink, policy: Policy, referral: str) -> str:
    shop = rules.target_of(shop_url=policy.shop_url, product_url=policy.product_url, product_id=link.product_id)
    page = shop or reverse("attribution_public:card", kwargs={"code": link.code})
    return rules.with_referral(
        page, referral, rules.campaign_of((name, request.GET.get(name, "")) for name in request.GET)
    )


def _page(request: HttpRequest, what: str, *, status: int) -> HttpResponse:
    return render(request, "attribution/referral.html", {"brand": current_brand(), "what": what}, status=status)
