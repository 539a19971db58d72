"""An after-sale in a browser: a return asked for on the order's page, received, inspected and paid back."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House
from tests.browser.test_network import owner_at_work
from tests.browser.visitor import PHONE, WIDE

PICTURES = os.environ.get("AFTER_SALE_PICTURES", "")  # a folder, for whoever wants to look


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


def press(page: Page, act: str, language: str, **filled: str) -> None:
    """Open the act's dialog, fill it in and press its button."""
    page.locator(f"#content a[aria-haspopup=dialog][href*='/{act}/']").first.click()
    dialog = page.locator("#modal-content #dialog")
    expect(dialog).to_be_visible()
    for name, value in filled.items():
        field = page.locator(f"#modal-content [name={name}]")
        if value == "on":
            field.check()
        else:
            field.fill(value)
    picture(page, f"{act}-{language}")
    page.locator("#dialog-submit").click()
    expect(dialog).to_be_hidden()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("language", "size"), [("zh-hans", WIDE), ("en", PHONE)])
def test_goods_come_back_and_the_money_goes(
    house: House, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    owner = owner_at_work(house, browser, language=language, size=size)
    page = owner.page
    owner.go(
        house.address("demo", "/console/orders/order/?fulfilment_state__exact=delivered&payment_state__exact=paid")
    )
    link = page.locator("#result_list a[href*='/orders/order/'][href*='/change/']").nth(0 if size == WIDE else 1)
    owner.go(house.address("demo", str(link.get_attribute("href")).partition("?")[0]))
    picture(page, f"order-{language}")
    page.locator("#after_sales a[href*='/ask_return/']").click()
    dialog = page.locator("#modal-content #dialog")
    expect(dialog).to_be_visible()
    page.locator("#modal-content [name=everything]").check()
    page.locator("#modal-content [name=reason]").select_option("quality")
    late = page.locator("#modal-content [name=late_reason]")
    if late.count():
        late.fill("VIP")
    picture(page, f"ask_return-{language}")
    page.locator("#dialog-submit").click()
    page.wait_for_url(re.compile(r"/orders/aftersale/\d+/change/"))
    press(page, "approve", language)
    press(page, "goods_sent", language, carrier="SF", tracking_number="SF2026001")
    press(page, "receive", language)
    press(page, "inspect", language, everything="on")
    picture(page, f"after_sale-{language}")
    page.locator("#content a[aria-haspopup=dialog][href*='/pay_back/']").first.click()
    button = page.locator("#dialog-submit")
    expect(button).to_be_visible()
    page.locator("#modal-content [name=amount]").press_sequentially("1.50", delay=30)
    expect(button).to_have_text(re.compile(r"¥1\.50"))
    button.click()
    expect(page.locator("#modal-content #dialog")).to_be_hidden()
    expect(page.locator("#money")).to_contain_text("¥1.50")
    picture(page, f"after_sale-done-{language}")
    owner.go(house.address("demo", "/console/orders/aftersale/"))
    expect(page.locator("#result_list")).to_contain_text("AS")
    picture(page, f"queue-{language}")
    assert owner.complaints == []
    owner.context.close()
