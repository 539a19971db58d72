"""Order entry on a phone: a scan, Ctrl+Enter, and errors at their fields."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import DEMO_PASSWORD, House
from tests.browser.visitor import PHONE, Visitor


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


class Clerk:
    """A visitor who touches no mouse; keys and requests are counted."""

    def __init__(self, visitor: Visitor) -> None:
        self.page: Page = visitor.page
        self.keys = 0
        self.requests = 0
        self.page.on("request", lambda request: self._count("/orders/new/" in request.url))

    def _count(self, is_ours: bool) -> None:
        self.requests += is_ours

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)


def enter(house: House, visitor: Visitor, who: str) -> None:
    visitor.go(house.address("demo", "/console/login/"))
    visitor.page.fill("[name=username]", f"{who}@demo.example")
    visitor.page.fill("[name=password]", DEMO_PASSWORD)
    visitor.page.click("#login-form [type=submit]")
    visitor.page.wait_for_url("**/console/")
    visitor.go(house.address("demo", "/console/orders/new/"))


def test_what_is_typed_stays_when_it_is_refused(house: House, browser: Browser) -> None:
    visitor = Visitor.arrive(browser, size=PHONE, language="en")
    enter(house, visitor, "sales")
    page = visitor.page
    clerk = Clerk(visitor)
    page.focus("#find")
    clerk.type("HY-LP01-1")
    clerk.press("Enter")
    expect(page.locator("#lines > li")).to_have_count(1)
    clerk.type("99999")
    page.fill("#address", "1 Long Road")
    page.fill("#region", "Atlantis")
    expect(page.locator("#lines .bn-alarm")).not_to_have_text("")
    clerk.press("Control+Enter")
    expect(page.locator("[data-error~=region]")).not_to_have_text("")
    page.fill("#region", "")
    clerk.press("Control+Enter")
    expect(page.locator("#lines [aria-invalid=true]")).to_have_count(1)
    expect(page.locator("#address")).to_have_value("1 Long Road")
    visitor.check_width()
    refused = [complaint for complaint in visitor.complaints if "orders/new/place" not in complaint]
    assert [complaint for complaint in refused if "status of 4" not in complaint] == []
    visitor.context.close()
