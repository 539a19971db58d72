"""The refund's dialog in a browser: the button says the sum that is typed, and that sum goes back."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House
from tests.browser.test_network import owner_at_work
from tests.browser.visitor import WIDE


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


def open_dialog(page: Page) -> Decimal:
    """Open the order's refund dialog; returns what is left to refund."""
    page.locator("#content a[aria-haspopup=dialog][href*='/refund/']").first.click()
    dialog = page.locator("#modal-content #dialog")
    expect(dialog).to_be_visible()
    told = re.search(r"全部[^¥]*¥([\d,]+\.\d\d)", dialog.inner_text())
    assert told is not None, dialog.inner_text()
    return Decimal(told[1].replace(",", ""))


def test_the_sum_follows_the_typing_and_is_what_is_refunded(house: House, browser: Browser) -> None:
    owner = owner_at_work(house, browser, language="zh-hans", size=WIDE)
    page = owner.page
    owner.go(house.address("demo", "/console/orders/order/?waits_for=shipment"))
    links = page.locator("#result_list a[href*='/orders/order/'][href*='/change/']")
    orders = dict.fromkeys(str(one.get_attribute("href")).partition("?")[0] for one in links.all())
    left = Decimal(0)
    for order in orders:
        owner.go(house.address("demo", order))
        left = open_dialog(page)
        if left > 50:
            break
    assert left > 50
    button = page.locator("#dialog-submit")
    assert "¥" not in button.inner_text()
    page.locator("#modal-content [name=amount]").press_sequentially("50", delay=30)
    expect(button).to_have_text(re.compile(r"^\s*退款\s+¥50\.00\s*$"))
    button.click()
    expect(page.locator("#modal-content #dialog")).to_be_hidden()
    expect(page.locator("body")).to_contain_text(re.compile(r"退款单 ?RF\d+.*¥50\.00|RF\d+.*¥50\.00"))
    assert open_dialog(page) == left - 50
    assert owner.complaints == []
    owner.context.close()
