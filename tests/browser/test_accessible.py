"""Both consoles by keyboard and screen reader: axe on their pages, wide and on a phone; focus in menus and dialogs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.house import DEMO_PASSWORD, House
from tests.browser.test_support_session import staff_at_work
from tests.browser.visitor import PHONE, WIDE, Visitor

SERIOUS = {"serious", "critical"}
BRAND_PAGES = (
    "",
    "orders/order/",
    "catalog/product/",
    "catalog/product/1/change/",
    "catalog/products/1/pictures/",
    "pricing/matrix/",
    "inventory/stock/",
    "inventory/stock/receive/",
    "agents/agent/",
    "agents/agent/1/change/",
    "team/",
    "review/",
    "compliance/",
    "customers/customer/",
    "commissions/payout/add/",
    "imports/new/orders/",
    "billing/",
    "support/",
    "accounts/user/add/",
)
PLATFORM_PAGES = (
    "",
    "tenants/brand/",
    "tenants/brand/1/change/",
    "business/",
    "fleet/",
    "billing/plan/",
    "support/ticket/",
)


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


def owner_at_work(house: House, browser: Browser, size: tuple[int, int], language: str = "zh-hans") -> Visitor:
    owner = Visitor.arrive(browser, size=size, language=language)
    owner.go(house.address("demo", "/console/login/"))
    owner.page.fill("[name=username]", "owner@demo.example")
    owner.page.fill("[name=password]", DEMO_PASSWORD)
    owner.page.click("#login-form [type=submit]")
    owner.page.wait_for_url("**/console/")
    return owner


def find_faults(visitor: Visitor) -> list[str]:
    """Return what axe calls serious or critical on the open page, targets under 24 px too."""
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    found = Axe().run(visitor.page, options=options).response["violations"]
    return [
        f"{visitor.page.url} {fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(house: House, browser: Browser, size: tuple[int, int]) -> None:
    faults = []
    owner = owner_at_work(house, browser, size)
    for path in BRAND_PAGES:
        owner.go(house.address("demo", f"/console/{path}"))
        owner.page.wait_for_load_state("networkidle")
        faults += find_faults(owner)
    staff = staff_at_work(house, browser, language="zh-hans", size=size)
    for path in PLATFORM_PAGES:
        staff.go(house.address(path=f"/console/{path}"))
        staff.page.wait_for_load_state("networkidle")
        faults += find_faults(staff)
    assert faults == []
    assert owner.complaints == staff.complaints == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_dark_pages_can_be_read(house: House, browser: Browser, size: tuple[int, int]) -> None:
    owner = owner_at_work(house, browser, size)
    owner.page.emulate_media(color_scheme="dark")
    faults = []
    for path in ("", "orders/order/", "orders/order/1/change/", "catalog/product/1/change/", "kernel/auditrecord/"):
        owner.go(house.address("demo", f"/console/{path}"))
        owner.page.wait_for_load_state("networkidle")
        assert "dark" in str(owner.page.get_attribute("html", "class"))
        faults += find_faults(owner)
    assert faults == []


def test_the_first_tab_leads_to_the_content(house: House, browser: Browser) -> None:
    page = owner_at_work(house, browser, WIDE).page
    page.keyboard.press("Tab")
    expect(page.locator(".bn-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_the_focus_goes_into_a_dialog_and_back(house: House, browser: Browser) -> None:
    owner = owner_at_work(house, browser, WIDE)
    page = owner.page
    owner.go(house.address("demo", "/console/agents/agent/1/change/"))
    opener = page.locator("#content a[aria-haspopup=dialog]").first
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#modal-content")
    expect(dialog.locator("form")).to_be_visible()
    assert dialog.get_attribute("aria-modal") == "true"
    for _press in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('#page')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_menu_of_a_phone_is_a_button(house: House, browser: Browser) -> None:
    page = owner_at_work(house, browser, PHONE).page
    menu = page.locator("#bn-menu")
    assert menu.get_attribute("aria-expanded") == "false"
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bn-menu-close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.locator(".bn-phone-bar-plus").click()
    expect(page.locator("#bn-acts a").first).to_be_visible()


def test_a_link_leads_on_without_a_dialog(house: House, browser: Browser) -> None:
    owner = owner_at_work(house, browser, WIDE)
    owner.go(house.address("demo", "/console/catalog/product/"))
    with owner.page.expect_download():
        owner.page.locator("a[href$='/export_products/']").first.click()
    expect(owner.page.locator("#modal-content")).to_be_hidden()
    owner.page.locator("a[href$='/import_products/']").first.click()
    owner.page.wait_for_url("**/console/imports/new/products/")
