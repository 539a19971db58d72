"""The mirror of what stands at Stripe: fetched under the brand's lock, so that the later fetch is the later write.

No event's own copy of an object is ever written here. Whatever order events come in, and however often, the mirror
shows what the newest fetch found.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.events import outbox
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, PlanVersion, StripeInvoice, Subscription
from shared_apps.billing.rules.stripe_objects import InvoiceFacts, ScheduleFacts, SubscriptionFacts
from shared_apps.billing.rules.stripe_objects import lookup_key as key_of_price
from shared_apps.billing.services import customers, gateway, lifecycle, revenue
from shared_apps.billing.states import LIVE_STATUSES, Interval, InvoiceStatus, SubscriptionStatus
from shared_apps.tenants.events import BillingFactsChanged

_UNPAID = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
_OVERDUE = frozenset({SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID})


class UnknownPrice(Conflict):
    code = "unknown_price"
    title = _("A subscription at the payment service has a price that is none of our plans")


class TwoSubscriptions(Conflict):
    code = "two_subscriptions"
    title = _("The payment service has two living subscriptions of one brand")


@transaction.atomic
def mirror_subscription(*, subscription_id: str, now: datetime, customer_id: str = "") -> Subscription | None:
    """Make our row what the subscription is now, note what happened to it, and settle the brand.

    `customer_id` saves a fetch where it is known. None: its customer is none of ours. Raises UnknownPrice,
    TwoSubscriptions and the gateway's errors.
    """
    with public_schema():
        owner = customer_id or _customer_of(subscription_id)
        account = customers.lock_owner(customer_id=owner)
        if account is None:
            return None
        facts = gateway.get_subscription(subscription_id)
        if facts.customer_id != account.stripe_customer_id:  # the hint was wrong
            return None if customer_id == "" else mirror_subscription(subscription_id=subscription_id, now=now)
        return write_subscription(account=account, facts=facts, now=now)


def write_subscription(*, account: BillingAccount, facts: SubscriptionFacts, now: datetime) -> Subscription:
    """Write facts that were fetched after the brand was locked. Raises UnknownPrice, TwoSubscriptions."""
    if facts.status in LIVE_STATUSES:
        _clear_the_place(account, facts, now)
    former = _find(facts.id)
    bill = gateway.get_invoice(facts.latest_invoice_id) if facts.latest_invoice_id else None
    values = {**_values(facts, former, bill), "brand_id": account.brand_id}
    # Whether the period is paid is part of where the brand stands.
    has_news = bill is not None and write_invoice(account=account, facts=bill, now=now)
    if former is not None and all(getattr(former, name) == value for name, value in values.items()):
        Subscription.objects.filter(pk=former.pk).update(fetched_at=now)
        row = former
    else:
        row = _write(facts, former, values, now)
        has_news = True
    if has_news:
        status = lifecycle.sync_billing_status(brand_id=account.brand_id, now=now)
        if status.is_shut and row.status in LIVE_STATUSES and not row.cancel_at_period_end:
            outbox.publish(
                BillingFactsChanged(brand_id=account.brand_id)
            )  # paid while it was being shut: it is stopped
    return row


def _write(
    facts: SubscriptionFacts, former: Subscription | None, values: dict[str, Any], now: datetime
) -> Subscription:
    before = revenue.snapshot_of(former) if former else None
    Subscription.objects.update_or_create(stripe_subscription_id=facts.id, defaults={**values, "fetched_at": now})
    row = Subscription.objects.select_related("plan_version__plan").get(stripe_subscription_id=facts.id)
    happened = revenue.record_changes(row=row, before=before, now=now)
    _record(row, former, happened)
    return row


def _customer_of(subscription_id: str) -> str:
    known = BillingAccount.objects.filter(
        brand_id__in=Subscription.objects.filter(stripe_subscription_id=subscription_id).values("brand_id")
    ).first()
    if known is not None and known.stripe_customer_id:
        return known.stripe_customer_id
    return gateway.get_subscription(subscription_id).customer_id


def _find(subscription_id: str) -> Subscription | None:
    rows = Subscription.objects.select_related("plan_version__plan")
    return rows.filter(stripe_subscription_id=subscription_id).first()


def _clear_the_place(account: BillingAccount, facts: SubscriptionFacts, now: datetime) -> None:
    """A brand has one living subscription. Another row that says so is looked at again first: it may have ended."""
    others = Subscription.objects.filter(brand_id=account.brand_id, status__in=LIVE_STATUSES)
    for other in others.exclude(stripe_subscription_id=facts.id):
        found = gateway.get_subscription(other.stripe_subscription_id)
        if found.status in LIVE_STATUSES:
            raise TwoSubscriptions(brand_id=account.brand_id, subscriptions=[found.id, facts.id])
        write_subscription(account=account, facts=found, now=now)


def _values(facts: SubscriptionFacts, former: Subscription | None, bill: InvoiceFacts | None) -> dict[str, Any]:
    version, interval = _version_of(facts.price_id, facts.lookup_key)
    schedule = gateway.get_schedule(facts.schedule_id) if facts.schedule_id else None
    pending, pending_interval = _pending(schedule)
    return {
        "status": facts.status,
        "plan_version": version,
        "interval": interval,
        "current_period_start": facts.period_start,
        "current_period_end": facts.period_end,
        "cancel_at_period_end": facts.ends_with_period,
        "ended_at": facts.ended_at,
        "past_due_since": _overdue_since(facts, former, bill),
        "stripe_schedule_id": facts.schedule_id if schedule and schedule.is_alive else "",
        "pending_plan_version": pending,
        "pending_interval": pending_interval,
        "started_at": facts.started_at,
    }


def _pending(schedule: ScheduleFacts | None) -> tuple[PlanVersion | None, str]:
    if schedule is None or not schedule.is_alive or not schedule.next_price_id:
        return None, ""
    return _version_of(schedule.next_price_id, "")


def _overdue_since(facts: SubscriptionFacts, former: Subscription | None, bill: InvoiceFacts | None) -> datetime | None:
    """Since the first bill that was not paid: of later ones the first moment is kept."""
    if facts.status == SubscriptionStatus.CANCELED:  # what ended unpaid was unpaid since then, not since its end
        if former is not None and former.past_due_since is not None:
            return former.past_due_since
        return bill.issued_at if bill is not None and bill.status in _UNPAID and bill.total > 0 else None
    if facts.status not in _OVERDUE:
        return None
    if former is not None and former.past_due_since is not None:
        return former.past_due_since
    return bill.issued_at if bill else facts.period_start


def _version_of(price_id: str, lookup_key: str) -> tuple[PlanVersion, str]:
    """Our version and interval of a price at Stripe, by its id, or by its name where ids were not synced yet."""
    fields = ((Interval.MONTH, "stripe_price_month_id"), (Interval.YEAR, "stripe_price_year_id"))
    for interval, field in fields:
        version = PlanVersion.objects.filter(**{field: price_id}).first()
        if version is not None:
            return version, interval
    for version in PlanVersion.objects.select_related("plan") if lookup_key else ():
        for interval, _field in fields:
            if lookup_key == key_of_price(plan_code=version.plan.code, version=version.version, interval=interval):
                return version, interval
    raise UnknownPrice(price=price_id)


_NOTED = (
    "status",
    "plan_version_id",
    "interval",
    "cancel_at_period_end",
    "current_period_end",
    "pending_plan_version_id",
)


def _record(row: Subscription, former: Subscription | None, happened: list[Any]) -> None:
    after = {name: getattr(row, name) for name in _NOTED}
    before = {name: getattr(former, name) for name in _NOTED} if former else None
    if before == after:
        return
    audit.record(
        action="billing.subscription_changed",
        subject=f"brand:{row.brand_id}",
        before=before,
        after={**after, "subscription": row.stripe_subscription_id, "happened": [str(kind) for kind in happened]},
    )


# --- invoices --------------------------------------------------------------------------------------------------------


@transaction.atomic
def mirror_invoice(*, invoice_id: str, now: datetime, customer_id: str = "") -> bool:
    """Make our row what the invoice is now, and the subscription it is for as well. False: not a customer of ours."""
    with public_schema():
        owner = customer_id or gateway.get_invoice(invoice_id).customer_id
        account = customers.lock_owner(customer_id=owner)
        if account is None:
            return False
        facts = gateway.get_invoice(invoice_id)
        if facts.customer_id != account.stripe_customer_id:
            return False
        has_news = write_invoice(account=account, facts=facts, now=now)
        if facts.subscription_id:
            mirror_subscription(subscription_id=facts.subscription_id, now=now, customer_id=facts.customer_id)
        if has_news:
            lifecycle.sync_billing_status(brand_id=account.brand_id, now=now)
        return True


def write_invoice(*, account: BillingAccount, facts: InvoiceFacts, now: datetime) -> bool:
    """Write facts that were fetched after the brand was locked; says whether they were news."""
    names = (
        "number",
        "status",
        "total",
        "amount_paid",
        "currency",
        "issued_at",
        "paid_at",
        "next_attempt_at",
        "page_url",
        "pdf_url",
    )
    values = {"brand_id": account.brand_id, **{name: getattr(facts, name) for name in names}}
    known = StripeInvoice.objects.filter(stripe_invoice_id=facts.id)
    if known.filter(**values).update(fetched_at=now):
        return False
    StripeInvoice.objects.update_or_create(stripe_invoice_id=facts.id, defaults={**values, "fetched_at": now})
    return True
