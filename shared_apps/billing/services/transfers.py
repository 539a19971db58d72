"""Bank transfers, as companies pay: recorded with their proof, approved by a second person, reversed.

One person alone records only what is plain: the plan's price, and not more of it than the limit. What was paid and
what is given for it both count, so neither a large sum nor a large gift for a small one passes under one pair of eyes.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import round_money
from kernel.core.states import ensure_allowed
from kernel.files import storage as files
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import OfflinePayment, PlanPeriod, PlanVersion
from shared_apps.billing.rules.cover import end_of_cover, is_renewed
from shared_apps.billing.rules.plan_periods import PeriodDates, months_between, plan_period_dates
from shared_apps.billing.selectors import plans
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import lifecycle, proofs
from shared_apps.billing.states import PAYMENT_TRANSITIONS, Interval, PaymentState, PlanPeriodKind
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import BrandState

MAX_PERIODS: Final = 36
MAX_AGE: Final = timedelta(days=366)


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    title = _("There is no such bank transfer")


class TransferKnown(Conflict):
    code = "transfer_known"
    title = _("A transfer with this reference of the bank was recorded already")


class InvalidBankTransfer(Invalid):
    code = "invalid_transfer"
    title = _("Correct the fields below")


class SecondPersonNeeded(Forbidden):
    code = "second_person_needed"
    title = _("Somebody else than who recorded it must approve this transfer")


class PersonNeeded(Forbidden):
    code = "person_needed"
    title = _("Only a signed-in member of the staff does this")


class SubscriptionRuns(Conflict):
    code = "subscription_runs"
    title = _(
        "A subscription by card runs and would collect as well. Have it cancelled for the end of its period first"
    )


class BrandArchived(Conflict):
    code = "brand_is_archived"
    title = _("This brand is archived. Restore it first")


@dataclass(frozen=True)
class NewTransfer:
    """A transfer as support records it: `periods` months or years of the plan for `amount` (CNY)."""

    brand_id: int
    plan_code: str
    interval: str
    amount: Decimal
    payer: str
    bank_reference: str
    received_on: date
    periods: int = 1
    note: str = ""


# --- acts ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_transfer(*, new: NewTransfer, proof: "File[Any]", now: datetime) -> OfflinePayment:
    """Note a transfer with its proof (PDF, JPEG or PNG, 10 MB at most). Its period begins at once, or with a second
    person's approval where the amount, or the price of what is given, is above the limit, or the two are not the same.

    The period follows what the brand has paid for already, so that no paid day is lost. Raises PersonNeeded,
    InvalidBankTransfer, TransferKnown, SubscriptionRuns, BrandNotFound, BrandArchived, PlanNotFound.
    """
    person = _person()
    version = plans.get_version(new.plan_code)
    _ensure_clean(new, version, proof, now)
    with public_schema():
        dates = _dates(new.brand_id, new.periods * (12 if new.interval == Interval.YEAR else 1), now)
        path = proofs.keep_proof(proof)
        try:
            payment = _write(new, version, path, dates, now)
        except TransferKnown:
            files.delete_file(path)  # files know no transaction
            raise
        needs_second = payment.needs_second_person
        _record("recorded", payment, {"amount": payment.amount, "needs_second_person": needs_second})
        if not needs_second:
            _approve(payment, person, dates, now)
    return payment


@transaction.atomic
def approve_transfer(*, payment_id: int, now: datetime) -> PlanPeriod:
    """Approve what somebody else recorded; the period begins where the brand's cover ends by now.

    Raises PersonNeeded, TransferNotFound, SecondPersonNeeded, IllegalTransition, SubscriptionRuns.
    """
    person = _person()
    with public_schema():
        payment = _lock(payment_id)
        ensure_allowed(PAYMENT_TRANSITIONS, now=PaymentState(payment.state), wanted=PaymentState.APPROVED)
        if payment.needs_second_person and payment.recorded_by_id == person.id:
            raise SecondPersonNeeded
        months = months_between(payment.starts_on, payment.ends_on)
        return _approve(payment, person, _dates(payment.brand_id, months, now), now)


@transaction.atomic
def reject_transfer(*, payment_id: int, reason: str, now: datetime) -> OfflinePayment:
    """Refuse a recorded transfer; its reference can be used again. Raises what approving does, and ReasonMissing."""
    return _decide(payment_id, PaymentState.REJECTED, reason, now)


@transaction.atomic
def reverse_transfer(*, payment_id: int, reason: str, now: datetime) -> OfflinePayment:
    """Take an approved transfer back, such as one the bank recalled: its period ends now.

    Raises PersonNeeded, TransferNotFound, IllegalTransition, ReasonMissing.
    """
    payment = _decide(payment_id, PaymentState.REVERSED, reason, now)
    with public_schema():
        PlanPeriod.objects.filter(payment=payment, revoked_at__isnull=True).update(
            revoked_at=now, revoked_because=payment.decision_reason
        )
        lifecycle.sync_billing_status(brand_id=payment.brand_id, now=now)
    return payment


def open_proof(*, payment_id: int) -> "File[Any]":
    """The proof's bytes, for a face that has checked who asks. Raises TransferNotFound, FileNotFoundError."""
    with public_schema():
        payment = OfflinePayment.objects.filter(pk=payment_id).first()
        if payment is None:
            raise TransferNotFound
        return files.open_file(payment.proof_path)


