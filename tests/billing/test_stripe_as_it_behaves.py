"""Acts of support, payers' banks and Stripe itself on a subscription: who paid keeps what was paid, and can always buy.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config import env
from kernel.core.errors import DomainError
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import PlanVersion, StripeInvoice
from shared_apps.billing.rules.reminders import list_owed
from shared_apps.billing.selectors import invoices, money_flow
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import checkout, gateway, lifecycle, mirror, papers, plan_changes, reconcile, sync
from shared_apps.billing.services.checkout import AlreadySubscribed, PaidTooLongAhead
from shared_apps.billing.services.gateway import (
    BillingNotConfigured,
    OutcomeUnknown,
    PaymentServiceUnavailable,
)
from shared_apps.billing.services.gateway_setup import PERMISSIONS
from shared_apps.billing.services.sync import PriceDiffers
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, handle_webhooks, history, pay, post_webhook
from tests.factories.fresh import forget_counters
from tests.factories.stripe_backends import client_of

pytestmark = pytest.mark.django_db


def settled(payer: Payer) -> Any:
    """The billing status by what is mirrored, at Stripe's time."""
    lifecycle.sync_billing_status(brand_id=payer.brand.pk, now=payer.now)
    with public_schema():
        brand = Brand.objects.get(pk=payer.brand.pk)
        return statuses.get_billing_status(brand, payer.now)


def mirrored(payer: Payer, subscription_id: str) -> Any:
    return mirror.mirror_subscription(subscription_id=subscription_id, now=payer.now)


def buy(payer: Payer, plan: str = "basic", interval: str = "year") -> Any:
    """On the pay page, and back."""
    session = pay(payer.start_checkout(plan, interval)).partition("session_id=")[2]
    assert session
    return checkout.finish_checkout(brand_id=payer.brand.pk, session_id=session, now=payer.now)


