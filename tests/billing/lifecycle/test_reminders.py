"""Owners are told in time, once, in their language, and nothing that is no longer true."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from kernel.core import clock
from kernel.events import outbox
from kernel.models import OutboxDelivery
from kernel.tenancy.context import brand_schema
from shared_apps.accounts.models import User
from shared_apps.billing.models import Reminder
from shared_apps.billing.rules.reminders import ReminderKind, list_owed
from shared_apps.billing.rules.status import compute_billing_status
from shared_apps.billing.selectors.status import list_brands_due_for_archive
from shared_apps.billing.services import lifecycle, reminders
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import archives
from shared_apps.tenants.services import lifecycle as places

from .conftest import DAY, NOW, deliver, facts, give_period, letters, mirror, period, put, settle, stored, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]


@pytest.fixture(autouse=True)
def _time_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers ask for the time; here it stands still."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def about(known: Any, days: float = 0) -> list[str]:
    now = NOW + timedelta(days=days)
    return [owed.about for owed in list_owed(known, compute_billing_status(known, now), now)]


# --- which -----------------------------------------------------------------------------------------------------------


def test_a_trial_is_announced_7_3_and_1_days_before_and_at_its_end() -> None:
    known = facts(0)
    day = f"{NOW:%Y-%m-%d}"
    seen = [about(known, days) for days in (-7.1, -7, -4, -3, -2, -1, -0.1, 0, 6, 7.1)]
    expected = [
        "",
        "trial:7",
        "trial:7",
        "trial:3",
        "trial:3",
        "trial:1",
        "trial:1",
        "trial_over:0",
        "trial_over:0",
        "",
    ]
    assert seen == [[f"{word.partition(':')[0]}:{day}:{word[-1]}"] if word else [] for word in expected]


def test_who_pays_in_time_is_not_reminded_of_the_trial() -> None:
    assert about(facts(1, mirror())) == []
    assert about(facts(1, period(1, 300))) == []


def test_a_term_is_announced_30_7_and_1_days_before_and_what_follows_it_is_not() -> None:
    day = f"{NOW + 40 * DAY:%Y-%m-%d}"
    known = facts(-40, period(-300, 40))
    assert [about(known, days) for days in (9, 10, 33, 39, 39.9)] == [
        [],
        [f"period:{day}:30"],
        [f"period:{day}:7"],
        [f"period:{day}:1"],
        [f"period:{day}:1"],
    ]
    assert about(facts(-40, period(-300, 40), period(40, 400)), 39) == []
    assert about(facts(-40, mirror(until=3)), 2) == []  # Stripe collects


def test_a_failed_payment_and_each_step_down_is_told() -> None:
    known = facts(-40, mirror("past_due", past_due_since=NOW))
    kinds = [[name.partition(":")[0] for name in about(known, days)] for days in (0, 6, 7, 20, 31, 36.5, 37, 210)]
    assert kinds == [
        ["past_due"],
        ["past_due"],
        ["read_only"],
        [],
        ["suspend"],
        ["suspend"],
        [],
        ["archive"],
    ]


def test_who_is_suspended_by_support_or_archived_is_not_reminded() -> None:
    assert about(facts(1, is_suspended_by_staff=True)) == []
    assert about(facts(1, is_archived=True), 400) == []


def test_a_closed_account_is_confirmed_and_nothing_else_is_said() -> None:
    known = facts(1, closing_at=NOW + 14 * DAY)
    assert [name.partition(":")[0] for name in about(known)] == ["closing"]
    assert [name.partition(":")[0] for name in about(known, 14)] == ["archive"]


# --- how -------------------------------------------------------------------------------------------------------------


def test_a_reminder_is_sent_once_however_often_it_is_looked_for(brand: Brand) -> None:
    put(brand, trial=2.5)
    for _ in range(3):
        settle(brand)
        lifecycle.sync_all_billing_statuses(now=NOW)
        deliver()
    assert [list(message.to) for message in mail.outbox] == [["owner@acme.example"]]
    assert Reminder.objects.filter(brand_id=brand.pk).count() == 1
    text = str(mail.outbox[0].body)
    assert "http://acme.localhost:8000/console/billing/" in text
    assert "%(" not in text + letters()[0]


@pytest.mark.parametrize(("language", "word"), [("en", "ends on"), ("zh-hans", "Acme")])
def test_each_owner_is_written_to_in_their_language(brand: Brand, language: str, word: str) -> None:
    with brand_schema(brand.schema_name):
        User.objects.filter(role="owner").update(language=language)
    put(brand, trial=2.5)
    settle(brand)
    deliver()
    assert word in letters()[0]


def test_every_kind_of_letter_can_be_written(brand: Brand) -> None:
    put(brand, trial=1)
    settle(brand)
    deliver()
    for kind in ReminderKind:
        wording = reminders._WORDINGS[kind]
        for text in (wording.subject, wording.text):
            assert "%" not in str(text) % {"brand": "A", "day": "B"}


def test_a_mail_server_that_is_down_loses_nothing_and_doubles_nothing(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailBackend, messages: list[Any]) -> int:
        raise OSError("the mail server is away")

    put(brand, trial=1)
    settle(brand)
    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    deliver()
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert mail.outbox == []
    OutboxDelivery.objects.filter(state="pending").update(due_at=NOW - DAY)
    deliver()
    deliver()
    assert len(mail.outbox) == 1
    assert "reminder-" in mail.outbox[0].extra_headers["Message-ID"]


def test_what_is_no_longer_true_is_not_sent(brand: Brand) -> None:
    put(brand, trial=1)
    settle(brand)
    subscribe(brand)  # paid before the letter left
    deliver()
    assert mail.outbox == []


def test_who_gets_more_days_is_reminded_of_the_new_end(brand: Brand) -> None:
    put(brand, trial=1, trial_extensions=0)
    settle(brand)
    places.extend_trial(brand_id=brand.pk, days=6, reason="x", now=NOW)
    settle(brand)
    names = set(Reminder.objects.values_list("about", flat=True))
    assert names == {f"trial:{NOW + DAY:%Y-%m-%d}:1", f"trial:{NOW + 7 * DAY:%Y-%m-%d}:7"}


def test_a_brand_without_any_address_is_told_on_its_pages_only(brand: Brand) -> None:
    with brand_schema(brand.schema_name):
        User.objects.filter(role="owner").update(email=None, phone="+8613811112222")
    put(brand, trial=1, owner_email=None, owner_phone="+8613811112222")
    settle(brand)
    deliver()
    assert mail.outbox == []
    assert Reminder.objects.count() == 1


def test_a_rolled_back_reminder_was_never_noted(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fact: object) -> None:
        raise RuntimeError("crash")

    put(brand, trial=1)
    monkeypatch.setattr(outbox, "publish", fail)
    assert lifecycle.sync_all_billing_statuses(now=NOW).failed == 1
    monkeypatch.undo()
    assert Reminder.objects.count() == 0


# --- the archive -----------------------------------------------------------------------------------------------------


def test_the_way_into_the_archive_takes_three_letters(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(archives, "request_archive", lambda **given: asked.append(given["brand_id"]))
    put(brand, trial=0)
    put(Brand.objects.exclude(pk=brand.pk).get(), trial=1_000)
    for day in range(182):
        lifecycle.sync_all_billing_statuses(now=NOW + day * DAY)
        lifecycle.archive_due_brands(now=NOW + day * DAY)
        assert asked == [] or day >= 180
    assert set(asked) == {brand.pk}
    days = [name.rpartition(":")[2] for name in Reminder.objects.order_by("id").values_list("about", flat=True)]
    assert days == ["0", "7", "1", "30", "7", "1"]  # the end; two before the suspension; three before the archive
    give_period(brand, 182, 200)
    settle(brand, NOW + 182 * DAY)
    assert list_brands_due_for_archive(now=NOW + 182 * DAY) == []
    assert stored(brand).state == "active"