# --- steps -----------------------------------------------------------------------------------------------------------


class _Person(NamedTuple):
    """The acting person: kept by id and by name."""

    id: int
    label: str


def _person() -> _Person:
    actor = current_actor()
    if actor.kind != "user" or actor.id is None:
        raise PersonNeeded
    return _Person(actor.id, actor.label[:200])


def _lock(payment_id: int) -> OfflinePayment:
    """The payment, after its brand's row, which is always taken first. Raises TransferNotFound."""
    brand_id = OfflinePayment.objects.filter(pk=payment_id).values_list("brand_id", flat=True).first()
    if brand_id is None:
        raise TransferNotFound
    places.lock_brand(brand_id=brand_id)
    return OfflinePayment.objects.select_for_update(no_key=True).get(pk=payment_id)


def _write(new: NewTransfer, version: PlanVersion, path: str, dates: PeriodDates, now: datetime) -> OfflinePayment:
    person = _person()
    known = {"billing_offline_reference_once": lambda: TransferKnown(field="bank_reference")}
    with refine_integrity_error(known), transaction.atomic():
        return OfflinePayment.objects.create(
            brand_id=new.brand_id,
            plan_version=version,
            starts_on=dates.starts_on,
            ends_on=dates.ends_on,
            amount=new.amount,
            currency=version.currency,
            payer=new.payer.strip(),
            bank_reference=new.bank_reference.strip(),
            received_on=new.received_on,
            proof_path=path,
            note=new.note.strip(),
            state=PaymentState.AWAITING_APPROVAL,
            recorded_by_id=person.id,
            recorded_by=person.label,
            recorded_at=now,
            needs_second_person=_needs_second_person(new, version),
        )


def _approve(payment: OfflinePayment, person: _Person, dates: PeriodDates, now: datetime) -> PlanPeriod:
    _set_state(payment, PaymentState.APPROVED, person, "", now)
    OfflinePayment.objects.filter(pk=payment.pk).update(starts_on=dates.starts_on, ends_on=dates.ends_on)
    payment.starts_on = dates.starts_on
    payment.ends_on = dates.ends_on
    period = PlanPeriod.objects.create(
        brand_id=payment.brand_id,
        plan_version_id=payment.plan_version_id,
        kind=PlanPeriodKind.OFFLINE,
        starts_at=dates.starts_at,
        ends_at=dates.ends_at,
        payment=payment,
        given_by=person.label,
        created_at=now,
    )
    lifecycle.sync_billing_status(brand_id=payment.brand_id, now=now)
    return period