def ready(payer: Payer) -> None:
    """Make the fake's brand a customer with a good card."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")


def mirror_invoices(payer: Payer) -> None:
    for one in payer.client.v1.invoices.list({"customer": payer.customer_id, "limit": 100}).data:
        mirror.mirror_invoice(invoice_id=str(one.id), now=payer.now)


def refund_all(payer: Payer) -> None:
    for charge in payer.client.v1.charges.list({"customer": payer.customer_id}).data:
        payer.client.v1.refunds.create({"charge": charge.id})


# --- paused ----------------------------------------------------------------------------------------------------------


def test_a_paused_year_can_go_on(any_payer: Payer) -> None:
    name = any_payer.subscribe("basic", "year").stripe_subscription_id
    any_payer.advance(days=50)
    any_payer.client.v1.subscriptions.pause(name, {"type": "subscription"})
    any_payer.look()
    found = settled(any_payer)
    assert (found.state, found.plan.plan.code) == ("read_only", "basic")
    assert any_payer.subscription.pause_reason == "pause_requested"
    plan_changes.resume(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert settled(any_payer).state == "active"
    assert any_payer.subscription.pause_reason == ""


def test_what_is_paused_for_want_of_money_was_overdue_before(payer: Payer, fake: FakeStripe) -> None:
    fake.machine.account.after_retries = "paused"
    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_chargeCustomerFail")
    payer.advance(days=35)
    payer.look()
    since = payer.subscription.past_due_since
    payer.advance(days=15)
    row = payer.look()
    assert (row.status, row.pause_reason, row.past_due_since) == ("paused", "final_payment_failure", since)
    assert settled(payer).state == "read_only"


@pytest.mark.parametrize("how", ["pause", "unpaid"])
def test_buying_replaces_what_is_dead(payer: Payer, fake: FakeStripe, how: str) -> None:
    fake.machine.account.after_retries = "unpaid"
    ready(payer)
    old = payer.subscribe("basic", "month").stripe_subscription_id
    if how == "pause":
        payer.client.v1.subscriptions.pause(old, {"type": "subscription"})
    else:
        payer.set_card("pm_card_chargeCustomerFail")
        payer.advance(days=50)
    payer.look()
    payer.set_card("pm_card_visa")
    new = buy(payer)
    assert new.stripe_subscription_id != old
    assert settled(payer).state == "active"
    assert payer.client.v1.subscriptions.retrieve(old).status == "canceled"
    assert not payer.client.v1.invoices.list({"subscription": old, "status": "open"}).data


def test_paused_collecting_is_shown(any_payer: Payer) -> None:
    name = any_payer.subscribe("basic", "month").stripe_subscription_id
    any_payer.client.v1.subscriptions.update(name, {"pause_collection": {"behavior": "void"}})
    assert any_payer.look().collection_pause == "void"
    assert settled(any_payer).state == "active"


# --- money that goes back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cancelled", "back", "state"),
    [
        (True, "nothing", "active"),
        (True, "refund", "past_due"),
        (True, "credit note", "past_due"),
        (True, "part", "active"),
        (True, "lost", "past_due"),
        (True, "won", "active"),
        (False, "refund", "past_due"),
        (False, "lost", "past_due"),
        (False, "open dispute", "active"),
        (False, "part", "active"),
    ],
)
def test_only_money_that_stays_pays(payer: Payer, fake: FakeStripe, cancelled: bool, back: str, state: str) -> None:
    ready(payer)
    row = payer.subscribe("premium", "year")
    payer.advance(days=3)
    invoice = payer.client.v1.invoices.list({"customer": payer.customer_id}).data[0]
    if cancelled:
        payer.client.v1.subscriptions.cancel(row.stripe_subscription_id)
        mirrored(payer, row.stripe_subscription_id)
    charge = payer.client.v1.charges.list({"customer": payer.customer_id}).data[0]
    if back == "refund":
        payer.client.v1.refunds.create({"charge": charge.id})
    elif back == "part":
        payer.client.v1.refunds.create({"charge": charge.id, "amount": 100})
    elif back == "credit note":
        note: Any = {"invoice": invoice.id, "amount": invoice.total, "out_of_band_amount": invoice.total}
        payer.client.v1.credit_notes.create(note)
    elif back in ("lost", "won", "open dispute"):
        dispute = fake.dispute(str(invoice.id))
        if back != "open dispute":
            fake.close_dispute(dispute, back)
    mirror_invoices(payer)
    assert settled(payer).state == state
    with public_schema():
        kept = StripeInvoice.objects.get()
    assert kept.amount_returned == {
        "part": Decimal("1.00"),
        "refund": kept.total,
        "credit note": kept.total,
        "lost": kept.total,
    }.get(back, Decimal(0))
    if state == "past_due":
        buy(payer)  # whoever pays again is in again
        assert settled(payer).state == "active"


@pytest.mark.parametrize("what", ["refund", "dispute", "credit note"])
def test_stripe_tells_of_money_that_goes_back(payer: Payer, fake: FakeStripe, what: str) -> None:
    ready(payer)
    payer.subscribe("premium", "year")
    mirror_invoices(payer)
    invoice = payer.client.v1.invoices.list({"customer": payer.customer_id}).data[0]
    since = fake.events()[-1]["id"]
    if what == "refund":
        refund_all(payer)
    elif what == "dispute":
        fake.close_dispute(fake.dispute(str(invoice.id)), "lost")
    else:
        note: Any = {"invoice": invoice.id, "amount": invoice.total, "credit_amount": invoice.total}
        payer.client.v1.credit_notes.create(note)
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    assert handle_webhooks() > 0
    with public_schema():
        row = StripeInvoice.objects.get()
    assert (row.amount_returned, row.returned_at is not None) == (row.total, True)
    assert row.dispute_status == ("lost" if what == "dispute" else "")


# --- a price that moves, a customer that is deleted ------------------------------------------------------------------


def move_name(payer: Payer, amount: int) -> None:
    """Somebody gives the name of our price to another one."""
    old = payer.client.v1.prices.list({"lookup_keys": ["standard_v1_year"]}).data[0]
    payer.client.v1.prices.create(
        {
            "product": str(old.product),
            "unit_amount": amount,
            "currency": "cny",
            "recurring": {"interval": "year"},
            "lookup_key": "standard_v1_year",
            "transfer_lookup_key": True,
        }
    )
    forget_counters()


def test_no_other_price_is_sold_under_our_name(payer: Payer) -> None:
    ready(payer)
    payer.price("standard", "year")
    move_name(payer, 1)
    with pytest.raises(PriceDiffers):
        payer.start_checkout("standard", "year")
    with public_schema():
        version = PlanVersion.objects.get(plan__code="standard", retired_at__isnull=True)
    assert payer.client.v1.prices.retrieve(version.stripe_price_year_id).unit_amount == 880_000
    assert "standard_v1_year" in " ".join(sync.sync_everything().differing)


def test_who_has_a_price_keeps_it_wherever_its_name_went(payer: Payer) -> None:
    ready(payer)
    payer.subscribe("standard", "year")
    move_name(payer, 880_000)
    sync.sync_everything()  # the new one is ours as well by now
    assert payer.look().plan_version.plan.code == "standard"
    plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    found = reconcile.compare_with_stripe(now=payer.now)
    assert [one for one in found.differences if one["what"] == "subscription"] == []


def test_a_price_made_by_hand_for_our_product_locks_nobody_out(payer: Payer) -> None:
    ready(payer)
    name = payer.subscribe("standard", "year").stripe_subscription_id
    sold = payer.client.v1.subscriptions.retrieve(name)["items"].data[0]
    special = payer.client.v1.prices.create(
        {"product": str(sold.price.product), "unit_amount": 5, "currency": "cny", "recurring": {"interval": "month"}}
    )
    payer.client.v1.subscriptions.update(name, {"items": [{"id": sold.id, "price": special.id}]})
    row = payer.look()
    assert (row.plan_version.plan.code, row.interval) == ("standard", "month")


@pytest.mark.parametrize("heard", ["webhook", "night", "click"])
def test_a_deleted_customer_can_buy_again(payer: Payer, fake: FakeStripe, heard: str) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    gone = payer.customer_id
    since = fake.events()[-1]["id"]
    payer.client.v1.customers.delete(gone)
    if heard == "webhook":
        for event in fake.events("customer.deleted", since=since):
            post_webhook(*fake.signed(event))
        handle_webhooks()
    elif heard == "night":
        found = reconcile.compare_with_stripe(now=payer.now)
        assert {one["what"]: one["repaired"] for one in found.differences}["customer_gone"]
    row = buy(payer)
    assert row.status == "active"
    assert payer.customer_id != gone
    assert settled(payer).state == "active"
    assert checkout.open_portal(brand_id=payer.brand.pk, return_url="https://acme.localhost/")


# --- what expires, what is slow --------------------------------------------------------------------------------------


def test_invoices_are_paid_where_stripe_says_now(payer: Payer) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_chargeCustomerFail")
    payer.advance(days=45)
    payer.look()
    mirror_invoices(payer)
    row = invoices.get_open_invoice(payer.brand.pk)
    assert row is not None
    first = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk)
    payer.advance(days=60)
    again = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk)
    assert first.page_url != again.page_url
    with public_schema():
        fields = {field.name for field in StripeInvoice._meta.get_fields()}
    assert not {"page_url", "pdf_url"} & fields
    with pytest.raises(papers.InvoiceNotFound):
        papers.fetch_papers(brand_id=payer.brand.pk + 1, invoice_id=row.pk)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Stripe for a moment only."""
    monkeypatch.setattr(gateway, "WRITE_TIMEOUT_SECONDS", 0.4)


