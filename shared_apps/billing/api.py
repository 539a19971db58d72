"""Machine face of billing on a brand's host. It answers whatever the brand has paid, so that it can pay."""

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import Router, Status

from kernel.core import clock
from kernel.http.permissions import actor_of, requires
from kernel.tenancy.actors import Actor
from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.services import credentials
from shared_apps.billing.rules.plans import FEATURES
from shared_apps.billing.schemas import (
    BrandExportOut,
    BrandExportsOut,
    CloseAccountIn,
    InvoicePapersOut,
    OfferedPlanOut,
    OfferedPlansOut,
    OwnDomainIn,
    OwnDomainOut,
    OwnDomainsOut,
    PaymentPageOut,
    PlanChangeIn,
    PlanChangeOut,
    PlanChangePreviewOut,
    PlanChoiceIn,
    QuotaUsageOut,
    QuotaUsagesOut,
    RowId,
    SubscriptionInvoiceOut,
    SubscriptionInvoicesOut,
    SubscriptionOut,
)
from shared_apps.billing.selectors import entitlements, invoices, plans, subscriptions
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import checkout, closing, papers, plan_changes
from shared_apps.entitlements.selectors import may
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import claims, exports

router = Router(tags=["billing"])
public_router = Router(tags=["plans"])

PLAN_PAGE = "/console/billing/"
PLANS_PAGE = "/console/billing/plans/"
# Stripe puts the session's id in the place of the braces.
PAID_PAGE = "/console/billing/paid/?session_id={CHECKOUT_SESSION_ID}"


def _brand_id() -> int:
    return int(current_brand().pk)


def _address(request: HttpRequest, path: str) -> str:
    """Of a page on the brand's host; the braces in it stay as they are."""
    return f"{request.scheme}://{request.get_host()}{path}"


def _person(actor: Actor) -> Any:
    """The person who is signed in; None for a key."""
    return accounts.get_user(user_id=actor.id) if actor.kind == "user" and actor.id else None


def _standing() -> SubscriptionOut:
    """As the database has it now: the brand of the request was read before anything was done."""
    brand = tenants.get_brand(brand_id=_brand_id()) or current_brand()
    return SubscriptionOut.of(statuses.get_billing_status(brand, clock.now()), subscriptions.get_current(_brand_id()))


@router.get("/billing/subscription", response=SubscriptionOut, summary="Get the plan and subscription")
@requires("billing.view")
def get_subscription(request: HttpRequest) -> SubscriptionOut:
    return _standing()


@router.get("/billing/plans", response=OfferedPlansOut, summary="List the plans on offer")
@requires("billing.view")
def list_plans(request: HttpRequest) -> OfferedPlansOut:
    return OfferedPlansOut(items=[OfferedPlanOut.of(version) for version in plans.list_offered_versions()])


@router.get("/billing/usage", response=QuotaUsagesOut, summary="Get limits and usage")
@requires("billing.view")
def list_usage(request: HttpRequest) -> QuotaUsagesOut:
    brand = current_brand()
    uses = [QuotaUsageOut.of(use) for use in entitlements.list_usage(brand, now=clock.now())]
    return QuotaUsagesOut(items=uses, features=[name for name in FEATURES if may(name)])


@router.get("/billing/invoices", response=SubscriptionInvoicesOut, summary="List invoices")
@requires("billing.view")
def list_invoices(request: HttpRequest) -> SubscriptionInvoicesOut:
    """The newest 200."""
    rows = invoices.list_invoices(_brand_id())
    return SubscriptionInvoicesOut(items=[SubscriptionInvoiceOut.of(row) for row in rows])


@router.get("/billing/invoices/{invoice_id}/papers", response=InvoicePapersOut, summary="Get an invoice's addresses")
@requires("billing.view")
def get_invoice_papers(request: HttpRequest, invoice_id: RowId) -> InvoicePapersOut:
    """Asked for at Stripe now: where it is read and paid, and its PDF."""
    found = papers.fetch_papers(brand_id=_brand_id(), invoice_id=invoice_id)
    return InvoicePapersOut(page_url=found.page_url, pdf_url=found.pdf_url)


@router.post("/billing/checkout", response=PaymentPageOut, summary="Create a payment page")
@requires("billing.manage")
def start_checkout(request: HttpRequest, payload: PlanChoiceIn) -> PaymentPageOut:
    """For a brand without a subscription. Send the payer to `url`; they come back to the console."""
    url = checkout.start_checkout(
        brand_id=_brand_id(),
        plan_code=payload.plan,
        interval=payload.interval,
        success_url=_address(request, PAID_PAGE),
        cancel_url=_address(request, PLANS_PAGE),
        now=clock.now(),
    )
    return PaymentPageOut(url=url)


@router.post("/billing/portal", response=PaymentPageOut, summary="Create a customer portal session")
@requires("billing.manage")
def open_portal(request: HttpRequest) -> PaymentPageOut:
    """Cards, billing address, invoices."""
    return PaymentPageOut(url=checkout.open_portal(brand_id=_brand_id(), return_url=_address(request, PLAN_PAGE)))


@router.post("/billing/plan-change/preview", response=PlanChangePreviewOut, summary="Preview a change of plan")
@requires("billing.manage")
def preview_change(request: HttpRequest, payload: PlanChoiceIn) -> PlanChangePreviewOut:
    """Computed by Stripe for this moment. Nothing is changed."""
    preview = plan_changes.preview_change(
        brand_id=_brand_id(), plan_code=payload.plan, interval=payload.interval, now=clock.now()
    )
    return PlanChangePreviewOut.of(preview)


