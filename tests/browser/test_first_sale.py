"""The whole way, as a person walks it: sign up, enter the console, import orders, see them and their sales."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.house import House
from tests.browser.visitor import PHONE, WIDE, Visitor

PASSWORD = "qing-he-2026-!!"
WORKER_MS = 90_000  # the worker may still be starting


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
    page.check("#id_accepts_terms")
    page.locator("main form[method=post] button[type=submit]").click()
    page.wait_for_url(f"**//{slug}.localhost:{house.port}/console/", timeout=WORKER_MS)
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


@pytest.mark.parametrize("typed", ["before", "into", "after"])
def test_a_proposed_address_never_mixes_with_a_typed_one(house: House, browser: Browser, typed: str) -> None:
    """The proposal comes while the field is empty, half typed or waiting for its first letter."""
    visitor = Visitor.arrive(browser)
    visitor.go(house.address(path="/signup/"))
    page = visitor.page
    held: list[Route] = []
    page.route("**/*name=*", lambda route: held.append(route))
    page.fill("#id_name", "青禾美妆")
    page.focus("#id_slug")
    while not held:
        page.wait_for_timeout(20)
    if typed == "before":
        page.keyboard.type("mine")
    elif typed == "into":
        page.keyboard.type("mi")
    with page.expect_response("**/*name=*") as proposal:
        held[0].continue_()
    proposed = proposal.value.json()["slug"]
    if typed == "after":
        expect(page.locator("#id_slug")).to_have_value(proposed)
        page.keyboard.type("mine")
    elif typed == "into":
        page.keyboard.type("ne")
    expect(page.locator("#slug-verdict")).to_be_visible()
    expect(page.locator("#id_slug")).to_have_value("mine")
    assert visitor.complaints == []
    visitor.context.close()


def orders_file(folder: Path) -> Path:
    """Three orders of today as a shop's own export has them, and two lines nobody can import."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    lines = [
        "订单号,商品编码,商品名称,数量,单价,下单时间,收货人,手机号",
        f"TB-1001,QH-01,补水面膜,2,39.00,{now:%Y-%m-%d} 00:01:00,李静,13800000001",
        f"TB-1001,QH-02,氨基酸洁面乳,1,68.50,{now:%Y-%m-%d} 00:01:00,李静,13800000001",
        f"TB-1002,QH-01,补水面膜,10,35.00,{now:%Y-%m-%d} 00:02:00,陈晓,13800000002",
        f"TB-1003,QH-03,烟酰胺精华,1,128.00,{now:%Y-%m-%d} 00:03:00,黄蕾,13800000003",
        f"TB-1004,QH-01,补水面膜,many,39.00,{now:%Y-%m-%d} 00:04:00,周敏,13800000004",
        "TB-1005,QH-04,身体乳,1,59.00,some day,吴倩,13800000005",
    ]
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")  # what Excel in China writes
    return path


def test_imported_orders_become_sales(house: House, browser: Browser, tmp_path: Path) -> None:
    visitor = Visitor.arrive(browser)
    page = visitor.page
    sign_up(house, visitor, slug="importer")

    page.locator("#nav-sidebar a[href$='/console/orders/order/']").first.click()
    page.wait_for_url("**/console/orders/order/")
    page.locator("#nav-sidebar a[href$='/console/imports/new/orders/']").click()
    page.wait_for_url("**/console/imports/new/orders/")
    page.fill("[name=new_channel]", "Taobao")
    page.set_input_files("[name=file]", orders_file(tmp_path))
    page.locator("#content form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/console/imports/\d+/$"))

    # The dry run is done by the worker; the page follows it and loads anew by itself.
    commit = page.locator("button[name=action][value=commit]")
    expect(commit).to_be_visible(timeout=WORKER_MS)
    expect(page.locator("[data-part=rejected]")).to_have_text("2")
    visitor.check_width()
    with page.expect_download() as download:
        page.locator("[data-part=errors]").click()
    refused = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "TB-1004" in refused
    assert "TB-1005" in refused
    assert "TB-1001" not in refused

    commit.click()
    seen = page.locator("[data-part=done]")
    expect(seen).to_be_visible(timeout=WORKER_MS)
    expect(page.locator("[data-part=imported]")).to_have_text("4")
    seen.click()
    page.wait_for_url("**/console/orders/order/")
    expect(page.locator("#result_list tbody tr.data-row, #result_list tbody tr")).to_have_count(3)
    page.locator("#result_list a", has_text=re.compile(r"\d{8}-\d+|TB-")).first.click()
    page.wait_for_url("**/change/")
    assert "补水面膜" in visitor.words() or "烟酰胺精华" in visitor.words()

    visitor.go(house.address("importer", "/console/"))
    assert "¥624.50" in visitor.words()  # 78.00 + 68.50 + 350.00 + 128.00
    assert visitor.complaints == []
    visitor.context.close()
