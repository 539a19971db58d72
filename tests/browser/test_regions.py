"""Three columns of regions over the public application's field, on a phone and by keyboard."""

from playwright.sync_api import Browser, expect

from tests.browser.house import House
from tests.browser.test_first_sale import sign_up
from tests.browser.visitor import PHONE, Visitor


def test_a_region_is_picked_from_columns(house: House, browser: Browser) -> None:
    visitor = Visitor.arrive(browser, size=PHONE)
    page = visitor.page
    sign_up(house, visitor, slug="regions")
    visitor.go(house.address("regions", "/join/"))
    field = page.locator("[name=region_code]")
    page.locator(".bn-region-button").click()
    sheet = page.locator("dialog.bn-region-sheet")
    use = sheet.locator("button.bn-button-primary")
    expect(use).to_be_disabled()
    sheet.get_by_role("option", name="广东省", exact=True).click()
    sheet.get_by_role("option", name="深圳市", exact=True).click()
    sheet.get_by_role("option", name="南山区", exact=True).click()
    visitor.check_width()
    use.click()
    expect(field).to_have_value("广东省 深圳市 南山区")
    expect(field).to_be_focused()
    # A municipality has no city to choose; the columns open where the field stands.
    page.locator(".bn-region-button").click()
    expect(sheet.get_by_role("option", name="南山区", exact=True)).to_have_attribute("aria-selected", "true")
    sheet.get_by_role("option", name="北京市", exact=True).click()
    expect(sheet.get_by_role("option", name="市辖区", exact=True)).to_have_attribute("aria-selected", "true")
    sheet.get_by_role("option", name="朝阳区", exact=True).focus()
    page.keyboard.press("Enter")
    use.click()
    expect(field).to_have_value("北京市 朝阳区")
    page.locator(".bn-region-button").click()
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()
    assert visitor.complaints == []
    visitor.context.close()
