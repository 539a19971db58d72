"""Reminders to a brand's owners: noted once, sent by letter in their language.

The row that says a reminder was sent and the message that has it sent are written in one transaction: a crash loses
neither and makes no second one, and sending is repeated until it succeeds. What cannot be excluded is a letter that the
mail server took in the moment before we died; it goes out again under the same Message-ID, by which mail programs know
a copy.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Text
from kernel.events import outbox
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.accounts import selectors as people
from shared_apps.billing.events import ReminderNoted
from shared_apps.billing.models import Reminder
from shared_apps.billing.rules.reminders import Owed, ReminderKind, is_still_true, kind_of
from shared_apps.billing.rules.status import BillingStatus, compute_billing_status
from shared_apps.billing.selectors import status as statuses
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState, ProvisioningState


@dataclass(frozen=True)
class _Wording:
    """A letter's subject and what it says, with %(brand)s, %(day)s and %(days)s filled in."""

    subject: Text
    text: Text


_WORDINGS: Final[Mapping[ReminderKind, _Wording]] = MappingProxyType(
    {
        ReminderKind.TRIAL_ENDS: _Wording(
            _("%(brand)s: your trial ends on %(day)s"),
            _("The trial of %(brand)s ends on %(day)s. Choose a plan by then to go on working without a break."),
        ),
        ReminderKind.TRIAL_ENDED: _Wording(
            _("%(brand)s: your trial is over"),
            _(
                "The trial of %(brand)s is over. Everything can be read and exported; to change anything again,"
                " choose a plan."
            ),
        ),
        ReminderKind.FIRST_PAYMENT: _Wording(
            _("%(brand)s: the first payment is taken on %(day)s"),
            _(
                "The free days of %(brand)s end on %(day)s. Then the plan you chose begins and its first payment is"
                " taken. Until then you can cancel or change it without paying anything."
            ),
        ),
        ReminderKind.PERIOD_ENDS: _Wording(
            _("%(brand)s: your plan ends on %(day)s"),
            _("The paid period of %(brand)s ends on %(day)s. Renew it by then to go on working without a break."),
        ),
        ReminderKind.PAST_DUE: _Wording(
            _("%(brand)s: a payment is overdue"),
            _(
                "The payment for %(brand)s did not come. Everything works until %(day)s; after that everything can"
                " be read and exported, and nothing changed, until it is settled."
            ),
        ),
        ReminderKind.READ_ONLY: _Wording(
            _("%(brand)s can only be read now"),
            _(
                "The plan of %(brand)s is not paid. Everything can be read and exported. Pay, and it opens again at"
                " once. Without a payment it is suspended on %(day)s."
            ),
        ),
        ReminderKind.SUSPENSION: _Wording(
            _("%(brand)s will be suspended on %(day)s"),
            _(
                "Without a payment %(brand)s is suspended on %(day)s. Then only its owner can sign in, to pay and to"
                " export the data."
            ),
        ),
        ReminderKind.ARCHIVE: _Wording(
            _("%(brand)s will be archived on %(day)s"),
            _(
                "On %(day)s the data of %(brand)s is archived and can no longer be reached. Export it before, or"
                " choose a plan to keep it."
            ),
        ),
        ReminderKind.CLOSING: _Wording(
            _("%(brand)s will be closed on %(day)s"),
            _(
                "The account of %(brand)s was closed by its owner. Until %(day)s this can be undone; from then on the"
                " data can only be exported."
            ),
        ),
    }
)


@transaction.atomic
def record_reminders(*, brand_id: int, owed: Sequence[Owed], now: datetime) -> int:
    """Have each of these sent unless it was; returns how many are new. Nothing is asked where nothing is owed."""
    if not owed:
        return 0
    with public_schema():
        told = list_told(brand_ids=[brand_id])
        new = [one for one in owed if (brand_id, one.about) not in told]
        # Whoever settles has locked the brand, so nobody notes the same reminder now; the constraint stands behind it.
        rows = Reminder.objects.bulk_create([Reminder(brand_id=brand_id, about=one.about, sent_at=now) for one in new])
        for row in rows:
            outbox.publish(ReminderNoted(reminder_id=row.pk))
    return len(rows)


def list_told(*, brand_ids: Collection[int]) -> set[tuple[int, str]]:
    """List the reminders these brands were sent: pairs of brand and name."""
    if not brand_ids:
        return set()
    with public_schema():
        return set(Reminder.objects.filter(brand_id__in=brand_ids).values_list("brand_id", "about"))


def send_reminder(*, reminder_id: int, now: datetime) -> int:
    """Send a noted reminder to the brand's owners, if it is still true; returns how many letters went out."""
    with public_schema():
        reminder = Reminder.objects.get(pk=reminder_id)
        brand = tenants.get_brand(brand_id=reminder.brand_id)
        if brand is None:
            return 0
        facts = statuses.get_facts([brand])[brand.pk]
    status = compute_billing_status(facts, now)
    if not is_still_true(reminder.about, facts, status, now):
        return 0
    addresses = _addresses_of(brand)
    kind = kind_of(reminder.about)
    moment = _moment_of(kind, status, facts.closing_at)
    for address, language in addresses:
        day = _day_in(language, moment, brand.time_zone)
        values = {"brand": brand.name, "day": day}
        with translation.override(language):
            wording = _WORDINGS[kind]
            text = render_to_string(
                "billing/mail/reminder.txt",
                {
                    "text": str(wording.text) % values,
                    "address": f"{tenants.home_of(brand.slug)}/console/billing/",
                },
            )
            _post(reminder_id, address, str(wording.subject) % values, text)
    return len(addresses)


def _day_in(language: str, moment: datetime | None, zone: str) -> str:
    """The day as it is written in that language, in the brand's zone; empty for no moment."""
    if moment is None:
        return ""
    with translation.override(language):
        return date_format(clock.business_date(moment, zone), "DATE_FORMAT")


def _moment_of(kind: ReminderKind, status: BillingStatus, closing_at: datetime | None) -> datetime | None:
    if kind is ReminderKind.ARCHIVE:
        return status.archive_at
    if kind is ReminderKind.FIRST_PAYMENT:
        return status.first_payment_at
    return closing_at if kind is ReminderKind.CLOSING else status.until


def _addresses_of(brand: object) -> list[tuple[str, str]]:
    """Return the owners' addresses, each with their language; the person who signed up where no owner has one."""
    state = getattr(brand, "state", "")
    is_ready = getattr(brand, "provisioning_state", "") == ProvisioningState.READY
    found: list[tuple[str, str]] = []
    if is_ready and state != BrandState.ARCHIVED:
        with brand_schema(getattr(brand, "schema_name", "")):
            found = [(owner.email, owner.language) for owner in people.list_owners() if owner.email]
    signed_up = getattr(brand, "owner_email", None)
    return found or ([(signed_up, getattr(brand, "language", "zh-hans"))] if signed_up else [])


def _post(reminder_id: int, address: str, subject: str, text: str) -> None:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or settings.BASE_DOMAIN
    copy = sha256(address.encode()).hexdigest()[:12]  # each owner's copy has an id of its own, the same at each try
    letter = EmailMessage(
        subject.replace("\n", " "),
        text,
        None,
        [address],
        headers={"Message-ID": f"<reminder-{reminder_id}.{copy}@{domain}>"},
    )
    letter.send()
