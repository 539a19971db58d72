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
from shared_apps.support.selectors import grants as selectors
from shared_apps.support.selectors.grants import SupportSession
from shared_apps.support.services.grants import PASS_SALT

SESSION_KEY: Final = "support_session"


class PassInvalid(Gone):
    code = "support_pass_invalid"
    title = _("This link has been used already or is too old. Ask for another one.")


class SessionOver(Unauthenticated):
    code = "support_session_over"
    title = _("This support session is over: its time has run out, or it was ended")


class SessionReadsOnly(Forbidden):
    code = "support_session_reads_only"
    title = _("This support session may look at everything and change nothing")


class SessionExportsNothing(Forbidden):
    code = "support_session_exports_nothing"
    title = _("This support session may look, and exports no lists")


@dataclass(frozen=True)
class SessionGrant:
    """Content of a visitor's session: the grant and the person."""

    grant_id: int
    staff_id: int
    staff_name: str


def grant_in(session: SessionBase) -> SessionGrant | None:
    """Return the grant that a session was opened by, if any."""
    stored: dict[str, Any] | None = session.get(SESSION_KEY)
    return SessionGrant(**stored) if stored else None


def attach_session(session: SessionBase, entered: SupportSession) -> None:
    """Tie the browser's session to the support session; it ends when the grant does."""
    session[SESSION_KEY] = asdict(SessionGrant(entered.grant_id, entered.staff_id, entered.staff_name))
    session.set_expiry(entered.ends_at)


@transaction.atomic
def redeem_pass(*, token: str, now: datetime) -> tuple[Any, SupportSession]:
    """Return visitor and support session of a pass for the current brand; it works once. Raises PassInvalid."""
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
    held = SessionGrant(used.grant_id, used.staff_id, used.staff_name)
    entered = find_session(held, now)
    if entered is None or person is None:
        raise PassInvalid
    visitor = visitors.ensure_visitor(staff_id=staff_id, name=used.staff_name, language=person.language)
    visitors.allow_visit(visitor, may_write=entered.may_write)
    facts = {"access": entered.grant_id, "may_write": entered.may_write, "ends_at": entered.ends_at}
    with acting_as(accounts.actor_for_user(visitor)):
        audit.record(action="support.session_begun", subject=f"support_access:{entered.grant_id}", after=facts)
        with public_schema():
            audit.record(action="support.session_begun", subject=f"brand:{entered.brand_id}", after=facts)
    return visitor, entered


def find_session(held: SessionGrant, now: datetime) -> SupportSession | None:
    """Return the support session by this grant, while it may go on in the current brand."""
    return selectors.find_session(
        grant_id=held.grant_id,
        staff_id=held.staff_id,
        staff_name=held.staff_name,
        brand_id=current_brand().pk,
        now=now,
    )


def admit(user: Any, entered: SupportSession) -> None:
    """Give the visitor, for the present request, the rights of the support session."""
    visitors.allow_visit(user, may_write=entered.may_write)


def record_request(*, held: SessionGrant, method: str, address: tuple[str, str], status: int, now: datetime) -> None:
    """Log a request of a support session by path and query, whatever its outcome."""
    origin = current_origin()
    with public_schema():
        AccessLogEntry.objects.create(
            grant_id=held.grant_id,
            staff_id=held.staff_id,
            staff_name=held.staff_name,
            occurred_at=now,
            method=method[:10],
            path=rules.address_for_log(*address),
            status=status,
            ip_address=origin.ip_address,
            request_id=origin.request_id,
        )
