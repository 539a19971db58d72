"""The mirror of what stands at Stripe: fetched under the brand's lock, so that the later fetch is the later write.

No event's own copy of an object is ever written here. Whatever order events come in, and however often, the mirror
shows what the newest fetch found.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from kernel.events import outbox
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, PlanPrice, PlanVersion, StripeInvoice, Subscription
from shared_apps.billing.rules.stripe_objects import InvoiceFacts, MoneyFacts, PriceFacts, SubscriptionFacts
from shared_apps.billing.rules.stripe_objects import lookup_key as key_of_price
from shared_apps.billing.selectors.subscriptions import price_of
from shared_apps.billing.services import customers, gateway, lifecycle, revenue
from shared_apps.billing.states import LIVE_STATUSES, Interval, InvoiceStatus, PauseReason, SubscriptionStatus
from shared_apps.tenants.events import BillingFactsChanged

logger = logging.getLogger(__name__)

_UNPAID = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
_OVERDUE = frozenset({SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED})


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
    former = Subscription.objects.select_related("plan_version__plan").filter(stripe_subscription_id=facts.id).first()
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


def _clear_the_place(account: BillingAccount, facts: SubscriptionFacts, now: datetime) -> None:
    """A brand has one living subscription. Another row that says so is looked at again first: it may have ended."""
    others = Subscription.objects.filter(brand_id=account.brand_id, status__in=LIVE_STATUSES)
    for other in others.exclude(stripe_subscription_id=facts.id):
        found = gateway.get_subscription(other.stripe_subscription_id)
        if found.status in LIVE_STATUSES:
            raise TwoSubscriptions(brand_id=account.brand_id, subscriptions=[found.id, facts.id])
        write_subscription(account=account, facts=found, now=now)


def _values(facts: SubscriptionFacts, former: Subscription | None, bill: InvoiceFacts | None) -> dict[str, Any]:
    version, interval = _version_of(facts.price, former)
    schedule = gateway.get_schedule(facts.schedule_id) if facts.schedule_id else None
    pending: PlanVersion | None = None
    pending_interval = ""
    if schedule is not None and schedule.is_alive and schedule.next_price_id:
        pending, pending_interval = _version_of(gateway.get_price(schedule.next_price_id), former)
    return {
        "status": facts.status,
        "plan_version": version,
        "interval": interval,
        "current_period_start": facts.period_start,
        "current_period_end": facts.period_end,
        "cancel_at_period_end": facts.ends_with_period,
        "ended_at": facts.ended_at,
        "past_due_since": _overdue_since(facts, former, bill),
        "trial_ends_at": facts.trial_ends_at,
        "pause_reason": facts.pause_reason,
        "collection_pause": facts.collection_pause,
        "stripe_schedule_id": facts.schedule_id if schedule and schedule.is_alive else "",
        "pending_plan_version": pending,
        "pending_interval": pending_interval,
        "started_at": facts.started_at,
    }


def _overdue_since(facts: SubscriptionFacts, former: Subscription | None, bill: InvoiceFacts | None) -> datetime | None:
    """Since the first bill that was not paid: of later ones the first moment is kept."""
    if facts.status == SubscriptionStatus.CANCELED:  # what ended unpaid was unpaid since then, not since its end
        if former is not None and former.past_due_since is not None:
            return former.past_due_since
        return bill.issued_at if bill is not None and bill.status in _UNPAID and bill.total > 0 else None
    if facts.status == SubscriptionStatus.PAUSED and facts.pause_reason == PauseReason.PAUSE_REQUESTED:
        return former.past_due_since if former is not None else None
    if facts.status not in _OVERDUE:
        return None
    if former is not None and former.past_due_since is not None:
        return former.past_due_since
    return bill.issued_at if bill else facts.period_start


def _version_of(price: PriceFacts, former: Subscription | None) -> tuple[PlanVersion, str]:
    """Our version and interval of a price at Stripe.

    By its id, also one that was ours once; by its name where ids were not synced yet, if it costs what ours does. A
    price somebody made by hand for one of our products keeps the brand on that plan: in the version it had, or in the
    one on offer. Raises UnknownPrice.
    """
    known = PlanPrice.objects.select_related("plan_version__plan").filter(stripe_price_id=price.id).first()
    if known is not None:
        return known.plan_version, known.interval
    versions = PlanVersion.objects.select_related("plan").order_by("-version")
    for interval, field in ((Interval.MONTH, "stripe_price_month_id"), (Interval.YEAR, "stripe_price_year_id")):
        for version in versions:
            name = key_of_price(plan_code=version.plan.code, version=version.version, interval=interval)
            is_priced = (price.amount, price.currency) == (price_of(version, interval), version.currency)
            if getattr(version, field) == price.id or (price.lookup_key == name and is_priced):
                return version, interval
    if price.interval:
        of_product = versions.filter(stripe_product_id=price.product_id, published_at__isnull=False)
        had = of_product.filter(pk=former.plan_version_id).first() if former is not None else None
        nearest = had or of_product.filter(retired_at__isnull=True).first() or of_product.first()
        if nearest is not None:
            logger.warning("the price %s is none of ours; its product is that of %s", price.id, nearest)
            return nearest, price.interval
    raise UnknownPrice(price=price.id)


_NOTED = (
    "status",
    "plan_version_id",
    "interval",
    "cancel_at_period_end",
    "current_period_end",
    "pending_plan_version_id",
    "pause_reason",
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


def mirror_lost_customer(*, customer_id: str, now: datetime) -> bool:
    """Take a customer that was deleted at Stripe for gone; says whether it is. Its subscriptions ended with it.

    The brand can buy again as a new customer. Raises the gateway's errors.
    """
    with public_schema(), transaction.atomic():
        account = customers.lock_owner(customer_id=customer_id)
        if account is None or gateway.is_customer(customer_id):
            return False
        for row in Subscription.objects.filter(brand_id=account.brand_id, status__in=LIVE_STATUSES):
            write_subscription(account=account, facts=gateway.get_subscription(row.stripe_subscription_id), now=now)
        customers.forget_customer(account=account)
        return True


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
    names = ("number", "status", "total", "amount_paid", "currency", "issued_at", "paid_at", "next_attempt_at")
    values = {"brand_id": account.brand_id, **{name: getattr(facts, name) for name in names}}
    former = StripeInvoice.objects.filter(stripe_invoice_id=facts.id).first()
    if facts.status == InvoiceStatus.PAID and facts.amount_paid > 0:
        values |= _money_values(gateway.get_money(facts), facts, former, now)
    if former is not None and all(getattr(former, name) == value for name, value in values.items()):
        StripeInvoice.objects.filter(pk=former.pk).update(fetched_at=now)
        return False
    StripeInvoice.objects.update_or_create(stripe_invoice_id=facts.id, defaults={**values, "fetched_at": now})
    _record_money(account, facts, former, values)
    return True


def _money_values(
    money: MoneyFacts, facts: InvoiceFacts, former: StripeInvoice | None, now: datetime
) -> dict[str, Any]:
    """Return what went back of an invoice's money; the moment at which nothing was left is when we first saw it."""
    if money.kept is None:
        return {}
    returned_at = None
    if money.kept <= 0:
        returned_at = former.returned_at if former is not None and former.returned_at else now
    return {
        "amount_returned": max(ZERO, facts.amount_paid - money.kept),
        "returned_at": returned_at,
        "dispute_status": money.dispute_status,
    }


def _record_money(
    account: BillingAccount, facts: InvoiceFacts, former: StripeInvoice | None, values: dict[str, Any]
) -> None:
    """Note money that went back, or is asked back, on the brand's timeline, where support sees it."""
    names = ("amount_returned", "dispute_status")
    before = {name: value for name in names if (value := getattr(former, name, None))}
    after = {name: value for name in names if (value := values.get(name))}
    if before == after:
        return
    logger.warning("money of invoice %s went back or is disputed: %s", facts.id, after)
    audit.record(
        action="billing.money_returned",
        subject=f"brand:{account.brand_id}",
        before=before or None,
        after={**after, "invoice": facts.number or facts.id},
    )
