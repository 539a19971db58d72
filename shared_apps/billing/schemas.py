"""API schemas of billing."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import MomentIn, MoneyText, Strict, Text40
from kernel.tenancy.context import current_brand
from shared_apps.billing.models import PlanVersion, StripeInvoice, Subscription
from shared_apps.billing.selectors.entitlements import Usage
from shared_apps.billing.selectors.status import BillingSummary
from shared_apps.billing.services.plan_changes import ChangePreview
from shared_apps.billing.states import Interval
from shared_apps.tenants.services import claims
from shared_apps.tenants.states import ClaimState

# An id in a path.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PlanChoiceIn(Strict):
    """A plan and how often it is paid."""

    plan: Text40 = Field(description="The plan's code", examples=["standard"])
    interval: Interval = Field(description="How often it is paid", examples=["year"])


class PlanChangeIn(PlanChoiceIn):
    """A change of plan. Send the preview's `proration_at` back, so that what is taken is what was shown."""

    proration_at: MomentIn | None = None


class CloseAccountIn(Strict):
    password: str = Field(max_length=200, description="Of the owner who is signed in, asked again")


class OfferedPlanOut(Schema):
    code: str
    name_en: str
    name_zh: str
    version: int
    currency: str
    price_month: MoneyText
    price_year: MoneyText
    features: list[str]
    limits: dict[str, int] = Field(description="A quota that is left out has no limit")

    @classmethod
    def of(cls, version: PlanVersion) -> Self:
        plan = version.plan
        names = ("version", "currency", "price_month", "price_year", "features", "limits")
        return cls(
            code=plan.code,
            name_en=plan.name_en,
            name_zh=plan.name_zh,
            **{name: getattr(version, name) for name in names},
        )


class OfferedPlansOut(Schema):
    items: list[OfferedPlanOut]


class SubscriptionOut(Schema):
    """The brand's billing status, and its payments."""

    state: str = Field(description="trialing, active, past_due, trial_expired, read_only, suspended")
    until: datetime | None = Field(description="When this state ends unless something is done")
    days_left: int | None
    headline: str
    next_step: str
    next_step_url: str
    plan: str | None = Field(description="Of which plan features and limits are; null on a trial")
    plan_version: int | None
    closing_at: datetime | None
    status: str | None = Field(description="Stripe's word for the subscription; null where there is none")
    interval: str | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    next_plan: str | None = Field(description="The smaller plan that follows when the period ends")
    next_interval: str | None
    first_payment_at: datetime | None = Field(description="Of a plan that is chosen and still free")

    @classmethod
    def of(cls, shown: BillingSummary, row: Subscription | None) -> Self:
        return cls(
            state=shown.state,
            until=shown.until,
            days_left=shown.days_left,
            plan=shown.plan.plan.code if shown.plan else None,
            plan_version=shown.plan.version if shown.plan else None,
            closing_at=shown.closing_at,
            headline=str(shown.headline),
            next_step=str(shown.next_step),
            next_step_url=shown.next_step_url,
            first_payment_at=shown.status.first_payment_at,
            **_paid(row),
        )


def _paid(row: Subscription | None) -> dict[str, Any]:
    names = ("status", "interval", "current_period_start", "current_period_end")
    follows = row.pending_plan_version if row else None
    return {
        **{name: getattr(row, name, None) for name in names},
        "cancel_at_period_end": bool(row and row.cancel_at_period_end),
        "next_plan": follows.plan.code if follows else None,
        "next_interval": row.pending_interval if row and follows else None,
    }


class QuotaUsageOut(Schema):
    name: str
    limit: int | None = Field(description="null where there is none")
    used: int
    percentage: int
    near: bool = Field(description="80 % or more are used")

    @classmethod
    def of(cls, usage: Usage) -> Self:
        return cls(name=usage.name, limit=usage.limit, used=usage.used, percentage=usage.percentage, near=usage.near)