@pytest.mark.usefixtures("impatient")
def test_a_slow_upgrade_is_looked_up(payer: Payer, fake: FakeStripe) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    fake.faults.order("slow", match="POST /v1/subscriptions/", seconds=6)
    made = plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
    )
    assert made.row.plan_version.plan.code == "premium"
    paid = [row for row in payer.client.v1.invoices.list({"customer": payer.customer_id}).data if row.total > 36_000]
    assert len(paid) == 1


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [("409", OutcomeUnknown), ("500", OutcomeUnknown), ("429", PaymentServiceUnavailable)],
)
def test_what_is_not_known_is_said_so(payer: Payer, fake: FakeStripe, fault: str, refusal: type[DomainError]) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    fake.faults.order(fault, times=3, match="POST /v1/subscriptions/")
    with pytest.raises(refusal) as caught:
        plan_changes.change_plan(
            brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
        )
    assert type(caught.value) is refusal
    assert caught.value.status == 503


# --- another interval, another bank, another card --------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [("month", "year"), ("year", "month")])
def test_another_interval_begins_its_period_now(any_payer: Payer, before: str, after: str) -> None:
    any_payer.subscribe("basic", before)
    any_payer.advance(days=20)
    asked: Any = {"brand_id": any_payer.brand.pk, "plan_code": "premium", "interval": after, "now": any_payer.now}
    seen = plan_changes.preview_change(**asked)
    made = plan_changes.change_plan(**asked, proration_at=seen.proration_at)
    newest = any_payer.client.v1.invoices.list({"customer": any_payer.customer_id}).data[0]
    assert Decimal(newest.amount_due) / 100 == seen.amount_due
    length = made.row.current_period_end - made.row.current_period_start
    assert abs(made.row.current_period_start - any_payer.now) < timedelta(minutes=10)
    assert length > timedelta(days=360) if after == "year" else length < timedelta(days=32)


