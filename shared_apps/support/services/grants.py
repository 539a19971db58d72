"""Letting support in: by the owner's consent, or in an emergency by two administrators; and ending it at once."""

import secrets
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from kernel.core.integrity import refine_integrity_error
from kernel.events import outbox
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import brand_schema, current_brand, is_public, public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.support import rules
from shared_apps.support.events import EmergencyNoticed
from shared_apps.support.models import AccessGrant, AccessPass
from shared_apps.support.selectors import grants as selectors
from shared_apps.support.services import staff
from shared_apps.support.states import GrantKind
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState, ProvisioningState

PASS_SALT: Final = "support.pass"  # noqa: S105 (no secret, a purpose)


class GrantNotFound(NotFound):
    code = "support_access_not_found"
    title = _("There is no such support access")


class GrantNotAlive(Gone):
    code = "support_access_over"
    title = _("This support access is over, or has not begun")


class BrandNotOpen(Conflict):
    code = "brand_not_open"
    title = _("This brand has no data that could be visited")


class SecondAdministratorMissing(Forbidden):
    code = "second_administrator_missing"
    title = _("Another administrator has to approve")


# --- by consent ------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_access(*, brand_id: int, hours: int, reason: str, may_write: bool = False, now: datetime) -> AccessGrant:
    """Let support look into the brand for 1 to 72 hours from `now`, read-only unless `may_write`.

    Raises NotAllowed, Invalid (hours, reason), BrandNotOpen.
    """
    actor = staff.ensure_may("support.grant")
    _ensure_hours(hours, most=rules.MAX_SESSION_HOURS)
    grant = AccessGrant(
        brand_id=brand_id,
        kind=GrantKind.CONSENT,
        reason=_clean_reason(reason),
        may_write=may_write,
        requested_by_id=actor.id or 0,
        requested_by=actor.label[:200],
        created_at=now,
        hours=hours,
        starts_at=now,
        ends_at=now + timedelta(hours=hours),
    )
    return _begin(grant, "support.access_granted")


@transaction.atomic
def revoke_access(*, grant_id: int, brand_id: int | None = None, now: datetime) -> AccessGrant:
    """End an access at once, also one that waits for approval; a session going on is over with its next request.

    `brand_id` is given when the brand itself does it: another brand's is not found. Again is harmless. The owner may
    end any, and so may whoever of the staff may enter brands. Raises GrantNotFound, NotAllowed.
    """
    actor = staff.ensure_may("support.visit" if brand_id is None else "support.grant")
    grant = selectors.get_grant(grant_id=grant_id, brand_id=brand_id)
    if grant is None:
        raise GrantNotFound
    with public_schema():
        open_still = AccessGrant.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), revoked_at__isnull=True)
        ended = open_still.filter(pk=grant_id).update(revoked_at=now, revoked_by=actor.label[:200])
        grant.refresh_from_db(fields=["revoked_at", "revoked_by"])
    if ended:
        _note(grant, "support.access_revoked")
    return grant


def end_consents_of(user_id: int, now: datetime) -> int:
    """End the accesses that a person of the current brand has allowed, and return how many."""
    if is_public():
        return 0
    return _end_all(AccessGrant.objects.filter(kind=GrantKind.CONSENT, brand_id=current_brand().pk), user_id, now)


def end_emergencies_of(staff_id: int, now: datetime) -> int:
    """End the emergency accesses that a member of the staff has asked for or approved, and return how many."""
    if not is_public():
        return 0
    return _end_all(AccessGrant.objects.filter(kind=GrantKind.BREAK_GLASS), staff_id, now)


def _end_all(grants: QuerySet[AccessGrant], person_id: int, now: datetime) -> int:
    open_still = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    theirs = Q(requested_by_id=person_id) | Q(approved_by_id=person_id)
    with public_schema():
        ended = list(grants.select_related("brand").filter(open_still, theirs, revoked_at__isnull=True).order_by("id"))
        AccessGrant.objects.filter(pk__in=[grant.pk for grant in ended]).update(
            revoked_at=now, revoked_by=current_actor().label[:200]
        )
    for grant in ended:
        _note(grant, "support.access_revoked")
    return len(ended)


# --- in an emergency -------------------------------------------------------------------------------------------------


@transaction.atomic
def request_emergency(*, brand_id: int, hours: int, reason: str, may_write: bool = False, now: datetime) -> AccessGrant:
    """Ask for access without consent, for at most 4 hours; a second administrator has to approve within 4 hours.

    The owners are told at once. Raises NotAllowed, Invalid (hours, reason of 20 characters), BrandNotOpen.
    """
    staff_id, name = staff.ensure_person("support.emergency")
    _ensure_hours(hours, most=rules.MAX_EMERGENCY_HOURS)
    grant = AccessGrant(
        brand_id=brand_id,
        kind=GrantKind.BREAK_GLASS,
        reason=_clean_reason(reason, shortest=rules.MIN_EMERGENCY_REASON_LENGTH),
        may_write=may_write,
        requested_by_id=staff_id,
        requested_by=name[:200],
        created_at=now,
        hours=hours,
    )
    grant = _begin(grant, "support.emergency_requested")
    _tell_owners(grant, "requested")
    return grant


