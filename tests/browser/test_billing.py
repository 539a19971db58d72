"""Choosing and paying a plan as an owner does it: our pages, the fake Stripe's pay page, and back again."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect

from sandbox.stripe.fake import FakeStripe
from tests.browser.house import House
from tests.browser.test_first_sale import PASSWORD, WORKER_MS, sign_up
from tests.browser.visitor import PHONE, WIDE, Visitor

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
ASKS = "4000 0025 0000 3155"


@dataclass(frozen=True)
class Town:
    """A house with a payment service beside it."""

    house: House
    stripe: FakeStripe


@pytest.fixture(scope="module")
def town(chromium: str) -> Iterator[Town]:
    """Both are real servers; webhooks go from one to the other."""
    parameters = connections["default"].get_connection_params()
    with FakeStripe(ticking=True) as stripe:
        settings = {
            "STRIPE_API_KEY": stripe.api_key,
            "STRIPE_API_BASE": stripe.url,
            "STRIPE_WEBHOOK_SECRETS": stripe.webhook_secret,
        }
        with House(server=parameters, settings=settings) as house:
            stripe.set_webhook_url(house.address(path="/webhooks/stripe"))
            stripe.resume_webhooks()
            yield Town(house, stripe)


@dataclass
class Owner:
    """The owner of a brand at the screen."""

    town: Town
    slug: str
    visitor: Visitor

    @classmethod
    def sign_up(cls, town: Town, browser: Browser, slug: str, *, language: str, size: tuple[int, int]) -> "Owner":
        """A new brand and its owner, signed in."""
        visitor = Visitor.arrive(browser, language=language, size=size)
        sign_up(town.house, visitor, slug=slug)
        return cls(town, slug, visitor)

    def go(self, path: str) -> None:
        """Open a page of the brand's console."""
        self.visitor.go(self.town.house.address(self.slug, path))

    def end_trial(self) -> None:
        """Let the trial have ended an hour ago: what is chosen now is paid now. Billing's pages read the row anew."""
        ended = datetime.now(UTC) - timedelta(hours=1)
        self.town.house.execute("UPDATE tenants_brand SET trial_ends_at = %s WHERE slug = %s", [ended, self.slug])

    def choose(self, plan: str, interval: str = "year") -> None:
        """Press the plan's button and arrive at the pay page."""
        self.go(f"/console/billing/plans/?interval={interval}")
        page = self.visitor.page
        page.locator(f"form:has(input[name=plan][value={plan}]) button").click()
        page.wait_for_url(f"{self.town.stripe.url}/pay/**")

    def pay(self, number: str) -> None:
        """Type a card on the pay page and send it."""
        page = self.visitor.page
        page.fill("#number", number)
        page.locator("form button[type=submit]").click()

    def arrive_at_plan(self) -> None:
        """Back on our plan page."""
        self.visitor.page.wait_for_url(self.town.house.address(self.slug, "/console/billing/"))
        self.visitor.check_width()

    def complaints(self) -> list[str]:
        """Return errors on our own pages, except 402, the pay page's answer to a declined card."""
        return [line for line in self.visitor.complaints if self.town.stripe.url not in line]


@pytest.mark.parametrize(
    ("language", "size", "free", "state"),
    [
        ("zh-hans", WIDE, "标准版", "试用中"),
        ("en", PHONE, "Standard is yours. The first payment is taken on", "On trial"),
    ],
    ids=["chinese-wide", "english-phone"],
)
def test_an_owner_on_trial_chooses_a_plan_and_pays(
    town: Town, browser: Browser, language: str, size: tuple[int, int], free: str, state: str
) -> None:
    owner = Owner.sign_up(town, browser, f"payer{language[:2]}", language=language, size=size)
    owner.go("/console/billing/")
    owner.choose("standard")
    owner.pay(GOOD)
    owner.arrive_at_plan()
    assert free in owner.visitor.words()
    expect(owner.visitor.page.locator(".bn-plan-head")).to_contain_text(state)
    for path in ("plans/", "plans/?interval=month", "export/", "close/", "domains/", "cancel/"):
        owner.go(f"/console/billing/{path}")
    assert owner.complaints() == []
    owner.visitor.context.close()


def test_a_declined_card_and_one_that_asks_the_bank(town: Town, browser: Browser) -> None:
    owner = Owner.sign_up(town, browser, "carefulbank", language="en", size=PHONE)
    owner.end_trial()
    owner.go("/console/billing/")
    assert "The trial is over" in owner.visitor.words()
    owner.choose("basic", "month")
    page = owner.visitor.page
    owner.pay(DECLINED)
    expect(page.locator("[role=alert]")).to_be_visible()
    owner.pay(ASKS)
    page.locator("button[name=answer][value=confirm]").click()
    owner.arrive_at_plan()
    assert "Thank you. Basic is active." in owner.visitor.words()
    expect(page.locator("#invoices")).to_contain_text("¥360")
    assert owner.complaints() == []
    owner.visitor.context.close()


