"""Read support sessions: grants, present visitors, and their requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.errors import Text
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.support import rules
from shared_apps.support.models import AccessGrant, AccessLogEntry, AccessPass
from shared_apps.support.states import GrantKind

# What a member of the staff must be allowed to use a grant of each kind.
PERMISSION_TO_ENTER: Final = {GrantKind.CONSENT: "support.visit", GrantKind.BREAK_GLASS: "support.emergency"}


@dataclass(frozen=True)
class SupportSession:
    """A member of the staff in a brand, by a grant that is alive."""

    grant_id: int
    brand_id: int
    staff_id: int
    staff_name: str
    may_write: bool
    reason: str
    ends_at: datetime


def is_alive(grant: AccessGrant, now: datetime) -> bool:
    """Tell whether staff may come in by this grant at this moment."""
    begun = grant.starts_at is not None and grant.ends_at is not None and grant.starts_at <= now < grant.ends_at
    return begun and grant.revoked_at is None


def _alive(now: datetime) -> QuerySet[AccessGrant]:
    return AccessGrant.objects.filter(starts_at__lte=now, ends_at__gt=now, revoked_at__isnull=True)


def find_session(
    *, grant_id: int, staff_id: int, staff_name: str, brand_id: int, now: datetime
) -> SupportSession | None:
    """The session, while its grant lives and its member of the staff may still enter. One query, in public.

    A visit ends with all other sessions of its visitor.
    """
    used = AccessPass.objects.filter(grant_id=OuterRef(OuterRef("pk")), staff_id=staff_id)
    may_come = Q(pk__in=[])
    for kind, permission in PERMISSION_TO_ENTER.items():
        visitor = accounts.list_staff_who_may(permission).filter(pk=staff_id)
        goes_on = Q(sessions_ended_at__isnull=True) | Exists(used.filter(used_at__gt=OuterRef("sessions_ended_at")))
        may_come |= Q(kind=kind) & Q(Exists(visitor.filter(goes_on)))
    with public_schema():
        grant = _alive(now).filter(may_come, pk=grant_id, brand_id=brand_id).first()
    if grant is None or grant.ends_at is None:
        return None
    return SupportSession(grant.pk, brand_id, staff_id, staff_name, grant.may_write, grant.reason, grant.ends_at)


def list_live_grants(*, brand_id: int, now: datetime) -> list[AccessGrant]:
    """The grants of a brand that are alive, the one that ends first in front; `visitors` names who has come by it."""
    with public_schema():
        grants = _alive(now).filter(brand_id=brand_id)
        return list(grants.annotate(visitors=_VISITORS).order_by("ends_at", "id"))


_VISITORS: Final[Any] = ArrayAgg(
    "passes__staff_name", filter=Q(passes__used_at__isnull=False), distinct=True, default=[]
)


def list_grants(*, brand_id: int) -> QuerySet[AccessGrant]:
    """Every grant of a brand, also requested and ended ones, newest first. To be read in public."""
    return AccessGrant.objects.filter(brand_id=brand_id).order_by("-id")


def get_grant(*, grant_id: int, brand_id: int | None = None) -> AccessGrant | None:
    """A grant with its brand; with `brand_id` only one of this brand."""
    wanted = AccessGrant.objects.select_related("brand").filter(pk=grant_id)
    with public_schema():
        return (wanted if brand_id is None else wanted.filter(brand_id=brand_id)).first()


def list_log(*, grant_id: int) -> QuerySet[AccessLogEntry]:
    """List requests of a grant's sessions, newest first. To be read in public."""
    return AccessLogEntry.objects.filter(grant_id=grant_id).order_by("-id")


@dataclass(frozen=True)
class GrantState:
    """State of a grant, in words. `is_open`: there is something to end."""

    label: Text
    tone: str
    is_open: bool


def state_of(grant: AccessGrant, now: datetime) -> GrantState:
    """Return a grant's state at this moment."""
    if grant.revoked_at is not None:
        return GrantState(_("Ended early"), "", is_open=False)
    if grant.ends_at is None:
        if grant.created_at + rules.EMERGENCY_WAITS <= now:
            return GrantState(_("Never approved"), "", is_open=False)
        return GrantState(_("Waits for a second administrator"), "danger", is_open=True)
    if grant.ends_at <= now:
        return GrantState(_("Over"), "", is_open=False)
    return GrantState(
        pgettext_lazy("access", "Open"), "danger" if grant.kind == GrantKind.BREAK_GLASS else "warning", is_open=True
    )
