"""Changes of where a brand stands: extended, suspended, resumed, expired. Each one is audited in public."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.states import compare_and_set, ensure_allowed
from kernel.tenancy import public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.states import BRAND_TRANSITIONS, BrandState, SuspensionCause

LONGEST_EXTENSION_DAYS = 90


class BrandNotFound(NotFound):
    code, title = "brand_not_found", _("There is no such brand")


class NotOnTrial(Conflict):
    code, title = "not_on_trial", _("This brand is not on trial")


class ReasonMissing(Invalid):
    code, title = "reason_missing", _("Say why")


@transaction.atomic
def extend_trial(*, brand_id: int, days: int | None = None, now: datetime) -> Brand:
    """Give a trial more days (15 by default), counted from its end or from now if it is over already.

    Raises BrandNotFound, NotOnTrial, Invalid for days outside 1 to 90.
    """
    days = settings.TRIAL_DAYS if days is None else days
    if not 1 <= days <= LONGEST_EXTENSION_DAYS:
        raise Invalid(_("A trial is extended by 1 to 90 days at a time."), field="days")
    with public_schema():
        brand = _lock(brand_id)
        if brand.state not in {BrandState.TRIALING, BrandState.TRIAL_EXPIRED}:
            raise NotOnTrial
        before = {"state": brand.state, "trial_ends_at": brand.trial_ends_at}
        ends_at = max(brand.trial_ends_at, now) + timedelta(days=days)
        _set_state(brand, BrandState.TRIALING, trial_ends_at=ends_at)
        _record("trial_extended", brand, before, {"state": brand.state, "trial_ends_at": ends_at})
    return brand


@transaction.atomic
def suspend_brand(*, brand_id: int, reason: str) -> Brand:
    """Let a brand only read and export from now on; it remembers where it stood.

    Raises BrandNotFound, ReasonMissing, IllegalTransition for one that is suspended or archived.
    """
    if not reason.strip():
        raise ReasonMissing(field="reason")
    with public_schema():
        brand = _lock(brand_id)
        before = BrandState(brand.state)
        ensure_allowed(BRAND_TRANSITIONS, now=before, wanted=BrandState.SUSPENDED)
        _set_state(brand, BrandState.SUSPENDED, suspended_from=before, suspended_because=SuspensionCause.STAFF)
        _record("suspended", brand, {"state": before}, {"state": brand.state, "reason": reason.strip()})
    return brand


@transaction.atomic
def resume_brand(*, brand_id: int, now: datetime) -> Brand:
    """Return a suspended brand to where it stood. A trial that ended meanwhile has ended.

    Raises BrandNotFound, IllegalTransition for one that is not suspended.
    """
    with public_schema():
        brand = _lock(brand_id)
        before = BrandState(brand.state)
        former = BrandState(brand.suspended_from) if before is BrandState.SUSPENDED else before
        if former is BrandState.TRIALING and brand.trial_ends_at <= now:
            former = BrandState.TRIAL_EXPIRED
        ensure_allowed(BRAND_TRANSITIONS, now=before, wanted=former)
        _set_state(brand, former, suspended_from="", suspended_because=SuspensionCause.NONE)
        _record("resumed", brand, {"state": before}, {"state": brand.state})
    return brand


def expire_trials(*, now: datetime) -> int:
    """Note every trial that is over, each in a transaction of its own. Returns how many."""
    with public_schema():
        over = Brand.objects.filter(state=BrandState.TRIALING, trial_ends_at__lte=now).order_by("id")
        return sum(_expire(brand_id, now) for brand_id in list(over.values_list("id", flat=True)))


@transaction.atomic
def _expire(brand_id: int, now: datetime) -> bool:
    brand = _lock(brand_id)
    if brand.state != BrandState.TRIALING or brand.trial_ends_at > now:
        return False  # extended or paid in the meantime
    _set_state(brand, BrandState.TRIAL_EXPIRED)
    _record("trial_expired", brand, {"state": BrandState.TRIALING}, {"state": brand.state})
    return True


def _lock(brand_id: int) -> Brand:
    brand = Brand.objects.select_for_update(no_key=True).filter(pk=brand_id).first()
    if brand is None:
        raise BrandNotFound
    return brand


def _set_state(brand: Brand, wanted: BrandState, **updates: Any) -> None:
    updates.setdefault("state_since", clock.now())
    compare_and_set(Brand.objects.filter(pk=brand.pk), expected=brand.state, wanted=wanted, **updates)
    brand.state = wanted
    for field, value in updates.items():
        setattr(brand, field, value)
    transaction.on_commit(selectors.forget_hosts)


def _record(what: str, brand: Brand, before: dict[str, object], after: dict[str, object]) -> None:
    audit.record(action=f"tenants.{what}", subject=f"brand:{brand.pk}", before=before, after=after)
