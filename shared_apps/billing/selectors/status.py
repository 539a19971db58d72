"""Billing status: the facts of many brands at once, and what pages and the API show of one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from django.db.models import Exists, OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanPeriod, PlanVersion, Reminder, StripeInvoice, Subscription
from shared_apps.billing.rules.cover import Facts, MirrorFacts, PeriodFacts, PlanRef
from shared_apps.billing.rules.status import BillingStatus, compute_billing_status
from shared_apps.billing.states import DEAD_STATUSES, InvoiceStatus
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState, SuspensionCause

PLAN_PAGE: Final = "/console/billing/plans/"
_DAY: Final = 86_400


class BrandRow(Protocol):
    """A brand's columns read here."""

    @property
    def pk(self) -> Any: ...
    @property
    def state(self) -> str: ...
    @property
    def trial_ends_at(self) -> datetime: ...
    @property
    def closing_at(self) -> datetime | None: ...
    @property
    def suspended_because(self) -> str: ...


# --- facts -----------------------------------------------------------------------------------------------------------


def get_facts(brands: Collection[BrandRow]) -> dict[int, Facts]:
    """The facts of these brands by their ids: two statements, and two more if some are suspended."""
    ids = [int(brand.pk) for brand in brands]
    suspended = [int(brand.pk) for brand in brands if brand.state == BrandState.SUSPENDED]
    with public_schema():
        subscriptions = _subscriptions_of(ids)
        periods = _periods_of(ids)
        notices = _archive_notices_of(suspended) if suspended else {}
        restored = tenants.get_last_restores(suspended) if suspended else {}
    return {
        int(brand.pk): Facts(
            trial_ends_at=brand.trial_ends_at,
            subscriptions=tuple(subscriptions[int(brand.pk)]),
            periods=tuple(periods[int(brand.pk)]),
            closing_at=brand.closing_at,
            is_suspended_by_staff=(
                brand.state == BrandState.SUSPENDED and brand.suspended_because == SuspensionCause.STAFF
            ),
            is_archived=brand.state == BrandState.ARCHIVED,
            restored_at=restored.get(int(brand.pk)),
            archive_notices=notices.get(int(brand.pk), {}),
        )
        for brand in brands
    }


def _subscriptions_of(ids: Collection[int]) -> Mapping[int, list[MirrorFacts]]:
    found: dict[int, list[MirrorFacts]] = defaultdict(list)
    ever = StripeInvoice.objects.filter(
        brand_id=OuterRef("brand_id"), status=InvoiceStatus.PAID, total__gt=0, issued_at__gte=OuterRef("started_at")
    )
    of_period = ever.filter(
        issued_at__gte=OuterRef("current_period_start"), issued_at__lt=OuterRef("current_period_end")
    )
    kept = of_period.filter(returned_at__isnull=True)
    last_return = of_period.order_by("-returned_at").values("returned_at")[:1]
    rows = Subscription.objects.filter(brand_id__in=ids).annotate(
        is_ever_paid=Exists(ever), is_period_paid=Exists(kept), last_return=Subquery(last_return)
    )
    for row in rows.select_related("plan_version__plan").order_by("id"):
        found[row.brand_id].append(
            MirrorFacts(
                id=row.pk,
                status=row.status,
                plan=_ref(row.plan_version),
                started_at=row.started_at,
                period_start=row.current_period_start,
                period_end=row.current_period_end,
                cancels_at_period_end=row.cancel_at_period_end,
                ended_at=row.ended_at,
                past_due_since=row.past_due_since,
                is_period_paid=row.is_period_paid,
                is_ever_paid=row.is_ever_paid,
                returned_at=None if row.is_period_paid else row.last_return,
                trial_ends_at=row.trial_ends_at,
                pause_reason=row.pause_reason,
            )
        )
    return found


def _periods_of(ids: Collection[int]) -> Mapping[int, list[PeriodFacts]]:
    found: dict[int, list[PeriodFacts]] = defaultdict(list)
    for row in PlanPeriod.objects.filter(brand_id__in=ids).select_related("plan_version__plan").order_by("id"):
        found[row.brand_id].append(PeriodFacts(row.starts_at, row.ends_at, _ref(row.plan_version), row.revoked_at))
    return found


def _ref(version: PlanVersion) -> PlanRef:
    return PlanRef(version.pk, version.plan.code, version.version, version.plan.rank)


def _archive_notices_of(ids: Collection[int]) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    rows = Reminder.objects.filter(brand_id__in=ids, about__startswith="archive:")
    for brand_id, about, sent_at in rows.values_list("brand_id", "about", "sent_at"):
        found[brand_id][about] = sent_at
    return found


def is_dead(row: Subscription) -> bool:
    """Tell whether a living subscription brings nothing any more, so that buying takes its place."""
    if row.status in DEAD_STATUSES:
        return True
    with public_schema():
        found = [mirror for mirror in _subscriptions_of([row.brand_id])[row.brand_id] if mirror.id == row.pk]
    return any(mirror.returned_at is not None for mirror in found)


