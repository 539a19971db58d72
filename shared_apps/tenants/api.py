"""API of sign-up, on the platform's host and without authentication."""

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Query, Router, Status

from kernel.core.throttling import ensure_below_limit
from kernel.tenancy.origin import current_origin
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.schemas import (
    AvailabilityOut,
    AvailabilityQuery,
    BrandOut,
    ProposalOut,
    ProposalQuery,
    SignUpIn,
    SignUpOut,
)
from shared_apps.tenants.services import sign_up
from shared_apps.tenants.services.provisioning import NewBrand

router = Router(tags=["sign-up"])

CHECKS_PER_MINUTE = 120  # a form asks at each pause in typing; whoever lists our brands asks more often


@router.post("/signups", response={201: SignUpOut}, auth=None, summary="Sign up a brand")
def create_sign_up(request: HttpRequest, payload: SignUpIn) -> Status[SignUpOut]:
    """Create a brand on a 15-day trial with its own schema, and sign its owner in. All of it happens, or nothing."""
    new = NewBrand(
        name=payload.name,
        slug=payload.slug,
        owner_name=payload.owner_name,
        owner_email=payload.email,
        owner_phone=payload.phone,
        password=payload.password,
        company_name=payload.company_name or "",
        credit_code=payload.credit_code or "",
        language=rules.brand_language(get_language()),
        accepts_terms=payload.accepts_terms,
    )
    done = sign_up.sign_up(new=new, public_url=request.build_absolute_uri("/"))
    brand = BrandOut(
        name=done.brand.name,
        slug=done.brand.slug,
        state=done.brand.state,
        time_zone=done.brand.time_zone,
        currency=done.brand.currency,
    )
    return Status(
        201,
        SignUpOut(brand=brand, domain=done.domain, trial_ends_at=done.brand.trial_ends_at, enter_url=done.enter_url),
    )


@router.get("/signups/availability", response=AvailabilityOut, auth=None, summary="Check a subdomain")
def check_availability(request: HttpRequest, wanted: Query[AvailabilityQuery]) -> AvailabilityOut:
    """For forms that check while the user types. A free name is not reserved."""
    ensure_below_limit(
        "slug-check", current_origin().ip_address or "unknown", limit=CHECKS_PER_MINUTE, window_seconds=60
    )
    verdict = selectors.check_slug(wanted.slug.lower())
    return AvailabilityOut(
        slug=verdict.slug, available=verdict.is_available, code=verdict.code, detail=str(verdict.detail)
    )


@router.get("/signups/slug", response=ProposalOut, auth=None, summary="Propose a subdomain")
def propose_slug(request: HttpRequest, wanted: Query[ProposalQuery]) -> ProposalOut:
    """From the name, Chinese by its pinyin: 栖木生活 gives `qimushenghuo`."""
    ensure_below_limit(
        "slug-check", current_origin().ip_address or "unknown", limit=CHECKS_PER_MINUTE, window_seconds=60
    )
    return ProposalOut(slug=selectors.propose_slug(wanted.name))
