"""To Stripe's pay page, and to the customer's own pages there."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, PlanPeriod, PlanVersion, StripeAttempt, Subscription
from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.rules.stripe_objects import SessionFacts
from shared_apps.billing.selectors import plans, subscriptions
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import attempts, cards, customers, gateway, gateway_writes, mirror, sync
from shared_apps.billing.services.gateway import PaymentServiceRefused
from shared_apps.billing.services.gateway_writes import NewSession
from shared_apps.billing.states import AttemptKind, AttemptState, CheckoutStatus, InvoiceStatus

# Stripe refuses a trial that ends sooner; some minutes for clocks that differ.
MIN_TRIAL: Final = timedelta(hours=48, minutes=5)
MAX_TRIAL: Final = timedelta(days=729)  # Stripe takes two years
# Before a page that is still open is offered again, it must have this long to live.
WORTH_OPENING: Final = timedelta(minutes=10)


class AlreadySubscribed(Conflict):
    code = "already_subscribed"
    title = _("There is a subscription already. Change its plan instead")


class PaidTooLongAhead(Conflict):
    code = "paid_too_long_ahead"
    title = _("This brand is paid for more than two years ahead. Choose a plan to pay by card later")


@transaction.atomic
def start_checkout(
    *, brand_id: int, plan_code: str, interval: str, success_url: str, cancel_url: str, now: datetime
) -> str:
    """The address of Stripe's pay page for a brand without a subscription.

    What is left of the trial (48 hours or more) stays free: the first payment is taken when it ends. A brand has one
    open page at a time: asked twice for the same plan it gets the same page, asked for another the first is closed. A
    subscription that brings nothing any more (paused, unpaid, its money gone back) is ended for it. Raises
    AlreadySubscribed, PaidTooLongAhead, what `customers.ensure_staying` refuses, PlanNotFound, PriceDiffers and the
    gateway's errors.
    """
    with public_schema():
        customers.ensure_staying(brand_id=brand_id)
        version = plans.get_version(plan_code)
        account = _living_account(brand_id, now)
        _make_room(account, now)
        price_id = sync.ensure_price(version=version, interval=interval)
        page = _page_to_use_again(account, version, interval, now)
        if page is None:
            new = NewSession(
                customer_id=account.stripe_customer_id or "",
                brand_id=brand_id,
                price_id=price_id,
                success_url=success_url,
                cancel_url=cancel_url,
                language=customers.page_language(account.brand.language),
                trial_end=_free_until(account.brand, version, now),
                metadata={"brand_id": str(brand_id), "plan": plan_code},
                payment_methods=gateway_writes.methods_for_subscriptions(settings.STRIPE_PAYMENT_METHOD_TYPES),
            )
            page = _open_page(new, version, interval, now)
        _close_others(account, page, now)
        return page.url


@transaction.atomic
def finish_checkout(*, brand_id: int, session_id: str, now: datetime) -> Subscription | None:
    """Look at a pay page somebody returns from, and mirror the subscription it made, before any webhook comes.

    None while nothing was paid, and for a page that is not this brand's. Raises the gateway's errors.
    """
    with public_schema():
        account = customers.get_account(brand_id=brand_id)
        if "\x00" in session_id or not StripeAttempt.objects.filter(brand_id=brand_id, stripe_id=session_id).exists():
            return None
        customers.lock_owner(customer_id=account.stripe_customer_id or "")
        return _take_up(account, gateway.get_session(session_id), now)


def close_pages(*, brand_id: int, now: datetime) -> None:
    """Close every pay page of a locked brand; one that was paid just now is mirrored. Raises the gateway's errors."""
    account = BillingAccount.objects.filter(brand_id=brand_id, stripe_customer_id__isnull=False).first()
    if account is None:
        return
    for page in gateway.list_open_sessions(account.stripe_customer_id or ""):
        _take_up(account, _close(page), now)


@transaction.atomic
def open_portal(*, brand_id: int, return_url: str) -> str:
    """The address of Stripe's pages for cards, invoices and cancelling. Raises NoBillingAccount, gateway's errors."""
    with public_schema():
        customers.get_account(brand_id=brand_id)
        account = _living_account(brand_id, clock.now())
        attempt = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.PORTAL, now=clock.now())
        return gateway_writes.create_portal_session(
            customer_id=account.stripe_customer_id or "",
            configuration_id=sync.ensure_portal(),
            return_url=return_url,
            language=customers.page_language(account.brand.language),
            key=attempts.key_of(attempt),
        )


def _living_account(brand_id: int, now: datetime) -> BillingAccount:
    """The brand's account with a customer that is there: one deleted at Stripe is forgotten, and another one made."""
    known = BillingAccount.objects.filter(brand_id=brand_id, stripe_customer_id__isnull=False).first()
    if known is not None:
        mirror.mirror_lost_customer(customer_id=known.stripe_customer_id or "", now=now)
    return customers.ensure_customer(brand_id=brand_id, now=now)