# --- what is shown ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BillingSummary:
    """A brand's billing status in words for its people. Moments are aware; days count each begun day as a whole one.

    `plan` is None on a trial and after it. `next_step` says what to do, `next_step_url` where; empty: nothing to do.
    """

    state: BrandState
    status: BillingStatus
    plan: PlanVersion | None
    since: datetime
    until: datetime | None
    days_left: int | None
    headline: Text
    next_step: Text
    next_step_url: str
    closing_at: datetime | None

    @property
    def may_write(self) -> bool:
        return self.status.may_write

    @property
    def tone(self) -> str:
        """Severity of a banner about it: success, info, warning or danger."""
        if self.state is BrandState.ACTIVE:
            return "success" if self.until is None else "info"
        if self.state is BrandState.TRIALING:
            return "warning" if self.days_left is not None and self.days_left <= 3 else "info"
        return "warning" if self.state is BrandState.PAST_DUE else "danger"


_HEADLINES: Final[Mapping[BrandState, Promise]] = {
    BrandState.TRIALING: _("You are trying Banyan out. Everything is included."),
    BrandState.ACTIVE: _("Your plan is active."),
    BrandState.TRIAL_EXPIRED: _("The trial is over. Everything can be read and exported, nothing can be changed."),
    BrandState.PAST_DUE: _("A payment is overdue. Everything still works."),
    BrandState.READ_ONLY: _("The plan is not paid. Everything can be read and exported, nothing can be changed."),
    BrandState.SUSPENDED: _("This brand is suspended. Its owner can pay and export."),
    BrandState.ARCHIVED: _("This brand is archived."),
}
_NEXT_STEPS: Final[Mapping[BrandState, Promise]] = {
    BrandState.TRIALING: _("Choose a plan before the trial ends."),
    BrandState.TRIAL_EXPIRED: _("Choose a plan to go on working."),
    BrandState.PAST_DUE: _("Settle the payment to keep working."),
    BrandState.READ_ONLY: _("Settle the payment, or choose a plan, to go on working."),
    BrandState.SUSPENDED: _("Choose a plan and pay; everything reopens at once."),
}


def get_billing_status(brand: BrandRow, now: datetime) -> BillingSummary:
    """Return one brand's status for pages and the API. Three statements, two more while suspended. Never writes."""
    with public_schema():
        status = compute_billing_status(get_facts([brand])[int(brand.pk)], now)
        versions = PlanVersion.objects.select_related("plan")
        plan = versions.filter(pk=status.plan_version_id).first() if status.plan_version_id is not None else None
    next_step, address = _next_step(status, brand.closing_at, now)
    return BillingSummary(
        state=status.state,
        status=status,
        plan=plan,
        since=status.since,
        until=status.until,
        days_left=days_until(status.until, now),
        headline=_headline(status, brand.closing_at, now),
        next_step=next_step,
        next_step_url=address,
        closing_at=brand.closing_at,
    )


def days_until(moment: datetime | None, now: datetime) -> int | None:
    """Days until then, each begun day counted as a whole one; 0 once it is over, None if it never comes."""
    return None if moment is None else max(0, int(-((now - moment).total_seconds() // _DAY)))


def _headline(status: BillingStatus, closing_at: datetime | None, now: datetime) -> Text:
    if status.because is SuspensionCause.CLOSING:
        return _("This account was closed by its owner.")
    if status.because is SuspensionCause.STAFF:
        return _("Support suspended this brand.")
    if closing_at is not None and now < closing_at and status.state is not BrandState.ARCHIVED:
        return _("This account is being closed.")
    return _HEADLINES[status.state]


def _next_step(status: BillingStatus, closing_at: datetime | None, now: datetime) -> tuple[Text, str]:
    if status.because is SuspensionCause.STAFF:
        return _("Ask our support."), "/console/support/"
    if status.because is SuspensionCause.CLOSING:
        return _("Export your data before it is archived."), "/console/billing/"
    if closing_at is not None and now < closing_at:
        return _("The closing can be undone until then."), "/console/billing/"
    if status.first_payment_at is not None:
        return _("Your plan is chosen. It begins, and is paid, when the free days are over."), "/console/billing/"
    if status.state is BrandState.ACTIVE and status.until is not None:
        return _("Renew the plan before it ends."), PLAN_PAGE
    if status.state in _NEXT_STEPS:
        overdue = status.state is BrandState.PAST_DUE
        return _NEXT_STEPS[status.state], "/console/billing/" if overdue else PLAN_PAGE
    return "", ""


# --- for the archive -------------------------------------------------------------------------------------------------


def list_brands_due_for_archive(*, now: datetime) -> list[int]:
    """Ids of suspended brands whose day has come and who were told three times, in the order of their ids."""
    told = Reminder.objects.filter(about__startswith="archive:", about__endswith=":1")
    with public_schema():
        ids = set(told.values_list("brand_id", flat=True))
        brands = [brand for brand in tenants.list_brands(brand_ids=ids) if brand.state == BrandState.SUSPENDED]
        facts = get_facts(brands)
    return [int(brand.pk) for brand in brands if compute_billing_status(facts[int(brand.pk)], now).is_archive_due]
