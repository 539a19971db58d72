"""Our plans as products and prices at Stripe, the portal's set-up, the webhook's address. Twice is as good as once.

A price at Stripe is never changed: one that differs from ours is reported, and a new version of the plan is the remedy.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanPrice, PlanVersion
from shared_apps.billing.rules.stripe_objects import PriceFacts, lookup_key
from shared_apps.billing.selectors.subscriptions import price_of
from shared_apps.billing.services import gateway, gateway_setup
from shared_apps.billing.services.gateway_setup import NewPrice
from shared_apps.billing.states import Interval

logger = logging.getLogger(__name__)

_FIELDS: Final[Mapping[str, str]] = {Interval.MONTH: "stripe_price_month_id", Interval.YEAR: "stripe_price_year_id"}
# What a webhook is wanted for: everything the mirror follows, and nothing else.
WEBHOOK_EVENTS: Final = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.completed",
    "checkout.session.expired",
    "credit_note.created",
    "credit_note.voided",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.updated",
    "invoice.voided",
    "subscription_schedule.canceled",
    "subscription_schedule.released",
    "subscription_schedule.updated",
)
# Plans are changed on our pages, where the limits are shown first; the portal is for cards, invoices and leaving.
PORTAL: Final[Mapping[str, Any]] = {
    "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "phone", "tax_id"]},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
    "subscription_pause": {"enabled": False},
    "subscription_update": {"enabled": False},
}
_REMEMBERED: Final = timedelta(hours=1)


class PriceDiffers(Conflict):
    code = "price_differs_at_payment_service"
    title = _("The payment service would take another price than ours. Nothing is sold until our support has looked")


@dataclass
class SyncReport:
    """Objects made, objects that stood already, and differences that somebody must look at."""

    made: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    webhook_secret: str = ""


def sync_everything(*, webhook_url: str = "") -> SyncReport:
    """Bring all published versions, the portal and, where asked, the webhook to Stripe. Raises the gateway's errors."""
    report = SyncReport()
    with public_schema():
        versions = PlanVersion.objects.filter(published_at__isnull=False).select_related("plan")
        for version in versions.order_by("plan__rank", "version"):
            _sync_version(version, report)
    _sync_portal(report)
    if webhook_url:
        _sync_webhook(webhook_url, report)
    return report


def ensure_price(*, version: PlanVersion, interval: str) -> str:
    """Stripe's id of our price; brought there first where it is not. Raises Invalid and the gateway's errors.

    An id is trusted for an hour after it was found in this very account: of another key's account it would be unknown.
    Raises PriceDiffers where the price under our name is not ours, such as after somebody moved the name.
    """
    if interval not in _FIELDS:
        raise Invalid(gettext("Plans are paid by the month or by the year."), field="interval")
    with public_schema():
        name = f"billing:prices:{version.pk}:{gateway.fingerprint()}"
        if not getattr(version, _FIELDS[interval]) or not cache.get(name):
            report = SyncReport()
            _sync_version(version, report)
            if report.differing:
                logger.error("not sold: %s", " | ".join(report.differing))
                raise PriceDiffers
            cache.set(name, 1, _REMEMBERED.total_seconds())
    return str(getattr(version, _FIELDS[interval]))


def ensure_portal() -> str:
    """Stripe's id of the portal's set-up; brought there first where it is not."""
    name = f"billing:portal:{_digest(PORTAL)}:{gateway.fingerprint()}"
    with public_schema():
        known = cache.get(name)
        if not known:
            known = _sync_portal(SyncReport())
            cache.set(name, known, _REMEMBERED.total_seconds())
    return str(known)


@transaction.atomic
def _sync_version(version: PlanVersion, report: SyncReport) -> None:
    """One version: its plan's product, and a price per interval found under its lookup key."""
    plan = version.plan
    name = f"{plan.name_en} {plan.name_zh}"
    product_id, made = gateway_setup.ensure_product(code=plan.code, name=name)
    (report.made if made else report.unchanged).append(f"product {product_id}")
    wanted = {interval: _wanted(version, interval, product_id) for interval in _FIELDS}
    found = gateway_setup.find_prices([price.lookup_key for price in wanted.values()])
    updates = {"stripe_product_id": product_id}
    for interval, price in wanted.items():
        known = found.get(price.lookup_key)
        if known is None:
            known = gateway_setup.create_price(price, key=f"price:{version.pk}:{interval}")
            report.made.append(f"price {price.lookup_key}")
        elif problem := _difference(price, known):
            report.differing.append(f"price {price.lookup_key}: {problem}")
            continue  # neither sold nor taken for ours
        else:
            report.unchanged.append(f"price {price.lookup_key}")
        PlanPrice.objects.get_or_create(
            stripe_price_id=known.id, defaults={"plan_version": version, "interval": interval}
        )
        updates[_FIELDS[interval]] = known.id
    changed = {name: value for name, value in updates.items() if getattr(version, name) != value}
    if changed:
        PlanVersion.objects.filter(pk=version.pk).update(**changed)
    for name, value in changed.items():
        setattr(version, name, value)


def _wanted(version: PlanVersion, interval: str, product_id: str) -> NewPrice:
    return NewPrice(
        lookup_key=lookup_key(plan_code=version.plan.code, version=version.version, interval=interval),
        product_id=product_id,
        amount=price_of(version, interval),
        currency=version.currency,
        interval=interval,
    )


def _difference(ours: NewPrice, theirs: PriceFacts) -> str:
    """Return the difference between Stripe's price and ours, in words; empty where there is none."""
    pairs = {
        "amount": (ours.amount, theirs.amount),
        "currency": (ours.currency, theirs.currency),
        "interval": (ours.interval, theirs.interval),
        "product": (ours.product_id, theirs.product_id),
    }
    words = [f"{name} is {theirs}, ours is {ours}" for name, (ours, theirs) in pairs.items() if ours != theirs]
    if not theirs.is_active:
        words.append("it is not active")
    return "; ".join(words)


def _sync_portal(report: SyncReport) -> str:
    digest = _digest(PORTAL)
    known = gateway_setup.find_portal()
    if known is not None and known[1] == digest:
        report.unchanged.append("portal")
        return known[0]
    report.made.append("portal")
    if known is not None:
        return gateway_setup.change_portal(known[0], features=PORTAL, digest=digest)
    return gateway_setup.create_portal(features=PORTAL, digest=digest)


def _sync_webhook(url: str, report: SyncReport) -> None:
    known = gateway_setup.find_webhook(url)
    if known is None:
        report.webhook_secret = gateway_setup.create_webhook(url, events=WEBHOOK_EVENTS)
        report.made.append(f"webhook {url}")
    elif known[1] != frozenset(WEBHOOK_EVENTS):
        gateway_setup.change_webhook(known[0], events=WEBHOOK_EVENTS)
        report.made.append(f"events of webhook {url}")
    else:
        report.unchanged.append(f"webhook {url}")


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
