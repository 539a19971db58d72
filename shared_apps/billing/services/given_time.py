"""Time that support gives: a plan for some days, with a reason, which can be taken back.

Staff who may change plans give a brand 31 days within a year, whoever of them gives; what is beyond that a platform
administrator gives. Days that were taken back do not count.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.core.states import StateChanged
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanPeriod
from shared_apps.billing.rules.cover import Facts, end_of_cover, is_renewed
from shared_apps.billing.rules.status import compute_billing_status
from shared_apps.billing.selectors import plans
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import lifecycle
from shared_apps.billing.states import PlanPeriodKind
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import BrandState

MAX_GIFT_DAYS: Final = 366
# What a brand gets within a year without an administrator, however often somebody gives.
FREELY_GIVEN_DAYS: Final = 31
_YEAR: Final = timedelta(days=365)
_ADMINISTRATOR: Final = "platform_admin"


class PlanPeriodNotFound(NotFound):
    code = "plan_period_not_found"
    title = _("There is no such period")


class PlanPeriodIsPaid(Conflict):
    code = "plan_period_is_paid"
    title = _("This period was paid for. Reverse the bank transfer instead")


class AdministratorNeeded(Forbidden):
    code = "administrator_needed"
    title = _("More than 31 days within a year are given by a platform administrator")


class GiftWouldBeLost(Conflict):
    code = "gift_would_be_lost"
    title = _("A subscription by card runs and pays for this time anyway. Give a larger plan, or credit at Stripe")


class BrandIsArchived(Conflict):
    code = "brand_is_archived"
    title = _("This brand is archived. Restore it first")


@transaction.atomic
def give_time(*, brand_id: int, plan_code: str, days: int, reason: str, now: datetime) -> PlanPeriod:
    """Give a brand the plan as it is offered for 1 to 366 days, from the end of what it has; a larger one from now.

    More than 31 days within a year take a platform administrator. Raises BrandNotFound, ReasonMissing, PlanNotFound,
    Invalid, BrandIsArchived, AdministratorNeeded, GiftWouldBeLost.
    """
    reason = places.clean_reason(reason)
    if not 1 <= days <= MAX_GIFT_DAYS:
        raise Invalid(_("Between 1 and 366 days are given."), field="days")
    version = plans.get_version(plan_code)
    with public_schema():
        brand = places.lock_brand(brand_id=brand_id)
        if brand.state == BrandState.ARCHIVED:
            raise BrandIsArchived
        _ensure_may_give(brand_id, days, now)
        starts_at = _begin_of_gift(statuses.get_facts([brand])[brand_id], version.plan.rank, now)
        period = PlanPeriod.objects.create(
            brand_id=brand_id,
            plan_version=version,
            kind=PlanPeriodKind.COMP,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=days),
            reason=reason,
            given_by=current_actor().label[:200],
            created_at=now,
        )
        after = {"period": period.pk, "plan": plan_code, "days": days, "starts_at": starts_at, "reason": reason}
        audit.record(action="billing.time_given", subject=f"brand:{brand_id}", after=after)
        lifecycle.sync_billing_status(brand_id=brand_id, now=now)
    return period


def _ensure_may_give(brand_id: int, days: int, now: datetime) -> None:
    """Raises AdministratorNeeded. The brand is locked: two gifts at once are counted one after the other."""
    actor = current_actor()
    if actor.kind == "system" or actor.role == _ADMINISTRATOR:
        return
    gifts = PlanPeriod.objects.filter(brand_id=brand_id, kind=PlanPeriodKind.COMP, created_at__gt=now - _YEAR)
    given = timedelta(days=days)
    for starts_at, ends_at, revoked_at in gifts.values_list("starts_at", "ends_at", "revoked_at"):
        given += max(min(ends_at, revoked_at or ends_at) - starts_at, timedelta(0))
    if given > timedelta(days=FREELY_GIVEN_DAYS):
        raise AdministratorNeeded


def _begin_of_gift(facts: Facts, rank: int, now: datetime) -> datetime:
    plan = compute_billing_status(facts, now).plan
    if plan is not None and rank > plan.rank:
        return now
    if is_renewed(facts, now):
        raise GiftWouldBeLost
    return end_of_cover(facts, now) or now


@transaction.atomic
def revoke_time(*, period_id: int, reason: str, now: datetime) -> PlanPeriod:
    """Take given time back: it ends now.

    Raises PlanPeriodNotFound, PlanPeriodIsPaid, ReasonMissing, StateChanged.
    """
    reason = places.clean_reason(reason)
    with public_schema():
        period = PlanPeriod.objects.filter(pk=period_id).first()
        if period is None:
            raise PlanPeriodNotFound
        if period.kind != PlanPeriodKind.COMP:
            raise PlanPeriodIsPaid
        places.lock_brand(brand_id=period.brand_id)
        changed = PlanPeriod.objects.filter(pk=period_id, revoked_at__isnull=True)
        if not changed.update(revoked_at=now, revoked_because=reason):
            raise StateChanged(_("It was taken back already."))
        period.revoked_at = now
        period.revoked_because = reason
        audit.record(
            action="billing.time_revoked",
            subject=f"brand:{period.brand_id}",
            after={"period": period_id, "reason": reason},
        )
        lifecycle.sync_billing_status(brand_id=period.brand_id, now=now)
    return period
