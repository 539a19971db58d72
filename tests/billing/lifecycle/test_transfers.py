"""Bank transfers: recorded with proof, approved by two where the amount is large, no paid day lost, reversible."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from pytest_django import Settings

from kernel.core.errors import DomainError, ReasonMissing
from kernel.core.states import IllegalTransition
from kernel.models import AuditRecord
from kernel.tenancy.actors import SYSTEM, acting_as
from shared_apps.billing.models import OfflinePayment, PlanPeriod
from shared_apps.billing.rules.plan_periods import add_months, months_between, plan_period_dates
from shared_apps.billing.services import proofs, transfers
from shared_apps.billing.services.transfers import NewTransfer
from shared_apps.tenants.models import Brand

from .conftest import BERT, DAY, NOW, put, settle, stored, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]
PDF = b"%PDF-1.7 proof"


@pytest.fixture
def transfer(brand: Brand) -> Callable[..., NewTransfer]:
    def make(**given: Any) -> NewTransfer:
        usual = {
            "brand_id": brand.pk,
            "plan_code": "basic",
            "interval": "year",
            "amount": Decimal("3600.00"),
            "payer": "栖木贸易有限公司",
            "bank_reference": "REF-1",
            "received_on": NOW.date(),
        }
        return NewTransfer(**{**usual, **given})

    return make


def record(transfer: NewTransfer, now: datetime = NOW, name: str = "proof.pdf", content: bytes = PDF) -> OfflinePayment:
    return transfers.record_transfer(new=transfer, proof=ContentFile(content, name=name), now=now)


def reload(payment: OfflinePayment) -> OfflinePayment:
    return OfflinePayment.objects.get(pk=payment.pk)


def the_term() -> PlanPeriod:
    return PlanPeriod.objects.get()


def test_a_transfer_below_the_limit_opens_the_brand_at_once(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    payment = record(transfer())
    assert (payment.state, payment.needs_second_person, payment.recorded_by) == ("approved", False, "Anna")
    found = stored(brand)
    assert (found.state, found.entitlements["plan"]) == ("active", "basic")
    with transfers.open_proof(payment_id=payment.pk) as proof:
        assert proof.read() == PDF
    actions = set(AuditRecord.objects.filter(subject=f"brand:{brand.pk}").values_list("action", flat=True))
    assert {"billing.transfer_recorded", "billing.transfer_approved"} <= actions


def test_the_period_runs_whole_days_and_the_begun_one_is_given(
    brand: Brand, transfer: Callable[..., NewTransfer]
) -> None:
    put(brand)
    record(transfer())
    assert the_term().starts_at == NOW  # 20:00 in Shanghai
    assert the_term().ends_at == datetime(2027, 11, 21, 16, tzinfo=UTC)  # midnight before 22 November there
    payment = OfflinePayment.objects.get()
    assert (payment.starts_on, payment.ends_on) == (date(2026, 11, 22), date(2027, 11, 22))


def test_no_paid_day_is_lost(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand, trial=5)
    record(transfer())
    first = the_term()
    assert first.starts_at == NOW + 5 * DAY
    record(transfer(bank_reference="REF-2"), NOW + DAY)
    second = PlanPeriod.objects.order_by("-id")[0]
    assert second.starts_at == first.ends_at
    assert second.ends_at > second.starts_at + 364 * DAY
    assert settle(brand, NOW + DAY) == "active"


def test_above_the_limit_another_person_approves(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    large = transfer(plan_code="premium", amount=Decimal("19800.00"))
    payment = record(large)
    assert (payment.state, stored(brand).state) == ("awaiting", "trialing")
    with pytest.raises(transfers.SecondPersonNeeded):
        transfers.approve_transfer(payment_id=payment.pk, now=NOW)
    with acting_as(BERT):
        transfers.approve_transfer(payment_id=payment.pk, now=NOW + 3 * DAY)
    assert the_term().starts_at == NOW + 3 * DAY  # the wait costs the customer nothing
    assert reload(payment).decided_by == "Bert"
    assert stored(brand).state == "active"
    with acting_as(BERT), pytest.raises(IllegalTransition):
        transfers.approve_transfer(payment_id=payment.pk, now=NOW)


def test_at_the_limit_one_person_is_enough(
    brand: Brand, transfer: Callable[..., NewTransfer], settings: Settings
) -> None:
    settings.OFFLINE_PAYMENT_SECOND_PERSON_ABOVE = Decimal("3600.00")
    put(brand)
    assert record(transfer()).state == "approved"
    payment = record(transfer(amount=Decimal("3600.01"), note="bank's rounding", bank_reference="REF-2"))
    assert payment.state == "awaiting"


def test_a_rejected_transfer_gives_nothing_and_frees_its_reference(
    brand: Brand, transfer: Callable[..., NewTransfer]
) -> None:
    put(brand)
    payment = record(transfer(plan_code="premium", amount=Decimal("19800.00")))
    with pytest.raises(transfers.TransferKnown):
        record(transfer())
    with acting_as(BERT):
        transfers.reject_transfer(payment_id=payment.pk, reason="never came", now=NOW)
    assert PlanPeriod.objects.count() == 0
    assert record(transfer()).state == "approved"


def test_a_reversed_transfer_ends_now(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    payment = record(transfer())
    with pytest.raises(ReasonMissing):
        transfers.reverse_transfer(payment_id=payment.pk, reason=" ", now=NOW)
    transfers.reverse_transfer(payment_id=payment.pk, reason="recalled by the bank", now=NOW + 5 * DAY)
    assert the_term().revoked_because == "recalled by the bank"
    assert stored(brand).state == "past_due"
    assert settle(brand, NOW + 13 * DAY) == "read_only"
    assert reload(payment).decided_by == "Anna"  # who approved
    with pytest.raises(IllegalTransition):
        transfers.reverse_transfer(payment_id=payment.pk, reason="again", now=NOW)


def test_a_card_that_is_collected_from_is_not_paid_twice(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    running = subscribe(brand)
    with pytest.raises(transfers.SubscriptionRuns):
        record(transfer())
    type(running).objects.filter(pk=running.pk).update(cancel_at_period_end=True)
    record(transfer())
    assert the_term().starts_at == running.current_period_end


def test_who_cannot_pay_by_card_pays_by_transfer(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    subscribe(brand, "past_due", since=-40, lasts=60, past_due_since=NOW - 10 * DAY)
    assert settle(brand) == "read_only"
    record(transfer())
    assert stored(brand).state == "active"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"interval": "week"}, "interval"),
    ({"periods": 0, "note": "x"}, "periods"),
    ({"amount": Decimal("3500.00")}, "note"),
    ({"amount": Decimal("0")}, "amount"),
    ({"amount": Decimal("3600.001")}, "amount"),
    ({"amount": Decimal("NaN")}, "amount"),
    ({"payer": " "}, "payer"),
    ({"bank_reference": ""}, "bank_reference"),
    ({"received_on": NOW.date() + timedelta(days=2)}, "received_on"),
]


@pytest.mark.parametrize(("given", "field"), REFUSED)
def test_what_cannot_be_is_named(
    brand: Brand, transfer: Callable[..., NewTransfer], given: dict[str, Any], field: str
) -> None:
    with pytest.raises(transfers.InvalidBankTransfer) as refused:
        record(transfer(**given))
    assert [error.field for error in refused.value.errors] == [field]
    assert OfflinePayment.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("proof.exe", PDF), ("proof.pdf", b"MZ"), ("proof.png", PDF), ("proof", PDF), ("proof.pdf", b"")],
)
def test_the_proof_is_what_it_says(transfer: Callable[..., NewTransfer], name: str, content: bytes) -> None:
    with pytest.raises(transfers.InvalidBankTransfer):
        record(transfer(), name=name, content=content)


def test_a_refused_transfer_leaves_no_file(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    record(transfer())
    folder = Path(django_settings.MEDIA_ROOT) / "public" / proofs.PROOF_FOLDER
    before = set(folder.iterdir())
    with pytest.raises(transfers.TransferKnown):
        record(transfer())
    assert set(folder.iterdir()) == before


def test_only_people_record_and_decide(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    with acting_as(SYSTEM), pytest.raises(transfers.PersonNeeded):
        record(transfer())
    with pytest.raises(transfers.TransferNotFound):
        transfers.approve_transfer(payment_id=2**40, now=NOW)
    with pytest.raises(DomainError):
        record(transfer(plan_code="gold"))
    put(brand, state="archived")
    with pytest.raises(transfers.BrandArchived):
        record(transfer())


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 21), 36, date(2029, 11, 21)),
    ],
)
def test_months_keep_their_day_where_there_is_one(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected
    assert months_between(day, expected) == months


def test_a_term_from_midnight_is_exactly_its_months() -> None:
    midnight = datetime(2026, 11, 30, 16, tzinfo=UTC)  # 1 December in Shanghai
    dates = plan_period_dates(starts_at=midnight, months=1, zone="Asia/Shanghai")
    assert (dates.starts_on, dates.ends_on) == (date(2026, 12, 1), date(2027, 1, 1))
    assert dates.ends_at - dates.starts_at == 31 * DAY


# --- what is given counts as well ------------------------------------------------------------------------------------


def test_three_premium_years_for_a_fen_take_a_second_person(brand: Brand, transfer: Callable[..., NewTransfer]) -> None:
    put(brand)
    cheap = transfer(plan_code="premium", periods=36, amount=Decimal("0.01"), note="a favour")
    payment = record(cheap)
    assert (payment.state, payment.needs_second_person) == ("awaiting", True)
    assert not PlanPeriod.objects.exists()
    with pytest.raises(transfers.SecondPersonNeeded):
        transfers.approve_transfer(payment_id=payment.pk, now=NOW)


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({"amount": Decimal("3600.00")}, False),
        ({"amount": Decimal("3599.99"), "note": "fee of the bank"}, True),
        ({"amount": Decimal("3600.01"), "note": "rounded"}, True),
        ({"interval": "month", "periods": 27, "amount": Decimal("9720.00")}, False),
        ({"interval": "month", "periods": 28, "amount": Decimal("10080.00")}, True),
    ],
)
def test_one_person_alone_takes_the_price_up_to_the_limit(
    brand: Brand, transfer: Callable[..., NewTransfer], given: dict[str, Any], needs: bool
) -> None:
    put(brand)
    assert record(transfer(**given)).needs_second_person is needs


@pytest.mark.parametrize("day", [date(1, 1, 1), NOW.date() - timedelta(days=367), NOW.date() + timedelta(days=2)])
def test_money_that_came_on_no_day_of_this_year_is_refused(
    brand: Brand, transfer: Callable[..., NewTransfer], day: date
) -> None:
    put(brand)
    with pytest.raises(transfers.InvalidBankTransfer) as refused:
        record(transfer(received_on=day))
    assert [error.field for error in refused.value.errors] == ["received_on"]