def _make_room(account: BillingAccount, now: datetime) -> None:
    """End a subscription that brings nothing any more. Raises AlreadySubscribed for one that does."""
    current = subscriptions.get_current(account.brand_id)
    if current is None:
        return
    # It may have ended without our having heard of it: whoever wants to pay is not sent away for that.
    mirror.mirror_subscription(subscription_id=current.stripe_subscription_id, now=now)
    current = subscriptions.get_current(account.brand_id)
    if current is None:
        return
    if not statuses.is_dead(current):
        raise AlreadySubscribed
    attempt = attempts.begin_attempt(brand_id=account.brand_id, kind=AttemptKind.REPLACE, now=now)
    key = attempts.key_of(attempt)
    facts = gateway.get_subscription(current.stripe_subscription_id)
    bill = gateway.get_invoice(facts.latest_invoice_id) if facts.latest_invoice_id else None
    gateway_writes.end_subscription(facts.id, key=key)
    if bill is not None and bill.status == InvoiceStatus.OPEN:
        gateway_writes.void_invoice(bill.id, key=f"{key}:invoice")
    audit.record(action="billing.replaced", subject=f"brand:{account.brand_id}", after={"subscription": facts.id})
    mirror.mirror_subscription(subscription_id=facts.id, now=now)


def _page_to_use_again(
    account: BillingAccount, version: PlanVersion, interval: str, now: datetime
) -> SessionFacts | None:
    """The page that is open for the same plan, if it lives long enough. Raises AlreadySubscribed if it was paid."""
    noted = _open_attempts(account.brand_id).first()
    if noted is None:
        return None
    page = gateway.get_session(noted.stripe_id)
    _take_up(account, page, now)
    if subscriptions.get_current(account.brand_id) is not None:
        raise AlreadySubscribed
    is_same = (noted.plan_version_id, noted.interval) == (version.pk, interval)
    if is_same and page.status == CheckoutStatus.OPEN and page.expires_at - now > WORTH_OPENING:
        return page
    _open_attempts(account.brand_id).update(state=AttemptState.EXPIRED)
    return None


def _open_page(new: NewSession, version: PlanVersion, interval: str, now: datetime) -> SessionFacts:
    """A new page, noted. Where Stripe answers with the page of a try whose answer was lost, it must still be open."""
    for _try in range(2):
        attempt = attempts.begin_attempt(
            brand_id=new.brand_id, kind=AttemptKind.CHECKOUT, now=now, plan_version=version, interval=interval
        )
        page = gateway_writes.create_session(new, key=attempts.key_of(attempt))
        if gateway.get_session(page.id).status == CheckoutStatus.OPEN:
            break
        StripeAttempt.objects.filter(pk=attempt.pk).update(stripe_id=page.id, state=AttemptState.EXPIRED)
    StripeAttempt.objects.filter(pk=attempt.pk).update(stripe_id=page.id)
    audit.record(
        action="billing.checkout_started",
        subject=f"brand:{new.brand_id}",
        after={"plan": version.plan.code, "interval": interval, "session": page.id},
    )
    return page


def _close_others(account: BillingAccount, kept: SessionFacts, now: datetime) -> None:
    """Close every other open page of the brand: Stripe is asked, since one whose answer was lost is open too.

    Raises AlreadySubscribed where one of them was paid this very moment; the new page is closed then as well.
    """
    for page in gateway.list_open_sessions(account.stripe_customer_id or ""):
        if page.id != kept.id:
            _take_up(account, _close(page), now)
    if subscriptions.get_current(account.brand_id) is not None:
        _close(kept)
        raise AlreadySubscribed


def _open_attempts(brand_id: int) -> QuerySet[StripeAttempt]:
    return StripeAttempt.objects.filter(brand_id=brand_id, kind=AttemptKind.CHECKOUT, state=AttemptState.OPEN)


def _close(page: SessionFacts) -> SessionFacts:
    """Close a page; one that was paid this very moment cannot be closed, and says so."""
    try:
        return gateway_writes.expire_session(page.id)
    except PaymentServiceRefused:
        found = gateway.get_session(page.id)
        if found.status == CheckoutStatus.OPEN:
            raise
        return found


def _take_up(account: BillingAccount, page: SessionFacts, now: datetime) -> Subscription | None:
    """Note what became of a page; if it was paid, mirror what it made."""
    if page.status == CheckoutStatus.EXPIRED:
        attempts.close_attempts(brand_id=account.brand_id, stripe_id=page.id, state=AttemptState.EXPIRED)
    if page.status != CheckoutStatus.COMPLETE:
        return None
    attempts.close_attempts(brand_id=account.brand_id, stripe_id=page.id, state=AttemptState.DONE)
    if not page.subscription_id:
        return None
    cards.adopt_card(subscription_id=page.subscription_id)
    return mirror.mirror_subscription(
        subscription_id=page.subscription_id, now=now, customer_id=account.stripe_customer_id or ""
    )


def _free_until(brand: Any, version: PlanVersion, now: datetime) -> int | None:
    """Compute the end of the free time as Stripe takes it. Raises PaidTooLongAhead."""
    latest = free_until(brand=brand, version=version, now=now)
    if latest - now > MAX_TRIAL:
        raise PaidTooLongAhead
    return objects.to_timestamp(latest) if latest - now >= MIN_TRIAL else None


def free_until(*, brand: Any, version: PlanVersion, now: datetime) -> datetime:
    """Return the end of what is free or paid already: of the trial, or of a period of the same plan or a larger one."""
    periods = PlanPeriod.objects.filter(
        brand_id=brand.pk,
        revoked_at__isnull=True,
        starts_at__lte=now,
        ends_at__gt=now,
        plan_version__plan__rank__gte=version.plan.rank,
    )
    ends: list[datetime] = [brand.trial_ends_at, *periods.values_list("ends_at", flat=True)]
    return max(ends)
