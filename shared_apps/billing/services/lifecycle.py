"""Putting brands where the facts say they stand: one after each change of a fact, all of them by the clock."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kernel.tenancy.context import public_schema
from shared_apps.billing.rules.plans import is_everything
from shared_apps.billing.rules.reminders import TRIAL_DAYS, list_owed
from shared_apps.billing.rules.status import BillingStatus, compute_billing_status
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import entitle, reminders
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import archives
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.services.lifecycle import BrandStatus
from shared_apps.tenants.states import BrandState

logger = logging.getLogger(__name__)

BATCH_SIZE: Final = 500
ARCHIVE_REASON: Final = "Not paid, or closed by its owner; told 30, 7 and 1 days before."


@dataclass(frozen=True)
class Round:
    """Result of the job: brands it looked at, synced, and could not sync (their errors are in the log)."""

    seen: int = 0
    settled: int = 0
    failed: int = 0


@transaction.atomic
def sync_billing_status(*, brand_id: int, now: datetime) -> BillingStatus:
    """Put the brand where trial, payments, closing and support's word say it stands, with its plan and reminders.

    Takes the brand's row first. Doing it twice is doing it once; the number of statements does not depend on anything.
    Raises BrandNotFound.
    """
    with public_schema():
        brand = places.lock_brand(brand_id=brand_id)
        facts = statuses.get_facts([brand])[brand_id]
        status = compute_billing_status(facts, now)
        if brand.state == BrandState.ARCHIVED:  # only bringing it back changes that
            return status
        explanation = {"plan": status.plan, "cover_ends_at": status.cover_ends_at}
        places.set_brand_status(brand=brand, status=_status_of(brand, status, now), explanation=explanation)
        if not _is_entitled(brand, status, now):
            on_trial = _is_on_trial(brand, now)
            entitle.entitle_brand(brand_id=brand_id, plan_version_id=status.plan_version_id, on_trial=on_trial, now=now)
        reminders.record_reminders(brand_id=brand_id, owed=list_owed(facts, status, now), now=now)
    return status


def sync_all_billing_statuses(*, now: datetime) -> Round:
    """Settle every brand about which time has changed anything, each in a transaction of its own.

    Where brands stand is found in batches, by five statements for each 500; only those that stand elsewhere, have
    another plan or are owed a reminder are settled. One that cannot be settled is logged and holds up nobody.
    """
    total = Round()
    last = 0
    horizon = now + timedelta(days=max(TRIAL_DAYS))
    while brands := tenants.list_in_service(after_id=last, limit=BATCH_SIZE, trials_ending_before=horizon):
        last = int(brands[-1].pk)
        wanting = find_unsettled(brands, now)
        failed = sum(not _sync_safely(brand_id, now) for brand_id in wanting)
        total = Round(total.seen + len(brands), total.settled + len(wanting) - failed, total.failed + failed)
    return total


def find_unsettled(brands: list[Any], now: datetime) -> list[int]:
    """Ids of the brands that do not stand where the facts say, or were not told what they should have been."""
    with public_schema():
        facts = statuses.get_facts(brands)
        known = {brand_id: compute_billing_status(found, now) for brand_id, found in facts.items()}
        owed = {brand_id: list_owed(facts[brand_id], known[brand_id], now) for brand_id in facts}
        told = reminders.list_told(brand_ids=[brand_id for brand_id, noted in owed.items() if noted])
    return [
        int(brand.pk)
        for brand in brands
        if not _is_settled(brand, known[int(brand.pk)], now)
        or any((int(brand.pk), one.about) not in told for one in owed[int(brand.pk)])
    ]


def archive_due_brands(*, now: datetime) -> Round:
    """Have the brands archived whose day has come and who were told three times, each by a task of its own."""
    due = statuses.list_brands_due_for_archive(now=now)
    failed = 0
    for brand_id in due:
        try:
            archives.request_archive(brand_id=brand_id, reason=ARCHIVE_REASON, now=now)
        except Exception:
            logger.exception("brand %s could not be archived", brand_id)
            failed += 1
    return Round(seen=len(due), settled=len(due) - failed, failed=failed)


def _sync_safely(brand_id: int, now: datetime) -> bool:
    try:
        sync_billing_status(brand_id=brand_id, now=now)
    except Exception:  # the next round tries again; until then the others are not to wait
        logger.exception("brand %s could not be settled", brand_id)
        return False
    return True


def _is_settled(brand: Any, status: BillingStatus, now: datetime) -> bool:
    return (
        brand.state == status.state and brand.suspended_because == status.because and _is_entitled(brand, status, now)
    )


def _status_of(brand: Any, status: BillingStatus, now: datetime) -> BrandStatus:
    """Since when: the moment the facts name if it lies behind the last change, else now (a payment that came late)."""
    since = status.since if brand.state_since < status.since <= now else now
    return BrandStatus(status.state, status.because, since)


def _is_entitled(brand: Any, status: BillingStatus, now: datetime) -> bool:
    """Tell whether the brand has the features and limits of just this version; with no plan or on trial, everything."""
    plan = status.plan
    held = (brand.entitlements.get("plan", ""), brand.entitlements.get("version", 0))
    if plan is None:
        return held == ("", 0)
    return held == (plan.code, plan.version) and is_everything(brand.entitlements) == _is_on_trial(brand, now)


def _is_on_trial(brand: Any, now: datetime) -> bool:
    # The days of a trial are promised with everything in them, whenever a plan is chosen.
    return bool(now < brand.trial_ends_at)
