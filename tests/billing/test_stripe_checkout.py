"""From the choice of a plan to a mirrored subscription."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeAttempt
from shared_apps.billing.selectors import invoices
from shared_apps.billing.services import checkout, gateway, papers
from shared_apps.billing.services.checkout import AlreadySubscribed
from shared_apps.billing.services.customers import NoBillingAccount
from shared_apps.billing.services.gateway import BillingNotConfigured, PaymentServiceUnavailable
from shared_apps.billing.services.mirror import mirror_invoice
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import DECLINED_CARD, Payer, history, pay

pytestmark = pytest.mark.django_db


def paid(payer: Payer, page: str) -> None:
    """Pay, and return to our page."""
    session = pay(page).partition("session_id=")[2]
    assert session
    assert checkout.finish_checkout(brand_id=payer.brand.pk, session_id=session, now=payer.now)


def session_of(fake: FakeStripe, page: str) -> Any:
    return fake.get("checkout.session", page.rpartition("/")[2])


def test_a_trial_that_is_over_becomes_a_subscription(payer: Payer, fake: FakeStripe) -> None:
    page = payer.start_checkout("standard", "year")
    session = session_of(fake, page)
    assert session["mode"] == "subscription"
    assert session["client_reference_id"] == str(payer.brand.pk)
    assert session["locale"] == "zh"
    assert session["metadata"] == {"brand_id": str(payer.brand.pk), "plan": "standard"}
    assert session["amount_total"] == 880_000
    paid(payer, page)
    assert payer.subscription.status == "active"
    assert payer.subscription.plan_version.plan.code == "standard"
    assert payer.subscription.interval == "year"
    assert payer.state == "active"
    assert history() == [("started", "0.00", "733.33")]


def test_what_is_left_of_the_trial_stays_free(payer: Payer, fake: FakeStripe) -> None:
    payer.end_trial(ends_at=payer.now + timedelta(days=9))
    page = payer.start_checkout()
    assert session_of(fake, page)["amount_total"] == 0
    paid(payer, page)
    assert payer.subscription.status == "trialing"
    assert payer.subscription.current_period_end == payer.now.replace(microsecond=0) + timedelta(days=9)
    assert payer.state == "trialing"
    payer.advance(days=9, hours=2)
    assert payer.look().status == "active"
    assert payer.state == "active"


@pytest.mark.parametrize(("hours", "is_free"), [(47, False), (48, False), (49, True)])
def test_less_than_two_days_cannot_stay_free(payer: Payer, fake: FakeStripe, hours: int, is_free: bool) -> None:
    payer.end_trial(ends_at=payer.now + timedelta(hours=hours))
    assert (session_of(fake, payer.start_checkout())["amount_total"] == 0) is is_free


def test_two_tabs_for_one_plan_lead_to_one_page(payer: Payer, fake: FakeStripe) -> None:
    assert payer.start_checkout() == payer.start_checkout()
    assert len(fake.events("customer.created")) == 1


def test_two_tabs_for_two_plans_leave_one_page_to_pay(payer: Payer, fake: FakeStripe) -> None:
    first = payer.start_checkout("basic")
    second = payer.start_checkout("premium")
    assert session_of(fake, first)["status"] == "expired"
    assert pay(first) == ""
    paid(payer, second)
    assert payer.subscription.plan_version.plan.code == "premium"
    with public_schema():
        assert list(StripeAttempt.objects.order_by("number").values_list("state", flat=True)) == ["expired", "done"]


def test_who_paid_in_one_tab_gets_no_second_page(payer: Payer) -> None:
    pay(payer.start_checkout())  # nobody has told us yet
    with pytest.raises(AlreadySubscribed):
        payer.start_checkout("premium")


def test_who_has_a_subscription_changes_its_plan_instead(payer: Payer) -> None:
    paid(payer, payer.start_checkout())
    with pytest.raises(AlreadySubscribed):
        payer.start_checkout("premium")


def test_a_declined_card_makes_no_subscription(payer: Payer, fake: FakeStripe) -> None:
    page = payer.start_checkout()
    assert pay(page, card=DECLINED_CARD) == ""
    session = page.rpartition("/")[2]
    assert checkout.finish_checkout(brand_id=payer.brand.pk, session_id=session, now=payer.now) is None
    assert payer.state == "trial_expired" or payer.state == "trialing"


def test_another_brands_session_is_nothing(payer: Payer, other_brand: Brand) -> None:
    page = payer.start_checkout()
    pay(page)
    other = Payer(other_brand, payer.client, payer.read_now, payer.advance)
    other.start_checkout()
    session = page.rpartition("/")[2]
    assert checkout.finish_checkout(brand_id=other_brand.pk, session_id=session, now=payer.now) is None


@pytest.mark.parametrize("trouble", ["500_after", "break_after", "500"])
@pytest.mark.parametrize("request_line", ["POST /v1/customers", "POST /v1/checkout/sessions"])
def test_a_lost_answer_leaves_one_object(payer: Payer, fake: FakeStripe, trouble: str, request_line: str) -> None:
    """The SDK's own tries are lost as well; then somebody clicks again."""
    fake.faults.order(trouble, times=3, match=request_line)
    with pytest.raises(PaymentServiceUnavailable):
        payer.start_checkout()
    page = payer.start_checkout()
    assert len(payer.client.v1.customers.list().data) == 1
    assert len(payer.client.v1.checkout.sessions.list().data) == 1
    paid(payer, page)


