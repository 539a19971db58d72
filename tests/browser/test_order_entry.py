"""Order entry: by keyboard alone, by scanner, and on a phone with errors at their fields."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import DEMO_PASSWORD, House
from tests.browser.visitor import PHONE, WIDE, Visitor

TEXT = "张三 13800000000 广东省深圳市南山区科技园1栋 丝绒雾面口红 正红2"
MAX_KEYS = 10


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


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
    visitor.page.fill("[name=password]", DEMO_PASSWORD)
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


def test_what_is_typed_stays_when_it_is_refused(house: House, browser: Browser) -> None:
    visitor = Visitor.arrive(browser, size=PHONE, language="en")
    enter(house, visitor, "sales")
    page = visitor.page
    clerk = Clerk(visitor)
    page.focus("#find")
    page.keyboard.type("HY-LP01-1")
    clerk.press("Enter")
    expect(page.locator("#lines > li")).to_have_count(1)
    page.keyboard.type("99999")
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


def test_a_scanner_needs_no_hand_between_codes(house: House, browser: Browser) -> None:
    """It types a code and Enter, wherever the cursor is."""
    visitor = Visitor.arrive(browser, size=WIDE)
    enter(house, visitor, "sales")
    page = visitor.page
    lines = page.locator("#lines > li")
    page.focus("#find")
    for code, count in (("HY-LP01-1", 1), ("HY-LP01-2", 2), ("HY-LP01-3", 3), ("HY-LP01-1", 3)):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        expect(page.locator("#find")).to_have_value("")
        expect(lines).to_have_count(count)
        expect(page.locator(f"#lines > li[data-sku={code}] [inputmode=numeric]")).to_be_focused()
    quantities = page.locator("#lines [inputmode=numeric]")
    assert [quantities.nth(place).input_value() for place in range(3)] == ["2", "1", "1"]
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator("#find")).to_be_focused()
    assert [quantities.nth(place).input_value() for place in range(3)] == ["12", "1", "1"]
    assert visitor.complaints == []
    visitor.context.close()
