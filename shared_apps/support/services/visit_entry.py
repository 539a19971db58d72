"""Redeem passes, admit visitors and log their requests."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Forbidden, Gone, Unauthenticated
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import current_brand, current_schema, is_public, public_schema
from kernel.tenancy.origin import current_origin
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.services import visitors
from shared_apps.support import rules
from shared_apps.support.models import AccessLogEntry, AccessPass
from shared_apps.support.selectors import visits as selectors
from shared_apps.support.selectors.visits import Visit
from shared_apps.support.services.visits import PASS_SALT

SESSION_KEY: Final = "support_visit"


class PassInvalid(Gone):
    code = "support_pass_invalid"
    title = _("This link has been used already or is too old. Ask for another one.")


class VisitOver(Unauthenticated):
    code = "support_visit_over"
    title = _("This visit is over: its time has run out, or it was ended")


class VisitReadsOnly(Forbidden):
    code = "support_visit_reads_only"
    title = _("This visit may look at everything and change nothing")


class VisitTakesNothing(Forbidden):
    code = "support_visit_takes_nothing"
    title = _("This visit may look; it takes no lists along")


@dataclass(frozen=True)
class Badge:
    """Content of a visitor's session: the grant and the person."""

    grant_id: int
    staff_id: int
    staff_name: str


def badge_in(session: SessionBase) -> Badge | None:
    """Return the badge in a session, if any."""
    worn: dict[str, Any] | None = session.get(SESSION_KEY)
    return Badge(**worn) if worn else None


def attach_visit(session: SessionBase, visit: Visit) -> None:
    """Make the session one of this visit; it ends when the grant does."""
    session[SESSION_KEY] = asdict(Badge(visit.grant_id, visit.staff_id, visit.staff_name))
    session.set_expiry(visit.ends_at)


@transaction.atomic
def redeem_pass(*, token: str, now: datetime) -> tuple[Any, Visit]:
    """Return visitor and visit of a pass for the current brand; it works once. Raises PassInvalid."""
    try:
        content = signing.loads(token, salt=PASS_SALT)
    except signing.BadSignature:
        raise PassInvalid from None
    schema = content["schema"]
    staff_id = content["staff"]
    if is_public() or schema != current_schema():
        raise PassInvalid
    digest = rules.pass_digest(schema=schema, staff_id=staff_id, secret=content["secret"])
    with public_schema():
        known = AccessPass.objects.filter(digest=digest)
        if not known.filter(used_at__isnull=True, expires_at__gt=now).update(used_at=now):
            raise PassInvalid
        used = known.get()
        person = accounts.get_user(user_id=staff_id)
    badge = Badge(used.grant_id, used.staff_id, used.staff_name)
    visit = find_visit(badge, now)
    if visit is None or person is None:
        raise PassInvalid
    visitor = visitors.ensure_visitor(staff_id=staff_id, name=used.staff_name, language=person.language)
    visitors.allow_visit(visitor, may_write=visit.may_write)
    facts = {"access": visit.grant_id, "may_write": visit.may_write, "ends_at": visit.ends_at}
    with acting_as(accounts.actor_for_user(visitor)):
        audit.record(action="support.visit_begun", subject=f"support_access:{visit.grant_id}", after=facts)
        with public_schema():
            audit.record(action="support.visit_begun", subject=f"brand:{visit.brand_id}", after=facts)
    return visitor, visit


def find_visit(badge: Badge, now: datetime) -> Visit | None:
    """Return the badge's visit, while it may go on in the current brand."""
    return selectors.find_visit(
        grant_id=badge.grant_id,
        staff_id=badge.staff_id,
        staff_name=badge.staff_name,
        brand_id=current_brand().pk,
        now=now,
    )


def admit(user: Any, visit: Visit) -> None:
    """Give the visitor, for the present request, the rights of the visit."""
    visitors.allow_visit(user, may_write=visit.may_write)


def record_request(*, badge: Badge, method: str, address: tuple[str, str], status: int, now: datetime) -> None:
    """Log a request of a visit by path and query, whatever its outcome. In a transaction of its own: it stays."""
    origin = current_origin()
    with public_schema():
        AccessLogEntry.objects.create(
            grant_id=badge.grant_id,
            staff_id=badge.staff_id,
            staff_name=badge.staff_name,
            occurred_at=now,
            method=method[:10],
            path=rules.address_for_log(*address),
            status=status,
            ip_address=origin.ip_address,
            request_id=origin.request_id,
        )
