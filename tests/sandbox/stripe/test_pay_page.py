"""The pay page, the portal and the papers, clicked through as a browser does: forms, redirects, both languages."""

from __future__ import annotations

import http.client
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of

DONE = "http://localhost:8000/done?s={CHECKOUT_SESSION_ID}"
BACK = "http://localhost:8000/back"


class Browser:
    """The least of a browser: it shows pages, sends forms, and says where it was sent."""

    def __init__(self, url: str, language: str = "en") -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        self.path = parts.path
        self.language = language
        self.status = 0
        self.text = ""
        self.location = ""
        self.body = b""

    def ask(self, verb: str, path: str = "", /, **form: str) -> Browser:
        headers = {"Accept-Language": self.language, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(verb, path or self.path, urlencode(form) if verb == "POST" else None, headers)
        answer = self.connection.getresponse()
        self.body = answer.read()
        self.status = answer.status
        self.location = answer.headers.get("Location", "")
        self.text = unescape(re.sub(r"<[^>]+>", " ", self.body.decode("utf-8", "replace")))
        self.connection.close()
        return self


@pytest.fixture
def shop(fake_stripe: FakeStripe) -> Any:
    """The SDK, a customer and a price."""

    class Shop:
        v1: Any = client_of(fake_stripe).v1
        backend = StripeBackend("fake", client_of(fake_stripe), "", {}, fake_stripe)
        price = backend.price(360_000, name="Basic")
        customer = v1.customers.create({"email": "a@example.com", "name": "Acme"}).id

        def session(self, **params: Any) -> Any:
            chosen = {
                "mode": "subscription",
                "customer": self.customer,
                "success_url": DONE,
                "cancel_url": BACK,
                "line_items": [{"price": self.price, "quantity": 1}],
                **params,
            }
            return self.v1.checkout.sessions.create(
                {name: value for name, value in chosen.items() if value is not None}
            )

    return Shop()


def test_paying_by_card(fake_stripe: FakeStripe, shop: Any) -> None:
    session = shop.session(client_reference_id="7", subscription_data={"metadata": {"brand": "7"}}, locale="zh")
    browser = Browser(session.url).ask("GET")
    assert browser.status == 200
    assert "订阅" in browser.text
    assert "¥3,600.00" in browser.text
    assert "Basic" in browser.text
    browser.ask("POST", method="card", number="4242 4242 4242 4242")
    assert (browser.status, browser.location) == (303, DONE.replace("{CHECKOUT_SESSION_ID}", session.id))
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items", "customer"]})
    assert (done.status, done.payment_status, done.client_reference_id, done.url) == ("complete", "paid", "7", None)
    assert (done.subscription.status, done.subscription.metadata["brand"]) == ("active", "7")
    assert done.subscription.default_payment_method
    assert done.line_items.data[0].amount_total == 360_000
    assert [row["data"]["object"]["id"] for row in fake_stripe.events("checkout.session.completed")] == [session.id]
    assert browser.ask("GET").status == 410  # used up
    assert browser.ask("POST", method="card", number="4242424242424242").status == 410
    assert len(shop.v1.subscriptions.list({"customer": shop.customer}).data) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000000000000002", "declined"),
        ("4000000000009995", "insufficient funds"),
        ("", "Enter a card number"),
        ("4000000000000341", "declined"),
    ],
)
def test_a_refused_card_leaves_the_page_open(shop: Any, number: str, words: str) -> None:
    session = shop.session()
    browser = Browser(session.url).ask("POST", method="card", number=number)
    assert (browser.status, words in browser.text) == (402, True)
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert shop.v1.subscriptions.list({"customer": shop.customer, "status": "all"}).data == []
    assert browser.ask("POST", method="card", number="5555555555554444").status == 303


def test_a_card_that_asks_for_confirmation(fake_stripe: FakeStripe, shop: Any) -> None:
    session = shop.session()
    browser = Browser(session.url).ask("POST", method="card", number="4000002500003155")
    assert (browser.status, "Your bank asks you to confirm" in browser.text) == (200, True)
    assert browser.ask("POST", method="card", number="4000002500003155", answer="refuse").status == 402
    assert browser.ask("POST", method="card", number="4000002500003155", answer="confirm").status == 303
    fake_stripe.advance(days=367)  # what was confirmed once renews by itself
    subscription = shop.v1.subscriptions.list({"customer": shop.customer}).data[0]
    assert subscription.status == "active"
    assert shop.v1.invoices.retrieve(subscription.latest_invoice).billing_reason == "subscription_cycle"


def test_alipay_once(shop: Any) -> None:
    product = shop.v1.products.create({"name": "Course"})
    once = shop.v1.prices.create({"product": product.id, "unit_amount": 9900, "currency": "cny"})
    session = shop.session(mode="payment", line_items=[{"price": once.id}])
    browser = Browser(session.url, "zh-CN,zh").ask("GET")
    assert "支付宝" in browser.text
    assert "请在应用中确认支付" in browser.ask("POST", method="alipay").text
    assert browser.ask("POST", method="alipay", answer="confirm").status == 303


def test_wechat_pay_once(shop: Any) -> None:
    product = shop.v1.products.create({"name": "Course"})
    once = shop.v1.prices.create({"product": product.id, "unit_amount": 9900, "currency": "cny"})
    session = shop.session(mode="payment", line_items=[{"price": once.id, "quantity": 2}])
    browser = Browser(session.url).ask("POST", method="wechat_pay", answer="confirm")
    assert browser.status == 303
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (done.payment_status, done.payment_intent.amount_received) == ("paid", 19_800)


