"""The prices' pages on a phone: a change is drafted, looked at and dropped; nothing scrolls sideways or complains."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.house import House
from tests.browser.test_first_sale import sign_up
from tests.browser.visitor import PHONE, Visitor


def test_prices_on_a_phone(house: House, browser: Browser) -> None:
    visitor = Visitor.arrive(browser, size=PHONE)
    page = visitor.page
    sign_up(house, visitor, slug="prices")
    for path in ("pricing/matrix/", "insights/outside-sales/", "pricing/pricechange/", "pricing/categorydiscount/"):
        visitor.go(house.address("prices", f"/console/{path}"))
    visitor.go(house.address("prices", "/console/pricing/pricechange/add/"))
    page.fill("[name=name]", "秋季调价")
    page.fill("[name=effective_at]", "2099-09-01T00:00")
    page.locator("#content form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/console/pricing/changes/\d+/$"))
    visitor.check_width()
    assert "秋季调价" in visitor.words()
    assert "2099" in visitor.words()
    cancel = page.locator("button[name=action][value=cancel]")
    cancel.click()
    expect(cancel).to_have_count(0)
    assert visitor.complaints == []
    visitor.context.close()