def test_whoever_leaves_the_pay_page_has_paid_nothing(town: Town, browser: Browser) -> None:
    owner = Owner.sign_up(town, browser, "hesitates", language="en", size=WIDE)
    owner.choose("premium")
    owner.visitor.page.locator("a[href$='/cancel']").click()
    owner.visitor.page.wait_for_url("**/console/billing/plans/")
    assert "Nothing was paid" in owner.visitor.words()
    assert owner.complaints() == []
    owner.visitor.context.close()


def test_the_payer_does_not_wait_for_a_webhook(town: Town, browser: Browser) -> None:
    owner = Owner.sign_up(town, browser, "nowebhooks", language="en", size=WIDE)
    owner.end_trial()
    town.stripe.pause_webhooks()
    try:
        owner.choose("basic")
        owner.pay(GOOD)
        owner.arrive_at_plan()
        assert "Thank you. Basic is active." in owner.visitor.words()
        expect(owner.visitor.page.locator("#invoices")).to_contain_text("¥3,600")
    finally:
        town.stripe.resume_webhooks()
    assert owner.complaints() == []
    owner.visitor.context.close()


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh-hans", PHONE)], ids=["wide", "phone"])
def test_an_upgrade_shows_its_price_and_a_downgrade_its_day(
    town: Town, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    owner = Owner.sign_up(town, browser, f"grower{language[:2]}", language=language, size=size)
    owner.end_trial()
    owner.choose("basic")
    owner.pay(GOOD)
    owner.arrive_at_plan()
    page = owner.visitor.page

    owner.go("/console/billing/plans/premium/year/")
    due = page.locator("tfoot .bn-amount").inner_text()
    assert re.fullmatch(r"¥16,(199|200)(\.\d\d)?", due), due  # 19,800 less the year that was just paid
    confirm = page.locator("form button.bn-button-primary")
    expect(confirm).to_contain_text(due)
    confirm.click()
    owner.arrive_at_plan()
    expect(page.locator(".bn-plan-head h2")).to_have_text(re.compile("Premium|高级版"))
    expect(page.locator("#invoices")).to_contain_text(due)

    owner.go("/console/billing/plans/basic/year/")
    assert page.locator("tfoot").count() == 0
    expect(page.locator(".bn-caution li").first).to_be_visible()
    page.locator("form button.bn-button-primary").click()
    owner.arrive_at_plan()
    page.locator("form[action$='plans/undo/'] button").click()
    owner.arrive_at_plan()
    expect(page.locator(".bn-plan-head h2")).to_have_text(re.compile("Premium|高级版"))
    assert page.locator("form[action$='plans/undo/']").count() == 0
    assert owner.complaints() == []
    owner.visitor.context.close()


def test_the_portal_opens_and_leads_back(town: Town, browser: Browser) -> None:
    owner = Owner.sign_up(town, browser, "cardholder", language="en", size=WIDE)
    owner.choose("standard", "month")
    owner.pay(GOOD)
    owner.arrive_at_plan()
    page = owner.visitor.page
    page.locator("form[action$='portal/'] button").click()
    page.wait_for_url(f"{town.stripe.url}/**")
    page.get_by_text("Back", exact=True).click()
    owner.arrive_at_plan()
    assert owner.complaints() == []
    owner.visitor.context.close()


def test_an_owner_takes_everything_along_closes_the_account_and_keeps_it(town: Town, browser: Browser) -> None:
    owner = Owner.sign_up(town, browser, "leaver", language="en", size=PHONE)
    owner.go("/console/billing/export/")
    page = owner.visitor.page
    page.locator("#content form button").click()
    # The worker makes it; the page looks again by itself.
    link = page.locator("a[href$='/download/']")
    expect(link).to_be_visible(timeout=WORKER_MS)
    with page.expect_download() as download:
        link.click()
    assert zipfile.is_zipfile(download.value.path())
    owner.go("/console/billing/close/")
    page.fill("[name=name]", "青禾美妆 leaver")
    page.fill("[name=password]", PASSWORD)
    page.locator("button.bn-button-danger").click()
    expect(page.locator("form[action$='close/undo/'] button")).to_be_visible()
    expect(page.locator(".bn-banner")).to_contain_text("The owner closes this account on")
    page.locator("form[action$='close/undo/'] button").click()
    owner.arrive_at_plan()
    assert "Your account stays open." in owner.visitor.words()
    assert owner.complaints() == []
    owner.visitor.context.close()


@pytest.mark.parametrize(("language", "size"), [("zh-hans", PHONE), ("en", WIDE)], ids=["phone", "wide"])
def test_the_price_list_fits_every_window(town: Town, browser: Browser, language: str, size: tuple[int, int]) -> None:
    visitor = Visitor.arrive(browser, language=language, size=size)
    visitor.go(town.house.address())
    visitor.page.locator(".bn-hero a[href='/pricing/']").click()
    visitor.page.wait_for_url("**/pricing/")
    visitor.check_width()
    visitor.page.locator(".bn-switch a").nth(1).click()
    visitor.page.wait_for_url("**/pricing/?interval=month")
    assert "¥1,980" in visitor.words()
    visitor.page.locator(".bn-offer a.bn-button").first.click()
    visitor.page.wait_for_url("**/signup/")
    assert visitor.complaints == []
    visitor.context.close()
