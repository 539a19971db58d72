"""The whole way, as a person walks it: sign up, enter the console, import orders, see them and their sales."""

import pytest
from browser.house import House
from browser.visitor import PHONE, WIDE, Visitor
from playwright.sync_api import Browser, expect

PASSWORD = "qing-he-2026-!!"


def sign_up(house: House, visitor: Visitor, *, slug: str) -> None:
    """Fill the sign-up page and arrive in the new brand's console."""
    visitor.go(house.address(path="/signup/"))
    page = visitor.page
    page.fill("#id_name", f"青禾美妆 {slug}")
    page.fill("#id_slug", slug)
    expect(page.locator("#slug-verdict")).to_be_visible()
    page.fill("#id_owner_name", "王芳")
    page.fill("#id_email", f"fang@{slug}.example")
    page.fill("#id_password", PASSWORD)
    page.locator("main form[method=post] button[type=submit]").click()
    page.wait_for_url(f"**//{slug}.localhost:{house.port}/console/")
    visitor.check_width()


@pytest.mark.parametrize(
    ("language", "size", "word"),
    [("zh-hans", WIDE, "新手任务"), ("en", PHONE, "First steps")],
    ids=["chinese-wide", "english-phone"],
)
def test_a_brand_signs_up_and_enters_its_console(
    house: House, browser: Browser, language: str, size: tuple[int, int], word: str
) -> None:
    visitor = Visitor.arrive(browser, language=language, size=size)
    visitor.go(house.address())
    visitor.page.locator(".bn-hero a.bn-button-primary").click()
    visitor.page.wait_for_url("**/signup/")
    slug = f"first{language[:2]}"
    sign_up(house, visitor, slug=slug)
    assert word in visitor.words()
    assert visitor.complaints == []
    visitor.context.close()
