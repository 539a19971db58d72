"""Every night: is the mirror what stands at Stripe? By lists of a hundred, repaired by the mirror's own function."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from kernel.core import audit, clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, PlanPrice, StripeComparison, StripeInvoice, Subscription
from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.rules.stripe_objects import SubscriptionFacts
from shared_apps.billing.services import gateway, mirror, withholding
from shared_apps.billing.states import LIVE_STATUSES, Interval

logger = logging.getLogger(__name__)

# Invoices made since then are looked at: webhooks lost in a week's outage are found, too.
LOOKED_BACK: Final = timedelta(days=8)


@dataclass
class Difference:
    """Something that differed. `what` is a word for programs, `detail` one line for people."""

    about: str
    brand_id: int | None
    what: str
    detail: str
    repaired: bool = False


def compare_with_stripe(*, now: datetime) -> StripeComparison:
    """Compare all subscriptions, customers and recent invoices with Stripe, repair what differs, keep what was found.

    One that cannot be repaired is reported and holds up no other. What breaks the whole comparison (Stripe does not
    answer) is kept in its `last_error` and raised.
    """
    with public_schema():
        run = StripeComparison.objects.create(started_at=now)
        accounts = BillingAccount.objects.filter(stripe_customer_id__isnull=False)
        owners = {str(customer): brand for customer, brand in accounts.values_list("stripe_customer_id", "brand_id")}
        known = {row.stripe_subscription_id: row for row in Subscription.objects.select_related("plan_version")}
        found: list[Difference] = []
        try:
            run.subscriptions = _compare(_subscriptions(known, owners, now), found)
            _compare(_in_vain(now), found)
            run.customers = _compare(_customers(owners, now), found)
            run.invoices = _compare(_invoices(owners, now), found)
        except DomainError as error:
            run.last_error = str(error)
            raise
        finally:
            run.finished_at = clock.now()
            run.differences = [asdict(one) for one in found]
            run.repaired = sum(one.repaired for one in found)
            run.save()
        if found:
            logger.warning("the mirror differed from Stripe in %s places, %s repaired", len(found), run.repaired)
        return run


Finding = tuple[Difference | None, Callable[[], object] | None]


def _compare(findings: Iterator[Finding], found: list[Difference]) -> int:
    """Repair and note each difference; returns how many things were compared."""
    count = 0
    for difference, repair in findings:
        count += 1
        if difference is None:
            continue
        if repair is not None:
            try:
                repair()
                difference.repaired = True
            except Exception as error:  # the others are not to wait for it
                logger.exception("%s could not be repaired", difference.about)
                difference.detail = f"{difference.detail} Not repaired: {error}"
        found.append(difference)
        subject = f"brand:{difference.brand_id}" if difference.brand_id else f"stripe:{difference.about}"
        audit.record(action="billing.differed_from_stripe", subject=subject, after=asdict(difference))
    return count


# --- subscriptions ---------------------------------------------------------------------------------------------------


def _subscriptions(known: dict[str, Subscription], owners: dict[str, int], now: datetime) -> Iterator[Finding]:
    seen: set[str] = set()
    for facts in gateway.list_subscriptions():
        brand_id = owners.get(facts.customer_id)
        if brand_id is None:
            continue
        seen.add(facts.id)
        words = _difference(facts, known.get(facts.id))
        if not words:
            yield None, None
            continue
        difference = Difference(facts.id, brand_id, "subscription", words)
        yield (
            difference,
            partial(mirror.mirror_subscription, subscription_id=facts.id, now=now, customer_id=facts.customer_id),
        )
    for row in known.values():
        if row.stripe_subscription_id not in seen and row.status in LIVE_STATUSES:
            words = f"We have it as {row.status}, Stripe does not list it."
            yield Difference(row.stripe_subscription_id, row.brand_id, "subscription_gone", words), None


def _in_vain(now: datetime) -> Iterator[Finding]:
    """List what Stripe would collect from brands nobody can use. It is stopped, but for brands support suspended."""
    for row in withholding.list_collecting_in_vain():
        words = f"Stripe has it as {row.status} and going on; the brand is {row.brand.state} and cannot be used."
        difference = Difference(row.stripe_subscription_id, row.brand_id, "collects_in_vain", words)
        yield difference, partial(withholding.follow_brand, brand_id=row.brand_id, now=now)


def _difference(facts: SubscriptionFacts, row: Subscription | None) -> str:
    """Return the difference in words. What has ended at both ends is over, whatever else is said of it."""
    if row is None:
        return f"We do not know it; Stripe has it as {facts.status}."
    pairs = {
        "status": (row.status, facts.status),
        "period": (row.current_period_end, facts.period_end),
        "ends with its period": (row.cancel_at_period_end, facts.ends_with_period),
        "free until": (row.trial_ends_at, facts.trial_ends_at),
        "paused because": (row.pause_reason, facts.pause_reason),
        "collecting paused": (row.collection_pause, facts.collection_pause),
    }
    if not _is_price_of(row, facts.price.id):
        version = row.plan_version
        ours = version.stripe_price_year_id if row.interval == Interval.YEAR else version.stripe_price_month_id
        pairs["price"] = (ours, facts.price.id)
    if row.status not in LIVE_STATUSES and facts.status not in LIVE_STATUSES:
        pairs = {"status": pairs["status"]}
    return " ".join(
        f"{name}: ours {ours}, Stripe's {theirs}." for name, (ours, theirs) in pairs.items() if ours != theirs
    )


def _is_price_of(row: Subscription, price_id: str) -> bool:
    """Tell whether the price is, or once was, that of the row's version and interval."""
    return PlanPrice.objects.filter(
        plan_version_id=row.plan_version_id, interval=row.interval, stripe_price_id=price_id
    ).exists()


# --- customers and invoices ------------------------------------------------------------------------------------------


def _customers(owners: dict[str, int], now: datetime) -> Iterator[Finding]:
    seen: set[str] = set()
    for customer_id, brand in gateway.list_customers():
        seen.add(customer_id)
        if customer_id in owners or not brand:
            yield None, None
        else:
            words = f"It names brand {brand}, whose customer it is not."
            yield Difference(customer_id, None, "customer_unknown", words), None
    for customer_id in owners.keys() - seen:
        difference = Difference(customer_id, owners[customer_id], "customer_gone", "Stripe does not list it any more.")
        yield difference, partial(mirror.mirror_lost_customer, customer_id=customer_id, now=now)


def _invoices(owners: dict[str, int], now: datetime) -> Iterator[Finding]:
    since = objects.to_timestamp(now - LOOKED_BACK)
    known = dict(
        StripeInvoice.objects.filter(fetched_at__gte=now - 2 * LOOKED_BACK).values_list("stripe_invoice_id", "status")
    )
    for facts in gateway.list_invoices(since=since):
        brand_id = owners.get(facts.customer_id)
        if brand_id is None:
            continue
        ours = known.get(facts.id, "unknown")
        if ours == facts.status:
            yield None, None
        else:
            words = f"status: ours {ours}, Stripe's {facts.status}."
            repair = partial(mirror.mirror_invoice, invoice_id=facts.id, now=now, customer_id=facts.customer_id)
            yield Difference(facts.id, brand_id, "invoice", words), repair
