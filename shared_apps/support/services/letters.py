"""Letters about tickets and emergency accesses, each in its reader's language."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from kernel.core.errors import Text
from kernel.tenancy.context import brand_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.support.models import AccessGrant, Ticket, TicketMessage
from shared_apps.tenants import selectors as tenants

_MAX_SUBJECT_LENGTH: Final = 120


def send_ticket_letter(*, ticket_id: int, message_id: int, what: str, staff_id: int) -> bool:
    """Tell one person about a ticket, by mail; says whether there was somebody to tell. Runs in public."""
    ticket = Ticket.objects.select_related("brand").filter(pk=ticket_id).first()
    if ticket is None:
        return False
    said = TicketMessage.objects.filter(pk=message_id, is_internal=False).first() if message_id else None
    facts = {"ticket": ticket, "message": said, "what": what, "brand": ticket.brand.name}
    if staff_id:
        person = accounts.get_user(user_id=staff_id)
        if person is None or not person.is_active or not person.email:
            return False
        address = f"{settings.PUBLIC_URL}/console/support/tickets/{ticket.number}/"
        facts |= {"address": address, "name": person.name}
        return _send("support/ticket_staff_mail.txt", facts, person.email, person.language)
    address = f"{tenants.home_of(ticket.brand.slug)}/console/support/tickets/{ticket.number}/"
    facts |= {"address": address, "name": ticket.opened_by}
    return _send("support/ticket_brand_mail.txt", facts, ticket.contact_email, ticket.language)


def _send(template: str, facts: dict[str, Any], address: str, language: str) -> bool:
    ticket: Ticket = facts["ticket"]
    with translation.override(language):
        text = render_to_string(template, facts)
        send_mail(f"[{ticket.number}] {ticket.subject}"[:_MAX_SUBJECT_LENGTH], text, None, [address])
    return True


def send_emergency_letter(*, grant_id: int, stage: str, user_id: int) -> bool:
    """Tell one owner that an emergency access was requested or approved; says whether there was an address."""
    grant = AccessGrant.objects.select_related("brand").filter(pk=grant_id).first()
    if grant is None:
        return False
    brand = grant.brand
    name = brand.owner_name
    address = brand.owner_email
    language = brand.language
    if user_id:
        with brand_schema(brand.schema_name):
            owner = accounts.get_user(user_id=user_id)
        if owner is not None and owner.is_active and owner.email:
            name = owner.name
            address = owner.email
            language = owner.language
    if not address:
        return False
    with translation.override(language):
        subject: Text = (
            gettext("Emergency access to your data was requested")
            if stage == "requested"
            else gettext("Banyan is looking into your data: emergency access was approved")
        )
        text = render_to_string(
            "support/emergency_mail.txt",
            {
                "name": name,
                "brand": brand.name,
                "grant": grant,
                "stage": stage,
                "until": _moment(grant.ends_at, brand.time_zone),
                "address": f"{tenants.home_of(brand.slug)}/console/support/access/",
            },
        )
        send_mail(str(subject), text, None, [address])
    return True


def _moment(moment: Any, zone: str) -> str:
    if moment is None:
        return ""
    return date_format(timezone.localtime(moment, ZoneInfo(zone)), "SHORT_DATETIME_FORMAT")