def test_a_lost_page_that_was_closed_since_is_replaced(payer: Payer, fake: FakeStripe) -> None:
    """Stripe repeats its answer to a key for a day, also when the page in it can no longer be paid."""
    fake.faults.order("break_after", times=3, match="POST /v1/checkout/sessions")
    with pytest.raises(PaymentServiceUnavailable):
        payer.start_checkout()
    payer.client.v1.checkout.sessions.expire(payer.client.v1.checkout.sessions.list().data[0].id)
    paid(payer, payer.start_checkout())


def test_a_lost_page_for_another_plan_is_closed(payer: Payer, fake: FakeStripe) -> None:
    fake.faults.order("break_after", times=3, match="POST /v1/checkout/sessions")
    with pytest.raises(PaymentServiceUnavailable):
        payer.start_checkout("basic")
    payer.start_checkout("premium")
    assert len(payer.client.v1.checkout.sessions.list({"status": "open"}).data) == 1


def test_the_portal_needs_a_customer_and_is_set_up_once(payer: Payer) -> None:
    with pytest.raises(NoBillingAccount):
        checkout.open_portal(brand_id=payer.brand.pk, return_url=CANCEL)
    payer.start_checkout()
    pages = {checkout.open_portal(brand_id=payer.brand.pk, return_url=CANCEL) for _time in range(2)}
    assert len(pages) == 2
    configurations = payer.client.v1.billing_portal.configurations.list().data
    assert len(configurations) == 1
    assert not configurations[0].features.subscription_update.enabled


CANCEL = "https://acme.localhost/console/billing/"


def test_an_invoice_is_listed_with_its_papers(payer: Payer) -> None:
    paid(payer, payer.start_checkout())
    invoice = payer.client.v1.invoices.list({"customer": payer.customer_id}).data[0]
    mirror_invoice(invoice_id=invoice.id, now=payer.now)
    (row,) = invoices.list_invoices(payer.brand.pk)
    assert (row.status, row.total, row.amount_paid, row.currency) == (
        "paid",
        Decimal("360.00"),
        Decimal("360.00"),
        "CNY",
    )
    assert row.number
    found = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk)
    assert found.pdf_url.startswith("http")
    assert found.page_url.startswith("http")
    assert row.paid_at is not None


def test_without_a_key_it_says_what_is_missing(payer: Payer, settings: Settings) -> None:
    settings.STRIPE_API_KEY = ""
    with pytest.raises(BillingNotConfigured) as refusal:
        payer.start_checkout()
    assert refusal.value.status == 503
    assert refusal.value.extra == {"missing": "STRIPE_API_KEY"}


def test_a_wrong_key_is_our_problem_and_names_no_key(payer: Payer, settings: Settings) -> None:
    settings.STRIPE_API_KEY = "sk_test_of_somebody_else"
    with pytest.raises(BillingNotConfigured) as refusal:
        payer.start_checkout()
    assert "sk_test" not in f"{refusal.value} {refusal.value.extra}"


def test_a_server_that_does_not_answer_is_told_apart(payer: Payer, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(PaymentServiceUnavailable) as refusal:
        gateway.get_subscription("sub_1")
    assert "127.0.0.1" not in str(refusal.value)