def test_a_bank_that_asks_each_time_lets_upgrade(payer: Payer) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_authenticationRequired")
    made = plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
    )
    assert made.confirm_url
    assert payer.look().plan_version.plan.code == "basic"
    assert settled(payer).state == "active"
    assert Browser(made.confirm_url).ask("POST", number="4000002760003184").status == 303
    assert payer.look().plan_version.plan.code == "premium"


def test_a_change_down_keeps_discount_and_card(any_payer: Payer) -> None:
    coupon = any_payer.client.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    card = any_payer.client.v1.payment_methods.list({"customer": any_payer.customer_id}).data[0].id
    any_payer.subscribe("premium", "month", discounts=[{"coupon": coupon.id}], default_payment_method=card)
    plan_changes.change_plan(
        brand_id=any_payer.brand.pk, plan_code="basic", interval="month", proration_at=None, now=any_payer.now
    )
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    row = any_payer.look()
    v1: Any = any_payer.client.v1
    found = v1.subscriptions.retrieve(row.stripe_subscription_id, {"expand": ["latest_invoice"]})
    assert row.plan_version.plan.code == "basic"
    assert found.latest_invoice.total == 18_000
    assert found.default_payment_method == card


def test_a_new_card_stays(payer: Payer, fake: FakeStripe) -> None:
    """Entered on the pay page, on the page of an open invoice: it is the customer's from then on."""
    from tests.sandbox.stripe.test_pay_page import Browser

    buy(payer, "basic", "month")
    v1: Any = payer.client.v1
    name = payer.subscription.stripe_subscription_id
    first = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert first == v1.subscriptions.retrieve(name).default_payment_method
    v1.payment_methods.detach(first)
    payer.advance(to=payer.subscription.current_period_end + timedelta(hours=2))
    payer.look()
    mirror_invoices(payer)
    row = invoices.get_open_invoice(payer.brand.pk)
    assert row is not None
    since = fake.events()[-1]["id"]
    page = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk).page_url
    assert Browser(page).ask("POST", number="5555555555554444").status == 303
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    handle_webhooks()
    second = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert second not in (None, first)
    assert second == v1.subscriptions.retrieve(name).default_payment_method
    payer.advance(to=payer.look().current_period_end + timedelta(hours=2))
    assert payer.look().status == "active"


def test_the_portals_card_is_charged(payer: Payer, fake: FakeStripe) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    buy(payer, "basic", "month")
    v1: Any = payer.client.v1
    name = payer.subscription.stripe_subscription_id
    since = fake.events()[-1]["id"]
    portal = checkout.open_portal(brand_id=payer.brand.pk, return_url="https://acme.localhost/")
    assert Browser(portal).ask("POST", act="card", number="5555555555554444").status == 303
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    handle_webhooks()
    default = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert v1.subscriptions.retrieve(name).default_payment_method == default
    assert v1.payment_methods.retrieve(default).card.last4 == "4444"


# --- free time -------------------------------------------------------------------------------------------------------