@transaction.atomic
def approve_emergency(*, grant_id: int, now: datetime) -> AccessGrant:
    """Let an emergency access begin now, as another administrator than the one who asked. The owners are told at once.

    Raises NotAllowed, GrantNotFound, SecondAdministratorMissing, GrantNotAlive (approved, withdrawn or too old).
    """
    staff_id, name = staff.ensure_person("support.emergency")
    grant = selectors.get_grant(grant_id=grant_id)
    if grant is None or grant.kind != GrantKind.BREAK_GLASS:
        raise GrantNotFound
    if grant.requested_by_id == staff_id:
        raise SecondAdministratorMissing
    waiting = AccessGrant.objects.filter(
        pk=grant_id, starts_at__isnull=True, revoked_at__isnull=True, created_at__gt=now - rules.EMERGENCY_WAITS
    )
    with (
        public_schema(),
        refine_integrity_error({"support_grant_emergency_needs_two": SecondAdministratorMissing}),
        transaction.atomic(),
    ):
        approved = waiting.update(
            approved_by_id=staff_id,
            approved_by=name[:200],
            starts_at=now,
            ends_at=now + timedelta(hours=grant.hours),
        )
        grant.refresh_from_db(fields=["approved_by_id", "approved_by", "starts_at", "ends_at"])
    if not approved:
        raise GrantNotAlive
    _note(grant, "support.emergency_approved")
    _tell_owners(grant, "approved")
    return grant


# --- going in --------------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_pass(*, grant_id: int, now: datetime, public_url: str = "") -> str:
    """An address on the brand's host that lets the acting member of the staff in, once, within 60 seconds.

    It is bound to the brand and to them; only its digest is kept. `public_url` is how the platform was reached.
    Raises GrantNotFound, GrantNotAlive, NotAllowed.
    """
    grant = selectors.get_grant(grant_id=grant_id)
    if grant is None:
        raise GrantNotFound
    staff_id, name = staff.ensure_person(selectors.PERMISSION_TO_ENTER[GrantKind(grant.kind)])
    if not selectors.is_alive(grant, now):
        raise GrantNotAlive
    schema = grant.brand.schema_name
    secret = secrets.token_urlsafe(32)
    with public_schema():
        AccessPass.objects.create(
            grant=grant,
            staff_id=staff_id,
            staff_name=name[:200],
            digest=rules.pass_digest(schema=schema, staff_id=staff_id, secret=secret),
            created_at=now,
            expires_at=now + rules.PASS_LIFETIME,
        )
        audit.record(action="support.pass_issued", subject=f"brand:{grant.brand_id}", after={"access": grant.pk})
    token = signing.dumps({"schema": schema, "staff": staff_id, "secret": secret}, salt=PASS_SALT)
    home = tenants.home_of(grant.brand.slug, public_url=public_url)
    return f"{home}/console/support/enter/?{urlencode({'token': token})}"


# --- parts -----------------------------------------------------------------------------------------------------------


def _ensure_hours(hours: int, *, most: int) -> None:
    if not 1 <= hours <= most:
        raise Invalid(gettext("Choose 1 to %(most)s hours.") % {"most": most}, field="hours")


def _clean_reason(reason: str, *, shortest: int = 1) -> str:
    cleaned = rules.clean_line(reason)
    if not cleaned:
        raise Invalid(gettext("Enter a reason."), field="reason")
    if not shortest <= len(cleaned) <= 500:
        raise Invalid(gettext("A reason has %(shortest)s to 500 characters.") % {"shortest": shortest}, field="reason")
    return cleaned


def _begin(grant: AccessGrant, action: str) -> AccessGrant:
    """Keep a new grant for a brand whose schema stands."""
    brand = tenants.get_brand(brand_id=grant.brand_id)
    if brand is None or brand.provisioning_state != ProvisioningState.READY or brand.state == BrandState.ARCHIVED:
        raise BrandNotOpen
    with public_schema():
        grant.brand = brand
        grant.save(force_insert=True)
    _note(grant, action)
    return grant


def _note(grant: AccessGrant, action: str) -> None:
    """Write it into both audit logs: the brand's own, and the platform's by the brand's id."""
    facts = {
        "access": grant.pk,
        "kind": grant.kind,
        "reason": grant.reason,
        "hours": grant.hours,
        "may_write": grant.may_write,
        "ends_at": grant.ends_at,
    }
    with public_schema():
        audit.record(action=action, subject=f"brand:{grant.brand_id}", after=facts)
    if grant.brand.schema_dropped_at is None:
        with brand_schema(grant.brand.schema_name):
            audit.record(action=action, subject=f"support_access:{grant.pk}", after=facts)


def _tell_owners(grant: AccessGrant, stage: str) -> None:
    with brand_schema(grant.brand.schema_name):
        owners = [owner.pk for owner in accounts.list_owners() if owner.email]
    with public_schema():
        for user_id in owners or [0]:
            outbox.publish(EmergencyNoticed(grant_id=grant.pk, stage=stage, user_id=user_id))