@router.post("/billing/plan-change", response=PlanChangeOut, summary="Change the plan")
@requires("billing.manage")
def change_plan(request: HttpRequest, payload: PlanChangeIn) -> PlanChangeOut:
    """A larger plan at once, paid for the rest of the period; a smaller one when the period ends."""
    made = plan_changes.change_plan(
        brand_id=_brand_id(),
        plan_code=payload.plan,
        interval=payload.interval,
        proration_at=payload.proration_at,
        now=clock.now(),
    )
    return PlanChangeOut(**_standing().model_dump(), confirm_url=made.confirm_url or None)


@router.post("/billing/resume", response=SubscriptionOut, summary="Resume a paused subscription")
@requires("billing.manage")
def resume(request: HttpRequest) -> SubscriptionOut:
    """A period begins now, and is paid now."""
    plan_changes.resume(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.post("/billing/plan-change/undo", response=SubscriptionOut, summary="Undo a planned change of plan")
@requires("billing.manage")
def undo_change(request: HttpRequest) -> SubscriptionOut:
    plan_changes.undo_pending_change(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.post("/billing/cancel", response=SubscriptionOut, summary="Cancel at the end of the period")
@requires("billing.manage")
def cancel(request: HttpRequest) -> SubscriptionOut:
    """The plan that is paid runs on until then."""
    plan_changes.cancel_at_period_end(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.post("/billing/cancel/undo", response=SubscriptionOut, summary="Undo a cancellation")
@requires("billing.manage")
def undo_cancel(request: HttpRequest) -> SubscriptionOut:
    plan_changes.undo_cancel(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.post("/billing/close", response=SubscriptionOut, summary="Close the account")
@requires("billing.manage")
def close_account(request: HttpRequest, payload: CloseAccountIn) -> SubscriptionOut:
    """By its owner, signed in to the console: a key cannot. It can be taken back for 14 days; nothing is deleted."""
    person = _person(actor_of(request))
    if person is not None:  # a key is refused below: it has no password to ask for
        credentials.ensure_own_password(payload.password, person, field="password")
    closing.close_account(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.post("/billing/close/undo", response=SubscriptionOut, summary="Reopen the account")
@requires("billing.manage")
def reopen_account(request: HttpRequest) -> SubscriptionOut:
    closing.reopen_account(brand_id=_brand_id(), now=clock.now())
    return _standing()


@router.get("/exports", response=BrandExportsOut, summary="List full exports")
@requires("billing.manage")
def list_exports(request: HttpRequest) -> BrandExportsOut:
    """The newest 20."""
    return BrandExportsOut(items=[BrandExportOut.of(row) for row in tenants.list_exports(_brand_id())])


@router.post("/exports", response={202: BrandExportOut}, summary="Request a full export")
@requires("billing.manage")
def request_export(request: HttpRequest) -> Status[BrandExportOut]:
    """One archive: a CSV file per table with a README, and the uploaded files. Look into the list until it is ready."""
    made = exports.request_export(brand_id=_brand_id(), requested_by=actor_of(request).label, now=clock.now())
    return Status(202, BrandExportOut.of(made))


@router.get("/exports/{export_id}/download", response={200: None}, summary="Download an export")
@requires("billing.manage")
def download_export(request: HttpRequest, export_id: RowId) -> FileResponse:
    content = exports.open_export(export_id=export_id, brand_id=_brand_id())
    name = f"{current_brand().slug}-export-{export_id}.zip"
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")


@router.get("/billing/domains", response=OwnDomainsOut, summary="List domains of the brand's own")
@requires("billing.manage")
def list_domains(request: HttpRequest) -> OwnDomainsOut:
    """Claimed and proved ones, latest first, with the DNS records that prove them."""
    return OwnDomainsOut(items=[OwnDomainOut.of(claim) for claim in tenants.list_claims(_brand_id())])


@router.post("/billing/domains", response={201: OwnDomainOut}, summary="Claim a domain")
@requires("billing.manage")
def claim_domain(request: HttpRequest, payload: OwnDomainIn) -> Status[OwnDomainOut]:
    """It leads to the brand once one of its records is set and checked."""
    claim = claims.claim_domain(brand_id=_brand_id(), domain=payload.domain, now=clock.now())
    return Status(201, OwnDomainOut.of(claim))


@router.post("/billing/domains/{claim_id}/check", response=OwnDomainOut, summary="Check a domain's records")
@requires("billing.manage")
def check_domain(request: HttpRequest, claim_id: RowId) -> OwnDomainOut:
    """Ask the DNS now; `last_answer` is what it said."""
    return OwnDomainOut.of(claims.check_claim(claim_id=claim_id, now=clock.now()))


@router.post("/billing/domains/{claim_id}/remove", response=OwnDomainOut, summary="Remove a domain")
@requires("billing.manage")
def remove_domain(request: HttpRequest, claim_id: RowId) -> OwnDomainOut:
    """From now on it leads nowhere."""
    return OwnDomainOut.of(claims.remove_claim(claim_id=claim_id, now=clock.now()))


@public_router.get("/plans", response=OfferedPlansOut, auth=None, summary="List the plans on offer")
def list_public_plans(request: HttpRequest) -> OfferedPlansOut:
    """Prices, features and limits, for whoever compares."""
    return OfferedPlansOut(items=[OfferedPlanOut.of(version) for version in plans.list_offered_versions()])
