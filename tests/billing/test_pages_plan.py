"""The plan page in every state a brand can be in, and the comparison of plans."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanVersion, Subscription
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements.models import Quota
from shared_apps.tenants.models import Brand
from tests.billing.page_visitors import (
    DAY,
    add_invoice,
    change,
    give_period,
    sign_in,
    source,
    subscribe,
    version_of,
    words,
)

pytestmark = pytest.mark.django_db
PLAN = "/console/billing/"
PLANS = "/console/billing/plans/"


@pytest.fixture
def owner(brand: Brand) -> Client:
    return sign_in(brand, "owner")


def test_a_trial_says_how_long_it_lasts_and_what_comes(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() + 5 * DAY - timedelta(hours=1))
    page = words(owner.get(PLAN))
    for text in ("Trial", "5 days", "unlimited", "Choose a plan", "No invoices yet", "Choose a plan before"):
        assert text in page, text
    assert "Cancel the plan" not in page
    assert "Card and invoices at Stripe" not in page


def test_an_active_plan_says_when_the_next_payment_is_due(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - DAY)  # while a trial lasts, nothing is missing
    row = subscribe(brand, "standard", "year")
    page = words(owner.get(PLAN))
    assert "Standard" in page
    assert "¥8,800" in page
    assert "Next payment" in page
    assert str(row.current_period_end.year) in page
    assert "Cancel the plan" in page
    assert "Not in this plan: Own domain" in page


def test_a_cancelled_plan_says_when_it_ends_and_can_go_on(owner: Client, brand: Brand) -> None:
    subscribe(brand, cancel_at_period_end=True)
    answer = owner.get(PLAN)
    assert "everything can be read and exported, but nothing changed" in words(answer)
    assert "/console/billing/cancel/undo/" in source(answer)
    assert owner.get("/console/billing/cancel/").status_code == 302


def test_a_planned_change_is_named_and_can_be_undone(owner: Client, brand: Brand) -> None:
    subscribe(brand, "premium", pending_plan_version=version_of("basic"), pending_interval="month")
    answer = owner.get(PLAN)
    assert "Basic, monthly" in words(answer)
    assert "/console/billing/plans/undo/" in source(answer)


def test_an_overdue_payment_names_the_day_and_the_invoice(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - 90 * DAY)
    subscribe(brand, status="past_due", past_due_since=clock.now() - 2 * DAY)
    invoice = add_invoice(brand, "BN-7", "open")
    answer = owner.get(PLAN)
    page = words(answer)
    for text in ("Payment overdue", "Pay the open invoice", "nothing changed", "next attempt", "BN-7"):
        assert text in page, text
    assert f"/console/billing/invoices/{invoice.pk}/" in source(answer)


def test_read_only_says_how_it_opens_again(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - 90 * DAY)
    subscribe(brand, status="past_due", past_due_since=clock.now() - 20 * DAY)
    page = words(owner.get(PLAN))
    assert "Read-only" in page
    assert "only the owner is let in" in page
    assert owner.get(PLANS).status_code == 200


def test_an_expired_trial_leads_to_the_plans(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - DAY)
    assert "Trial expired" in words(owner.get(PLAN))
    plans = source(owner.get(PLANS))
    assert plans.count('name="plan"') == 3


def test_time_that_was_given_is_shown_with_its_end(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - 90 * DAY)
    give_period(brand, "premium", days=40)
    page = words(owner.get(PLAN))
    assert "Premium" in page
    assert "Given until" in page
    assert "paid until" in words(owner.get(PLANS))


def test_meters_warn_from_four_fifths_on(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    Quota.objects.filter(name="agents").update(used=40, limit=50)
    Quota.objects.filter(name="skus").update(used=500, limit=500)
    Quota.objects.filter(name="warehouses").update(used=3, limit=1)
    answer = owner.get(PLAN)
    page = words(answer)
    markup = source(answer)
    for text in ("40 of 50", "Nearly used up.", "500 of 500", "nothing can be added", "3 of 1", "Above the limit"):
        assert text in page, text
    assert markup.count("bn-meter-near") == 1
    assert markup.count("bn-meter-over") == 2


def test_invoices_show_status_amount_and_their_papers(owner: Client, brand: Brand) -> None:
    subscribe(brand)
    paid = add_invoice(brand, "BN-1", "paid")
    add_invoice(brand, "BN-2", "void", total="0.50")
    answer = owner.get(PLAN)
    page = words(answer)
    markup = source(answer)
    for text in ("BN-1", "Paid", "¥8,800", "BN-2", "Void", "¥0.50"):
        assert text in page, text
    assert f'href="/console/billing/invoices/{paid.pk}/pdf/"' in markup
    assert f'href="/console/billing/invoices/{paid.pk}/"' in markup


def test_invoices_of_others_are_not_shown(owner: Client, other_brand: Brand) -> None:
    add_invoice(other_brand, "OT-1", "paid")
    assert "OT-1" not in words(owner.get(PLAN))


def test_a_bank_transfer_is_explained_with_account_and_remark(owner: Client, settings: Settings) -> None:
    page = words(owner.get(PLAN))
    assert "Ask support for the account" in page
    assert "BANYAN acme" in page
    settings.BANK_TRANSFER_DETAILS = {"account_name": "榕易科技", "bank": "招商银行", "account_number": "7559 0000"}
    page = words(owner.get(PLAN))
    for text in ("榕易科技", "招商银行", "7559 0000", "BANYAN acme", "Standard, one year", "¥8,800"):
        assert text in page, text


def test_the_present_plan_is_marked_and_leads_nowhere(owner: Client, brand: Brand) -> None:
    subscribe(brand, "standard", "year")
    answer = owner.get(PLANS)
    page = words(answer)
    markup = source(answer)
    assert "This is what you pay now" in page
    assert "Upgrade to Premium" in page
    assert "Change down to Basic" in page
    assert "/console/billing/plans/premium/year/" in markup
    assert 'name="plan"' not in markup
    assert "Pay monthly" in words(owner.get(f"{PLANS}?interval=month"))


def test_no_button_leads_to_a_refusal(owner: Client, brand: Brand) -> None:
    subscribe(brand, cancel_at_period_end=True)
    assert words(owner.get(PLANS)).count("Undo what is planned first") == 2
    with public_schema():
        Subscription.objects.update(cancel_at_period_end=False, status="past_due", past_due_since=clock.now() - DAY)
    assert words(owner.get(PLANS)).count("Settle the open payment first") == 2


def test_a_version_that_is_no_longer_offered_is_kept(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    with public_schema():
        old = version_of("basic")
        PlanVersion.objects.filter(pk=old.pk).update(retired_at=clock.now())
        PlanVersion.objects.create(
            plan=old.plan, version=2, price_month=400, price_year=4000, features=[], limits={}, published_at=clock.now()
        )
    assert "You keep Basic as you chose it, for ¥3,600" in words(owner.get(PLANS))
    assert "¥4,000" in words(owner.get(PLANS))
    assert "version 1" in words(owner.get(PLAN))


@pytest.mark.parametrize("interval", ["", "week", "%00", "🙂", "a" * 4_000])
def test_any_other_interval_is_a_yearly_page(owner: Client, interval: str) -> None:
    assert "¥3,600" in words(owner.get(f"{PLANS}?interval={interval}"))


def test_pages_speak_chinese(brand: Brand) -> None:
    subscribe(brand, "premium")
    owner = sign_in(brand, "owner", language="zh-CN")
    assert "高级版" in words(owner.get(PLAN))
    assert "基础版" in words(owner.get(PLANS))


def test_each_page_takes_few_queries(
    owner: Client, brand: Brand, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    subscribe(brand)
    for number in range(30):
        add_invoice(brand, f"Q-{number}", "paid")
    for address in (PLAN, PLANS):
        with django_assert_max_num_queries(26):
            assert owner.get(address).status_code == 200


def test_the_policy_lets_a_form_lead_to_stripe_and_nowhere_else(owner: Client, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:4242"
    policy = owner.get(PLAN)["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())
    assert directives["form-action"].split() == [
        "'self'",
        "https://checkout.stripe.com",
        "https://billing.stripe.com",
        "https://invoice.stripe.com",
        "http://127.0.0.1:4242",
    ]
    settings.STRIPE_API_BASE = ""
    assert "127.0.0.1" not in owner.get(PLANS)["Content-Security-Policy"]
    assert "stripe" not in owner.get("/console/")["Content-Security-Policy"]
    assert "stripe" not in owner.get("/console/billing/close/")["Content-Security-Policy"]


def test_meters_are_those_of_the_plan(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() - DAY)
    subscribe(brand, "basic")
    assert entitlements.get_counts(now=clock.now())["staff"].limit == 3
    assert "of 3" in words(owner.get(PLAN))
