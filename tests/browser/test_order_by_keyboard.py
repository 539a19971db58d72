"""An order is entered by keyboard alone: a pasted text and Ctrl+Enter."""

import os
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House
from tests.browser.visitor import WIDE, Visitor

PASSWORD = "only-for-order-entry-2026"
TEXT = "张三 13800000000 广东省深圳市南山区科技园1栋 丝绒雾面口红 正红2"
MAX_KEYS = 10


@pytest.fixture(scope="module")
def house(chromium: str) -> Iterator[House]:
    """Banyan with the demo brand: its goods, prices, agents and customers."""
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    with House(server=connections["default"].get_connection_params(), demo_password=PASSWORD) as house:
        yield house


class Clerk:
    """A visitor who touches no mouse; keys are counted."""

    def __init__(self, visitor: Visitor) -> None:
        self.page: Page = visitor.page
        self.keys = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def paste(self, text: str) -> None:
        """Paste into the field that has the focus, as Ctrl+V does."""
        self.keys += 1
        self.page.evaluate(
            """text => {
                const field = document.activeElement;
                field.value = text;
                field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
            }""",
            text,
        )


def enter(house: House, visitor: Visitor, who: str) -> None:
    visitor.go(house.address("demo", "/console/login/"))
    visitor.page.fill("[name=username]", f"{who}@demo.example")
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.click("#login-form [type=submit]")
    visitor.page.wait_for_url("**/console/")
    visitor.go(house.address("demo", "/console/orders/new/"))


def test_an_order_is_entered_by_keyboard_alone(house: House, browser: Browser) -> None:
    visitor = Visitor.arrive(browser, size=WIDE, language="zh-hans")
    enter(house, visitor, "owner")
    page = visitor.page
    clerk = Clerk(visitor)

    # The cursor waits in the box for a chat text: goods, receiver and region are read.
    clerk.paste(TEXT)
    expect(page.locator("#receiver-name")).to_have_value("张三")
    expect(page.locator("#region")).to_have_value("广东省 深圳市 南山区")
    if page.locator("#read-goods button").count():
        clerk.press("Enter")  # the focus is on the first of the articles that may be meant
    expect(page.locator("#lines > li")).to_have_count(1)
    expect(page.locator("#total")).not_to_have_text("–")
    clerk.press("Control+Enter")
    expect(page.locator("#placed")).to_be_visible()
    assert clerk.keys <= MAX_KEYS
    visitor.context.close()