def test_turning_back_and_expiring(fake_stripe: FakeStripe, shop: Any) -> None:
    session = shop.session()
    assert Browser(session.url).ask("GET", urlsplit(session.url).path + "/cancel").location == BACK
    assert shop.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.checkout.sessions.expire(session.id)
    other = shop.session()
    fake_stripe.advance(hours=25)
    assert shop.v1.checkout.sessions.retrieve(other.id).status == "expired"
    assert Browser(other.url).ask("POST", method="card", number="4242424242424242").status == 410
    assert len(fake_stripe.events("checkout.session.expired")) == 2


def test_a_trial_by_checkout(fake_stripe: FakeStripe, shop: Any) -> None:
    end = int(fake_stripe.now.timestamp()) + 10 * 86_400
    data = {"trial_end": end, "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}}}
    session = shop.session(subscription_data=data, payment_method_collection="if_required")
    browser = Browser(session.url).ask("GET")
    assert "Start trial" in browser.text
    assert browser.ask("POST").status == 303
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")
    assert done.subscription.trial_end == end


def test_a_payer_who_is_no_customer_yet(shop: Any) -> None:
    session = shop.session(customer=None)
    browser = Browser(session.url).ask("GET")
    assert "E-mail" in browser.text
    browser.ask("POST", method="card", number="4242424242424242", email="new@example.com")
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert done.customer.email == done.customer_details.email == "new@example.com"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "payment"}, "recurring price"),
        ({"line_items": None}, "line_items"),
        ({"success_url": None}, "success_url"),
        ({"expires_at": 1}, "expires_at"),
        ({"customer_email": "b@example.com"}, "only specify one of"),
        ({"allowed_payment_method_types": ["wechat_pay"]}, "No valid payment method types"),
    ],
)
def test_sessions_that_make_no_sense(shop: Any, change: Any, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.session(**change)


def test_the_portal(fake_stripe: FakeStripe, shop: Any) -> None:
    shop.backend.set_card(shop.customer, "pm_card_visa")
    made = shop.v1.subscriptions.create({"customer": shop.customer, "items": [{"price": shop.price}]})
    with pytest.raises(stripe.InvalidRequestError, match="No configuration provided"):
        shop.v1.billing_portal.sessions.create({"customer": shop.customer})
    features = {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
    }
    configuration = shop.v1.billing_portal.configurations.create(
        {"features": features, "metadata": {"banyan": "portal"}}
    )
    session = shop.v1.billing_portal.sessions.create(
        {"customer": shop.customer, "configuration": configuration.id, "return_url": BACK, "locale": "en"}
    )
    browser = Browser(session.url).ask("GET")
    assert "visa •••• 4242" in browser.text
    assert BACK.encode() in browser.body
    assert browser.ask("POST", act="card", number="5555555555554444").status == 303
    assert "mastercard •••• 4444" in browser.ask("GET").text
    assert browser.ask("POST", act="card", number="4000000000000002").status == 402
    assert browser.ask("POST", act="cancel", subscription=made.id).status == 303
    ending = shop.v1.subscriptions.retrieve(made.id)
    assert (ending.cancel_at_period_end, ending.cancel_at) == (False, ending["items"].data[0].current_period_end)
    assert "Keep the subscription" in browser.ask("GET").text
    browser.ask("POST", act="keep", subscription=made.id)
    assert shop.v1.subscriptions.retrieve(made.id).cancel_at is None
    nothing = shop.v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    closed = shop.v1.billing_portal.sessions.create({"customer": shop.customer, "configuration": nothing.id})
    Browser(closed.url).ask("POST", act="cancel", subscription=made.id)
    assert shop.v1.subscriptions.retrieve(made.id).cancel_at is None


def test_the_papers(fake_stripe: FakeStripe, shop: Any) -> None:
    shop.backend.set_card(shop.customer, "pm_card_visa")
    made = shop.v1.subscriptions.create(
        {"customer": shop.customer, "items": [{"price": shop.price}], "expand": ["latest_invoice.payments"]}
    )
    invoice = made.latest_invoice
    page = Browser(invoice.hosted_invoice_url).ask("GET")
    assert (page.status, invoice.number in page.text, "¥3,600.00" in page.text) == (200, True, True)
    paper = Browser(invoice.invoice_pdf).ask("GET")
    assert paper.body.startswith(b"%PDF-1.4")
    assert paper.body.rstrip().endswith(b"%%EOF")
    start = int(paper.body.rpartition(b"startxref\n")[2].split()[0])
    assert paper.body[start:].startswith(b"xref")
    intent = shop.v1.payment_intents.retrieve(
        invoice.payments.data[0].payment.payment_intent, {"expand": ["latest_charge"]}
    )
    assert "¥3,600.00" in Browser(intent.latest_charge.receipt_url).ask("GET").text
    assert Browser(fake_stripe.url + "/i/in_none").ask("GET").status == 404


def test_paying_an_open_invoice_on_its_page(shop: Any) -> None:
    made = shop.v1.subscriptions.create(
        {
            "customer": shop.customer,
            "items": [{"price": shop.price}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice"],
        }
    )
    page = Browser(made.latest_invoice.hosted_invoice_url).ask("POST", number="4000000000000002")
    assert (page.status, "declined" in page.text) == (402, True)
    assert page.ask("POST", number="4242424242424242").status == 303
    assert shop.v1.subscriptions.retrieve(made.id).status == "active"