class QuotaUsagesOut(Schema):
    items: list[QuotaUsageOut]
    features: list[str] = Field(description="What the plan includes")


class SubscriptionInvoiceOut(Schema):
    id: int
    number: str
    status: str = Field(description="open, paid, void, uncollectible")
    total: MoneyText
    amount_paid: MoneyText
    currency: str
    issued_at: datetime
    paid_at: datetime | None
    next_attempt_at: datetime | None
    amount_returned: MoneyText = Field(description="Paid back, or lost in a dispute")

    @classmethod
    def of(cls, row: StripeInvoice) -> Self:
        names = (
            "number",
            "status",
            "total",
            "amount_paid",
            "currency",
            "issued_at",
            "paid_at",
            "next_attempt_at",
            "amount_returned",
        )
        return cls(id=row.pk, **{name: getattr(row, name) for name in names})


class SubscriptionInvoicesOut(Schema):
    items: list[SubscriptionInvoiceOut]


class InvoicePapersOut(Schema):
    """Addresses at Stripe. They hold for some days: ask again instead of keeping them."""

    page_url: str = Field(description="Where it is read, and paid while it is open")
    pdf_url: str


class PlanChangeOut(SubscriptionOut):
    """The subscription after a change."""

    confirm_url: str | None = Field(description="Where its payer must confirm the payment; the plan changes after that")


class PaymentPageOut(Schema):
    """Address for the person who pays."""

    url: str


class PlanChangeLineOut(Schema):
    description: str
    amount: MoneyText = Field(description="Negative: what was paid and is not used")


class PlanChangePreviewOut(Schema):
    """Effect of a change of plan."""

    is_upgrade: bool = Field(description="true: at once, and paid now; false: when the period ends")
    effective_at: datetime
    amount_due: MoneyText
    currency: str
    lines: list[PlanChangeLineOut]
    proration_at: datetime = Field(description="Send it with the change; it holds for 30 minutes")
    plan: str
    plan_version: int

    @classmethod
    def of(cls, preview: ChangePreview) -> Self:
        names = ("is_upgrade", "effective_at", "amount_due", "currency", "proration_at")
        return cls(
            lines=[PlanChangeLineOut(description=line.description, amount=line.amount) for line in preview.lines],
            plan=preview.plan_version.plan.code,
            plan_version=preview.plan_version.version,
            **{name: getattr(preview, name) for name in names},
        )


class BrandExportOut(Schema):
    id: int
    state: str = Field(description="requested, running, ready, failed, deleted")
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="Kept until then")
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, row: Any) -> Self:
        names = ("state", "requested_by", "requested_at", "finished_at", "expires_at", "size_bytes", "sha256")
        return cls(id=row.pk, **{name: getattr(row, name) for name in names})


class BrandExportsOut(Schema):
    items: list[BrandExportOut]


class OwnDomainIn(Strict):
    """A domain to claim."""

    domain: Annotated[str, Field(min_length=3, max_length=253, examples=["shop.example.com"])]


class DnsRecordOut(Schema):
    """A DNS record; any one of them proves the claim."""

    kind: Literal["TXT", "CNAME"]
    name: str
    value: str


class OwnDomainOut(Schema):
    """A claim to a domain of the brand's own."""

    id: int
    domain: str
    state: ClaimState
    records: list[DnsRecordOut]
    last_answer: str = Field(description="Of the DNS, when it was asked last")
    checked_at: datetime | None
    verified_at: datetime | None

    @classmethod
    def of(cls, claim: Any) -> Self:
        name, value = claims.record_to_set(claim)
        records = [
            DnsRecordOut(kind="TXT", name=name, value=value),
            DnsRecordOut(kind="CNAME", name=claim.domain, value=claims.alias_target(current_brand())),
        ]
        names = ("domain", "state", "last_answer", "checked_at", "verified_at")
        return cls(id=claim.pk, records=records, **{field: getattr(claim, field) for field in names})


class OwnDomainsOut(Schema):
    items: list[OwnDomainOut]