def test_what_is_chosen_in_the_trial_begins_when_it_ends(payer: Payer) -> None:
    ends_at = (payer.now + timedelta(days=9)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    buy(payer, "basic", "month")
    found = settled(payer)
    assert (found.state, found.plan, found.status.first_payment_at) == ("trialing", None, ends_at)
    assert history() == []
    assert money_flow.list_moves(until=payer.now + timedelta(days=1)) == []
    payer.advance(to=ends_at + timedelta(hours=2))
    payer.look()
    found = settled(payer)
    assert (found.state, found.plan.plan.code, found.status.first_payment_at) == ("active", "basic", None)
    assert history() == [("started", "0.00", "360.00")]


@pytest.mark.parametrize(
    ("days", "kinds"), [(9, set()), (7, {"first_payment"}), (3, {"first_payment"}), (0.5, {"first_payment"})]
)
def test_the_first_payment_is_announced(payer: Payer, days: float, kinds: set[str]) -> None:
    ends_at = (payer.now + timedelta(days=10)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    buy(payer, "basic", "month")
    now = ends_at - timedelta(days=days)
    with public_schema():
        brand = Brand.objects.get(pk=payer.brand.pk)
        facts = statuses.get_facts([brand])[brand.pk]
    status = statuses.get_billing_status(brand, now).status
    assert {one.kind.value for one in list_owed(facts, status, now)} == kinds


def test_who_cancels_in_the_trial_was_on_trial(payer: Payer) -> None:
    ends_at = (payer.now + timedelta(days=9)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    name = buy(payer, "basic", "month").stripe_subscription_id
    plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    assert (settled(payer).state, settled(payer).plan) == ("trialing", None)
    payer.advance(to=ends_at + timedelta(hours=2))
    mirrored(payer, name)
    found = settled(payer)
    assert (found.state, found.status.until) == ("trial_expired", ends_at + timedelta(days=60))
    assert history() == []


def test_more_than_two_years_ahead_are_refused_in_words(payer: Payer) -> None:
    payer.end_trial(ends_at=payer.now + timedelta(days=800))
    with pytest.raises(PaidTooLongAhead):
        payer.start_checkout()


# --- keys, ways to pay -----------------------------------------------------------------------------------------------


def test_the_restricted_key_of_the_docs_is_enough(payer: Payer, settings: Any) -> None:
    permitted = frozenset(PERMISSIONS.values())
    with FakeStripe(permissions=permitted) as fake:
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        settings.STRIPE_WEBHOOK_SECRETS = [fake.webhook_secret]
        forget_counters()
        own = Payer(payer.brand, client_of(fake), lambda: fake.now, fake.advance)
        own.end_trial()
        assert sync.sync_everything(webhook_url="https://banyan.example/webhooks/stripe").webhook_secret
        buy(own, "basic", "month")
        for plan in ("premium", "basic"):
            plan_changes.change_plan(
                brand_id=own.brand.pk, plan_code=plan, interval="month", proration_at=None, now=own.now
            )
        plan_changes.cancel_at_period_end(brand_id=own.brand.pk, now=own.now)
        checkout.open_portal(brand_id=own.brand.pk, return_url="https://acme.localhost/")
        assert reconcile.compare_with_stripe(now=own.now).last_error == ""


@pytest.mark.parametrize("missing", ["rak_webhook_write", "rak_product_write", "rak_plan_write"])
def test_a_lacking_permission_is_our_problem(payer: Payer, settings: Any, missing: str) -> None:
    with FakeStripe(permissions=frozenset(PERMISSIONS.values()) - {missing}) as fake:
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        forget_counters()
        with pytest.raises(BillingNotConfigured):
            sync.sync_everything(webhook_url="https://banyan.example/webhooks/stripe")


def test_the_docs_name_each_permission() -> None:
    page = (env.ROOT / "platform/docs/runbooks/stripe.md").read_text()
    assert [name for name in PERMISSIONS.values() if name not in page] == []


@pytest.mark.parametrize(
    ("configured", "offered"),
    [([], ["card"]), (["card", "alipay", "wechat_pay"], ["card"]), (["alipay", "wechat_pay"], None)],
)
def test_only_what_can_pay_again_is_offered(
    payer: Payer, fake: FakeStripe, settings: Any, configured: list[str], offered: list[str] | None
) -> None:
    settings.STRIPE_PAYMENT_METHOD_TYPES = configured
    if offered is None:
        with pytest.raises(BillingNotConfigured):
            payer.start_checkout()
    else:
        page = payer.start_checkout()
        assert fake.get("checkout.session", page.rpartition("/")[2])["payment_method_types"] == offered


def test_nobody_is_subscribed_twice(payer: Payer) -> None:
    buy(payer)
    with pytest.raises(AlreadySubscribed):
        payer.start_checkout("premium")
