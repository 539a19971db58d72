"""Change a brand's state: extend, suspend, resume, close. Each change is audited in public.

Services that change a fact publish BillingFactsChanged, and the billing app above computes the billing status from all
facts. Code that locks several rows locks the brand's first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid, NotFound, ReasonMissing
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import due, outbox
from kernel.tenancy.context import public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.events import BillingFactsChanged
from shared_apps.tenants.models import Brand
from shared_apps.tenants.states import BRAND_TRANSITIONS, WRITABLE, BrandState, SuspensionCause, state_at

MAX_EXTENSION_DAYS: Final = 90
MAX_EXTENSIONS: Final = 2


class NoCompany(Conflict):
    code = "brand_names_no_company"
    title = _("This brand named no company at sign-up, so nothing keeps it from another trial")


class BrandNotFound(NotFound):
    code = "brand_not_found"
    title = _("There is no such brand")


class NotOnTrial(Conflict):
    code = "not_on_trial"
    title = _("This brand is not on trial")


class TrialExtendedTwice(Conflict):
    code = "trial_extended_twice"
    title = _("This trial was extended twice already")


class NotSuspendedByStaff(Conflict):
    code = "not_suspended_by_staff"
    title = _("Support did not suspend this brand: a payment or given time lifts this suspension")


@dataclass(frozen=True)
class BrandStatus:
    """A brand's state, the cause of a suspension, and the start of the state."""

    state: BrandState
    because: SuspensionCause
    since: datetime


# --- acts of support -------------------------------------------------------------------------------------------------


@transaction.atomic
def extend_trial(*, brand_id: int, reason: str, now: datetime, days: int | None = None) -> Brand:
    """Extend a trial by `days` (15 by default) from its end, or from now if it is over; at most twice.

    Raises BrandNotFound, NotOnTrial, TrialExtendedTwice, ReasonMissing, Invalid for days outside 1 to 90.
    """
    days = settings.TRIAL_DAYS if days is None else days
    reason = clean_reason(reason)
    if not 1 <= days <= MAX_EXTENSION_DAYS:
        raise Invalid(_("A trial is extended by 1 to 90 days at a time."), field="days")
    with public_schema():
        brand = lock_brand(brand_id=brand_id)
        if not _is_trial(brand):
            raise NotOnTrial
        if brand.trial_extensions >= MAX_EXTENSIONS:
            raise TrialExtendedTwice
        before = {"state": brand.state, "trial_ends_at": brand.trial_ends_at}
        ends_at = max(brand.trial_ends_at, now) + timedelta(days=days)
        extended = {"trial_ends_at": ends_at, "trial_extensions": brand.trial_extensions + 1}
        if brand.state == BrandState.TRIALING:
            _change(brand, **extended)
        else:
            _set_state(brand, BrandStatus(BrandState.TRIALING, SuspensionCause.NONE, now), **extended)
        _record("trial_extended", brand, before, {"state": brand.state, "trial_ends_at": ends_at, "reason": reason})
        outbox.publish(BillingFactsChanged(brand_id=brand_id))
    return brand


@transaction.atomic
def permit_another_trial(*, brand_id: int, reason: str, now: datetime) -> Brand:
    """Let the brand's company sign up once more, as another brand. Raises BrandNotFound, NoCompany, ReasonMissing."""
    reason = clean_reason(reason)
    with public_schema():
        brand = lock_brand(brand_id=brand_id)
        if not (brand.company_key or brand.company_name_key):
            raise NoCompany
        _change(brand, another_trial_permitted_at=now)
        _record("another_trial_permitted", brand, {}, {"company": brand.company_name, "reason": reason})
    return brand


@transaction.atomic
def suspend_brand(*, brand_id: int, reason: str, now: datetime) -> Brand:
    """Suspend a brand: only the owner may sign in, to billing and export; the former state is remembered.

    A payment does not lift it. Raises BrandNotFound, ReasonMissing, IllegalTransition if support has suspended it
    already or it is archived.
    """
    reason = clean_reason(reason)
    with public_schema():
        brand = lock_brand(brand_id=brand_id)
        before = {"state": brand.state, "because": brand.suspended_because}
        if brand.state == BrandState.SUSPENDED and brand.suspended_because != SuspensionCause.STAFF:
            # From now on paying does not lift it; and where it returns to, nothing can be written until billing looked.
            former = BrandState.TRIAL_EXPIRED if _is_trial(brand) else BrandState.READ_ONLY
            _change(brand, suspended_because=SuspensionCause.STAFF, suspended_from=former, suspension_reason=reason)
        else:
            _set_state(brand, BrandStatus(BrandState.SUSPENDED, SuspensionCause.STAFF, now), suspension_reason=reason)
        _record("suspended", brand, before, {"state": brand.state, "reason": reason})
        outbox.publish(BillingFactsChanged(brand_id=brand_id))
    return brand