def _decide(payment_id: int, wanted: PaymentState, reason: str, now: datetime) -> OfflinePayment:
    person = _person()
    reason = places.clean_reason(reason)
    with public_schema():
        payment = _lock(payment_id)
        _set_state(payment, wanted, person, reason, now)
    return payment


def _set_state(payment: OfflinePayment, wanted: PaymentState, person: _Person, reason: str, now: datetime) -> None:
    before = PaymentState(payment.state)
    ensure_allowed(PAYMENT_TRANSITIONS, now=before, wanted=wanted)
    changes: dict[str, Any] = {"state": wanted, "decision_reason": reason}
    if wanted is not PaymentState.REVERSED:  # who approved stays named; the audit log knows who reversed
        changes |= {"decided_by_id": person.id, "decided_by": person.label, "decided_at": now}
    OfflinePayment.objects.filter(pk=payment.pk, state=before).update(**changes)
    for field, value in changes.items():
        setattr(payment, field, value)
    _record(wanted.value, payment, {"amount": payment.amount, "reason": reason})


def _dates(brand_id: int, months: int, now: datetime) -> PeriodDates:
    """Return the dates of a period of so many months: after what covers the brand now. Raises SubscriptionRuns,
    BrandArchived.
    """
    brand = places.lock_brand(brand_id=brand_id)
    if brand.state == BrandState.ARCHIVED:
        raise BrandArchived
    facts = statuses.get_facts([brand])[brand_id]
    if is_renewed(facts, now):
        raise SubscriptionRuns
    starts_at = end_of_cover(facts, now) or now
    return plan_period_dates(starts_at=starts_at, months=months, zone=brand.time_zone)


def _needs_second_person(new: NewTransfer, version: PlanVersion) -> bool:
    """Tell whether more than the limit is paid or given, or something else than the price is paid."""
    price = _price(new, version)
    return new.amount != price or max(new.amount, price) > settings.OFFLINE_PAYMENT_SECOND_PERSON_ABOVE


def _price(new: NewTransfer, version: PlanVersion) -> Decimal:
    price: Decimal = version.price_month if new.interval == Interval.MONTH else version.price_year
    return price * new.periods


def _ensure_clean(new: NewTransfer, version: PlanVersion, proof: "File[Any]", now: datetime) -> None:
    """Raises InvalidBankTransfer with everything that is wrong."""
    price = _price(new, version)
    today = clock.business_date(now, clock.DEFAULT_ZONE)
    is_sound = new.amount.is_finite() and new.amount == round_money(new.amount) and 0 < new.amount < 10**10
    findings = [
        (new.interval not in Interval.values, "interval", _("The plan is paid by the month or by the year.")),
        (not 1 <= new.periods <= MAX_PERIODS, "periods", _("One to 36 months or years are paid at once.")),
        (not is_sound, "amount", _("The amount is above zero and has at most two decimals.")),
        (is_sound and new.amount != price and not new.note.strip(), "note", _("Say why it is not the plan's price.")),
        (not 1 <= len(new.payer.strip()) <= 120, "payer", _("Say who paid, in at most 120 characters.")),
        (not 1 <= len(new.bank_reference.strip()) <= 80, "bank_reference", _("Give the bank's reference.")),
        (len(new.note) > 500, "note", _("A note has at most 500 characters.")),
        (new.received_on > today, "received_on", _("This day is in the future.")),
        (new.received_on < today - MAX_AGE, "received_on", _("This day is more than a year ago.")),
        (not proofs.is_proof(proof), "proof", _("The proof is a PDF, JPEG or PNG file of at most 10 MB.")),
    ]
    if errors := [FieldError(field, f"invalid_{field}", detail) for wrong, field, detail in findings if wrong]:
        raise InvalidBankTransfer(errors=errors)


def _record(what: str, payment: OfflinePayment, after: dict[str, object]) -> None:
    audit.record(
        action=f"billing.transfer_{what}",
        subject=f"brand:{payment.brand_id}",
        after={"transfer": payment.pk, "reference": payment.bank_reference, **after},
    )
