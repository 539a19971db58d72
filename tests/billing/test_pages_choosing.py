"""Choosing, paying, changing and cancelling through the pages, against the project's own Stripe over HTTP."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import Subscription
from shared_apps.billing.services import checkout
from shared_apps.entitlements.models import Quota
from shared_apps.tenants.models import Brand
from tests.billing.page_visitors import change, settle, sign_in, source, subscribe, words
from tests.billing.stripe_payer import DECLINED_CARD, Payer, pay

pytestmark = pytest.mark.django_db
BILLING = "/console/billing/"


@pytest.fixture
def owner(payer: Payer) -> Client:
    """The owner of a brand whose trial is over, with a Stripe to pay at."""
    settle(payer.brand, payer.now)
    return sign_in(payer.brand, "owner")


def choose(owner: Client, plan: str = "standard", interval: str = "year") -> Any:
    return owner.post(f"{BILLING}checkout/", {"plan": plan, "interval": interval})


def buy(owner: Client, plan: str = "standard", interval: str = "year") -> Any:
    """Choose, pay with a good card, come back; the page one arrives at."""
    back = pay(choose(owner, plan, interval)["Location"])
    parts = urlsplit(back)
    return owner.get(f"{parts.path}?{parts.query}", follow=True)


def offer_on(owner: Client, path: str) -> str:
    """The signed offer that a preview page holds."""
    found = re.search(r'name="offer" value="([^"]+)"', source(owner.get(f"{BILLING}plans/{path}")))
    assert found is not None
    return found[1]


def test_choosing_leads_to_the_pay_page_and_back_to_an_active_plan(owner: Client, fake: FakeStripe) -> None:
    answer = choose(owner)
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{fake.url}/")
    page = buy(owner)
    assert page.redirect_chain[-1][0] == BILLING
    text = words(page)
    assert "Thank you. Standard is active." in text
    assert "Next payment" in text
    assert "Card and invoices at Stripe" in text


def test_the_return_address_names_this_host_and_the_session(owner: Client, fake: FakeStripe) -> None:
    session = urlsplit(choose(owner)["Location"]).path.rsplit("/", 1)[1]
    found = fake.get("checkout.session", session)
    assert found["success_url"] == "http://acme.localhost/console/billing/paid/?session_id={CHECKOUT_SESSION_ID}"
    assert found["cancel_url"] == "http://acme.localhost/console/billing/not-paid/"


def test_a_declined_card_leaves_everything_as_it_was(owner: Client) -> None:
    pay(choose(owner)["Location"], card=DECLINED_CARD)
    assert "Trial expired" in words(owner.get(BILLING))


def test_coming_back_twice_is_coming_back_once(owner: Client) -> None:
    back = urlsplit(pay(choose(owner)["Location"]))
    for _time in range(2):
        assert "Standard is active" in words(owner.get(f"{back.path}?{back.query}", follow=True))
    with public_schema():
        assert Subscription.objects.count() == 1


def test_coming_back_without_having_paid_waits_for_a_minute_only(owner: Client) -> None:
    session = urlsplit(choose(owner)["Location"]).path.rsplit("/", 1)[1]
    answer = owner.get(f"{BILLING}paid/?session_id={session}")
    assert "not confirmed the payment yet" in words(answer)
    again = re.search(r'content="5;url=([^"]+)"', source(answer))
    assert again is not None
    assert parse_qs(urlsplit(again[1].replace("&amp;", "&")).query) == {"session_id": [session], "look": ["1"]}
    last = owner.get(f"{BILLING}paid/?session_id={session}&look=12")
    assert 'http-equiv="refresh"' not in source(last)
    assert "you need not wait" in words(last)


@pytest.mark.parametrize(
    "query", ["", "?session_id=", "?session_id=cs_nobody", "?session_id=%00", "?look=-1", "?look=٣"]
)
def test_coming_back_with_an_unknown_session_finds_nothing(owner: Client, query: str) -> None:
    answer = owner.get(f"{BILLING}paid/{query}", follow=True)
    assert answer.status_code == 200
    assert "Thank you" not in words(answer)


def test_a_payment_service_that_is_down_is_no_error_page(owner: Client, fake: FakeStripe) -> None:
    session = urlsplit(choose(owner)["Location"]).path.rsplit("/", 1)[1]
    fake.stop()
    assert "looks again by itself" in words(owner.get(f"{BILLING}paid/?session_id={session}"))
    for path, sent in (("checkout/", {"plan": "basic", "interval": "year"}), ("portal/", {})):
        answer = owner.post(f"{BILLING}{path}", sent, follow=True)
        assert answer.status_code == 200
        assert "errornote" in source(answer)


def test_without_a_key_the_pages_still_stand(owner: Client, settings: Settings) -> None:
    settings.STRIPE_API_KEY = ""
    answer = owner.post(f"{BILLING}checkout/", {"plan": "basic", "interval": "year"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}plans/"
    assert "errornote" in source(answer)
    assert owner.get(BILLING).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"plan": "standard"},
        {"interval": "year"},
        {"plan": "gold", "interval": "year"},
        {"plan": "standard", "interval": "week"},
        {"plan": "a" * 9_000, "interval": "year"},
        {"plan": "standard'; --", "interval": "month"},
        {"plan": "榕", "interval": "month"},
    ],
)
def test_a_plan_that_is_not_offered_is_refused(owner: Client, fake: FakeStripe, sent: dict[str, str]) -> None:
    answer = owner.post(f"{BILLING}checkout/", sent, follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}plans/"
    assert "errornote" in source(answer)
    assert fake.events("checkout.session.completed") == []


def test_whoever_has_a_subscription_is_not_sold_a_second(owner: Client) -> None:
    buy(owner)
    answer = owner.post(f"{BILLING}checkout/", {"plan": "premium", "interval": "year"}, follow=True)
    assert "errornote" in source(answer)


def test_an_upgrade_is_previewed_and_then_charged_as_previewed(owner: Client, fake: FakeStripe) -> None:
    buy(owner, "basic")
    page = owner.get(f"{BILLING}plans/premium/year/")
    text = words(page)
    due = re.search(r"Due now ¥([\d,.]+)", text)
    assert due is not None
    amount = due[1].rstrip(".")
    assert f"Change now and pay ¥{amount}" in text
    assert "−¥" in text  # what was paid for Basic and not used
    answer = owner.post(f"{BILLING}plans/premium/year/", {"offer": offer_on(owner, "premium/year/")}, follow=True)
    assert answer.redirect_chain[-1][0] == BILLING
    assert "Premium" in words(answer)
    charged = fake.events("invoice.paid")[-1]["data"]["object"]["amount_paid"]
    assert charged == round(float(amount.replace(",", "")) * 100)


def test_an_upgrade_whose_card_fails_leaves_the_plan_and_offers_the_card(owner: Client, fake: FakeStripe) -> None:
    buy(owner, "basic")
    offer = offer_on(owner, "premium/year/")
    customer = fake.events("customer.created")[-1]["data"]["object"]["id"]
    fake.make_charges(customer, "fail")
    answer = owner.post(f"{BILLING}plans/premium/year/", {"offer": offer})
    assert answer.status_code == 409
    assert "Change the card at Stripe" in words(answer)
    assert "Basic" in words(owner.get(BILLING))


def test_a_downgrade_says_from_when_and_what_is_over_then(owner: Client, payer: Payer) -> None:
    buy(owner, "premium")
    Quota.objects.filter(name="agents").update(used=120)
    text = words(owner.get(f"{BILLING}plans/basic/year/"))
    for part in ("when the present period is over", "Agents: 120 used, 50 allowed", "Own domain", "Change from"):
        assert part in text, part
    assert "Due now" not in text
    answer = owner.post(f"{BILLING}plans/basic/year/", {"offer": offer_on(owner, "basic/year/")}, follow=True)
    text = words(answer)
    assert "Basic, yearly." in text
    assert "Premium" in text
    assert "Undo what is planned first" in words(owner.get(f"{BILLING}plans/"))
    assert "You stay with your present plan." in words(owner.post(f"{BILLING}plans/undo/", follow=True))
    assert payer.subscription.pending_plan_version is None


def test_a_downgrade_that_fits_says_so(owner: Client) -> None:
    buy(owner, "basic", "year")
    text = words(owner.get(f"{BILLING}plans/basic/month/"))
    assert "All you use today fits into the new plan." in text


@pytest.mark.parametrize("offer", ["", "rubbish", "WyIxIl0:1:x", "\x00", "🙂", "a" * 9_000])
def test_only_a_price_that_was_shown_is_charged(owner: Client, fake: FakeStripe, offer: str) -> None:
    buy(owner, "basic")
    paid = len(fake.events("invoice.paid"))
    answer = owner.post(f"{BILLING}plans/premium/year/", {"offer": offer}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}plans/premium/year/"
    assert len(fake.events("invoice.paid")) == paid


def test_an_offer_is_for_one_plan_only(owner: Client) -> None:
    buy(owner, "basic")
    answer = owner.post(f"{BILLING}plans/premium/year/", {"offer": offer_on(owner, "standard/year/")}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}plans/premium/year/"
    assert "Basic" in words(owner.get(BILLING))


@pytest.mark.parametrize("path", ["gold/year/", "standard/year/", "premium/week/", "premium/YEAR/"])
def test_what_cannot_be_previewed_is_refused(owner: Client, path: str) -> None:
    buy(owner, "standard")
    answer = owner.get(f"{BILLING}plans/{path}", follow=True)
    assert answer.status_code in {200, 404}
    if answer.status_code == 200:
        assert answer.redirect_chain[-1][0] == f"{BILLING}plans/"
        assert "errornote" in source(answer)


def test_nothing_is_previewed_without_a_subscription(owner: Client) -> None:
    answer = owner.get(f"{BILLING}plans/premium/year/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}plans/"


def test_the_portal_opens_for_a_customer_and_leads_back(owner: Client, fake: FakeStripe) -> None:
    assert "errornote" in source(owner.post(f"{BILLING}portal/", follow=True))
    buy(owner)
    answer = owner.post(f"{BILLING}portal/")
    assert answer.status_code == 303
    assert answer["Location"].startswith(fake.url)


def test_cancelling_asks_why_and_can_be_taken_back(owner: Client, payer: Payer) -> None:
    buy(owner)
    page = words(owner.get(f"{BILLING}cancel/"))
    assert "everything works as before; it was paid for" in page
    answer = owner.post(f"{BILLING}cancel/", {"reason": "too_expensive", "comment": "太贵了"}, follow=True)
    assert "The plan ends with its period" in words(answer)
    assert payer.subscription.cancel_at_period_end
    assert audited("billing.cancel_reason") == [{"reason": "too_expensive", "comment": "太贵了"}]
    assert "Your plan goes on." in words(owner.post(f"{BILLING}cancel/undo/", follow=True))
    assert not payer.subscription.cancel_at_period_end


@pytest.mark.parametrize(
    "sent", [{}, {"reason": ""}, {"reason": "because"}, {"reason": "other", "comment": "x" * 501}, {"reason": "\x00"}]
)
def test_cancelling_without_a_reason_cancels_nothing(owner: Client, payer: Payer, sent: dict[str, str]) -> None:
    buy(owner)
    answer = owner.post(f"{BILLING}cancel/", sent)
    assert answer.status_code == 422
    assert not payer.subscription.cancel_at_period_end


def test_undoing_what_was_not_done_says_so(owner: Client) -> None:
    buy(owner)
    for path in ("cancel/undo/", "plans/undo/"):
        assert "nothing to undo" in words(owner.post(f"{BILLING}{path}", follow=True))


def test_a_reader_who_posts_changes_nothing(owner: Client, payer: Payer) -> None:
    buy(owner)
    finance = sign_in(payer.brand, "finance")
    for path in ("cancel/", "portal/", "checkout/", "plans/undo/"):
        assert finance.post(f"{BILLING}{path}", {"reason": "other"}).status_code == 403
    assert not payer.subscription.cancel_at_period_end


def test_paying_opens_a_brand_that_was_only_readable(owner: Client, payer: Payer) -> None:
    assert owner.post("/console/catalog/category/add/", {"name": "A"}).status_code == 402
    buy(owner, "basic")
    assert owner.post("/console/catalog/category/add/", {"name": "A"}).status_code != 402


def audited(action: str) -> list[Any]:
    with public_schema():
        return list(AuditRecord.objects.filter(action=action).values_list("after", flat=True))


def test_another_brands_session_is_not_taken_for_ones_own(owner: Client, payer: Payer, other_brand: Brand) -> None:
    change(other_brand, trial_ends_at=payer.now)
    address = checkout.start_checkout(
        brand_id=other_brand.pk,
        plan_code="premium",
        interval="year",
        success_url="https://other.localhost/",
        cancel_url="https://other.localhost/",
        now=payer.now,
    )
    pay(address)
    session = urlsplit(address).path.rsplit("/", 1)[1]
    answer = owner.get(f"{BILLING}paid/?session_id={session}", follow=True)
    assert "Premium" not in words(answer)
    assert "Trial expired" in words(owner.get(BILLING))


def test_a_mirror_row_alone_is_enough_to_see_the_plan(brand: Brand) -> None:
    subscribe(brand, "premium")
    assert "Premium" in words(sign_in(brand, "owner").get(BILLING))