@transaction.atomic
def resume_brand(*, brand_id: int, reason: str, now: datetime) -> Brand:
    """Lift support's suspension: restore the former state, which billing then recomputes.

    Raises BrandNotFound, ReasonMissing, NotSuspendedByStaff.
    """
    reason = clean_reason(reason)
    with public_schema():
        brand = lock_brand(brand_id=brand_id)
        if brand.state != BrandState.SUSPENDED or brand.suspended_because != SuspensionCause.STAFF:
            raise NotSuspendedByStaff
        former = state_at(brand.suspended_from, brand.trial_ends_at, now)
        _set_state(brand, BrandStatus(former, SuspensionCause.NONE, now), suspension_reason="")
        _record("resumed", brand, {"state": BrandState.SUSPENDED}, {"state": brand.state, "reason": reason})
        outbox.publish(BillingFactsChanged(brand_id=brand_id))
    return brand


# --- for billing, above ----------------------------------------------------------------------------------------------


def lock_brand(*, brand_id: int) -> Brand:
    """Lock the brand until this transaction ends. Raises BrandNotFound."""
    brand: Brand | None = Brand.objects.select_for_update(no_key=True).filter(pk=brand_id).first()
    if brand is None:
        raise BrandNotFound
    return brand


def set_brand_status(*, brand: Brand, status: BrandStatus, explanation: Mapping[str, object]) -> bool:
    """Apply the computed status to a locked brand; return whether it changed. At most two statements.

    Raises IllegalTransition, StateChanged.
    """
    before = {"state": brand.state, "because": brand.suspended_because}
    if before == {"state": status.state, "because": status.because}:
        return False
    if brand.state == status.state:
        _change(brand, suspended_because=status.because)
    else:
        _set_state(brand, status)
    after = {"state": status.state, "because": status.because, "since": status.since, **explanation}
    _record("state_changed", brand, before, after)
    return True


def set_closing(*, brand: Brand, closing_at: datetime | None) -> None:
    """Set the time at which a locked brand's owner closes the account, or None when withdrawn."""
    before = {"closing_at": brand.closing_at}
    _change(brand, closing_at=closing_at)
    what = "closing_undone" if closing_at is None else "closing_begun"
    _record(what, brand, before, {"closing_at": closing_at})


def clean_reason(reason: str) -> str:
    """Strip the reason and cut it to 500 characters. Raises ReasonMissing."""
    cleaned = reason.strip()[:500]
    if not cleaned:
        raise ReasonMissing(field="reason")
    return cleaned


def _is_trial(brand: Brand) -> bool:
    """Tell whether the brand is on trial, or stopped only by the trial's end."""
    on_trial = {BrandState.TRIALING, BrandState.TRIAL_EXPIRED}
    return brand.state in on_trial or (
        brand.suspended_because == SuspensionCause.UNPAID and brand.suspended_from in on_trial
    )


def _set_state(brand: Brand, status: BrandStatus, **updates: Any) -> None:
    ensure_allowed(BRAND_TRANSITIONS, now=BrandState(brand.state), wanted=status.state)
    updates["suspended_from"] = _suspended_from(brand) if status.state is BrandState.SUSPENDED else ""
    updates["archived_because"] = brand.suspended_because if status.state is BrandState.ARCHIVED else ""
    updates["suspended_because"] = status.because
    updates["state_since"] = status.since
    compare_and_set(Brand.objects.filter(pk=brand.pk), expected=brand.state, wanted=status.state, **updates)
    brand.state = status.state
    _take_over(brand, updates)
    if status.state in WRITABLE:
        due.note("kernel.look_after", at=status.since, brand=brand.schema_name)  # what waited while it could not write


def _suspended_from(brand: Brand) -> BrandState:
    return BrandState.READ_ONLY if brand.state == BrandState.ARCHIVED else BrandState(brand.state)


def _change(brand: Brand, **updates: object) -> None:
    Brand.objects.filter(pk=brand.pk).update(**updates)
    _take_over(brand, updates)


def _take_over(brand: Brand, updates: Mapping[str, Any]) -> None:
    for field, value in updates.items():
        setattr(brand, field, value)
    transaction.on_commit(selectors.forget_hosts)


def _record(what: str, brand: Brand, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    audit.record(action=f"tenants.{what}", subject=f"brand:{brand.pk}", before=before, after=after)
