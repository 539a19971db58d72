"""The network in a real browser: application → review by keyboard → certificate → public check; the tree; the pages."""

import os
import re

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from tests.browser.house import DEMO_PASSWORD, House
from tests.browser.visitor import PHONE, WIDE, Visitor

OWNER = "owner@demo.example"
SHOTS = os.environ.get("SHOTS", "")  # a folder, to look at the pages oneself
PAGES = {
    "team": "/console/team/",
    "team-import": "/console/team/import/",
    "ending": "/console/team/ending/?days=90",
    "agents": "/console/agents/agent/",
    "review": "/console/review/",
    "ranking": "/console/ranking/?period=days_90&measure=team",
    "groups": "/console/agents/agentgroup/",
    "levels": "/console/agents/level/",
    "rules": "/console/level-rules/",
    "rule-editor": "/console/level-rules/new/",
    "proposals": "/console/level-proposals/",
    "recruiting": "/console/recruiting/",
    "consent": "/console/recruiting/consent/",
    "attribution": "/console/attribution/",
    "conflicts": "/console/attribution/log/?all=1",
    "compliance": "/console/compliance/",
}


@pytest.fixture(scope="module")
def house(demo_house: House) -> House:
    return demo_house


def shoot(visitor: Visitor, name: str) -> None:
    visitor.check_width()
    if SHOTS:
        visitor.page.wait_for_load_state("networkidle")
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def owner_at_work(house: House, browser: Browser, *, language: str, size: tuple[int, int]) -> Visitor:
    visitor = Visitor.arrive(browser, language=language, size=size)
    # The person's own language is Chinese; the cookie wins.
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": house.address("demo")}
    visitor.context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict is what it takes
    visitor.go(house.address("demo", "/console/login/"))
    visitor.page.fill("[name=username]", OWNER)
    visitor.page.fill("[name=password]", DEMO_PASSWORD)
    visitor.page.locator("#login-form [type=submit]").click()
    visitor.page.wait_for_url(f"**//demo.localhost:{house.port}/console/")
    return visitor


@pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", WIDE), ("en", PHONE)], ids=["chinese-wide", "english-phone"]
)
def test_every_page_is_whole(house: House, browser: Browser, language: str, size: tuple[int, int]) -> None:
    owner = owner_at_work(house, browser, language=language, size=size)
    for name, path in PAGES.items():
        owner.go(house.address("demo", path))
        shoot(owner, f"{name}-{language[:2]}")
    owner.go(house.address("demo", "/console/agents/agent/?q=HY005"))
    agent = owner.page.locator("#result_list a[href*='/change/']").first.get_attribute("href") or ""
    owner.go(house.address("demo", agent.partition("?")[0]))
    expect(owner.page.locator("#commissions")).to_be_visible()
    shoot(owner, f"agent-{language[:2]}")
    assert owner.complaints == []
    owner.context.close()


def test_from_an_application_to_the_public_check(house: House, browser: Browser) -> None:
    applicant = Visitor.arrive(browser, size=PHONE)
    applicant.go(house.address("demo", "/join/"))
    page = applicant.page
    page.fill("[name=name]", "沈小楼")
    page.fill("[name=phone]", "13912349999")
    page.fill("[name=wechat_id]", "shen_xiaolou")
    page.check("[name=consent]")
    shoot(applicant, "join")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/join/status/**")
    shoot(applicant, "join-status")
    assert applicant.complaints == []

    owner = owner_at_work(house, browser, language="zh-hans", size=WIDE)
    desk = owner.page
    owner.go(house.address("demo", "/console/review/"))
    desk.keyboard.press("?")
    expect(desk.locator("[data-review-keys]")).to_be_visible()
    desk.keyboard.press("Escape")
    first = desk.url
    desk.keyboard.press("j")
    desk.wait_for_url(re.compile(r"/console/review/\d+/$"))
    second = desk.url
    assert second != first
    desk.keyboard.press("k")
    desk.wait_for_url(lambda url: url != second)
    # The duplicate is refused: r, then 2.
    desk.locator(".bn-queue-list a", has_text="林彤").click()
    expect(desk.locator(".bn-twin-own")).to_be_visible()
    shoot(owner, "review-duplicate")
    twin = desk.url
    desk.keyboard.press("r")
    expect(desk.locator("[data-review-reason='1']")).to_be_focused()
    shoot(owner, "review-reject")
    desk.keyboard.press("2")
    desk.wait_for_url(lambda url: url != twin)
    # The new applicant is approved: a.
    desk.locator(".bn-queue-list a", has_text="沈小楼").click()
    expect(desk.locator("h2", has_text="沈小楼")).to_be_visible()
    desk.keyboard.press("a")
    expect(desk.locator(".bn-message")).to_have_value(re.compile(r"/console/password/reset/\?token="))
    shoot(owner, "review-approved")
    desk.locator(".bn-good a").last.click()
    desk.wait_for_url("**/change/")

    # The certificate, by a dialog of the agent's page.
    desk.locator("#certificates .bn-panel-acts a").first.click()
    expect(desk.locator("#modal-content #dialog")).to_be_visible()
    shoot(owner, "agent-dialog")
    desk.locator("#modal-content button[type=submit]").click()
    expect(desk.locator("#certificates .bn-panel-rows span", has_text=re.compile(r"^AC\d{8}-"))).to_be_visible()
    number = desk.locator("#certificates .bn-panel-rows .bn-rows-main > *").first.inner_text()
    with desk.expect_download() as download:
        desk.locator("#certificates .bn-panel-link").click()
    with open(download.value.path(), "rb") as certificate:
        assert certificate.read(5) == b"%PDF-"
    shoot(owner, "agent-new")
    assert owner.complaints == []
    owner.context.close()

    page.goto(house.address("demo", f"/verify/?q={number}"))
    expect(page.locator("main")).to_contain_text("沈")
    assert "沈小楼" not in applicant.words()  # no more than needed
    shoot(applicant, "verify")
    assert applicant.complaints == []
    applicant.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_tree_opens_moves_and_refuses_a_circle(house: House, browser: Browser, size: tuple[int, int]) -> None:
    owner = owner_at_work(house, browser, language="zh-hans", size=size)
    page = owner.page
    owner.go(house.address("demo", "/console/team/"))
    roots = page.locator(".bn-branch > .bn-node")
    expect(roots.first).to_be_visible()
    before = page.locator(".bn-node").count()
    toggle = page.locator("[data-tree-toggle]").first
    toggle.focus()
    page.keyboard.press("ArrowRight")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".bn-node .bn-node").first).to_be_visible()
    assert page.locator(".bn-node").count() > before
    shoot(owner, f"team-open-{size[0]}")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    # A root cannot go below a member of its own team: the dialog says so.
    below = page.locator(".bn-node .bn-node .bn-who .text-subtle").first.inner_text()
    page.locator(".bn-move").first.click()
    field = page.locator("#modal-content [name=sponsor_code]")
    expect(field).to_be_visible()
    field.fill(below)
    page.locator("#modal-content button[type=submit]").click()
    expect(page.locator("#modal-content .bn-dialog-form")).to_contain_text("下")
    shoot(owner, f"team-refused-{size[0]}")
    page.keyboard.press("Escape")
    # Search jumps to the member and opens the way.
    page.fill("#team-search", "HY050")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/team/?focus=*")
    expect(page.locator(".bn-focus")).to_contain_text("HY050")
    shoot(owner, f"team-found-{size[0]}")
    page.locator("[data-tree-all]").first.click()
    expect(page.locator(".bn-branch .bn-branch .bn-node").nth(1)).to_be_visible()
    assert owner.complaints == []
    owner.context.close()


def test_a_rule_is_looked_at_before_it_is_saved(house: House, browser: Browser) -> None:
    owner = owner_at_work(house, browser, language="zh-hans", size=WIDE)
    page = owner.page
    owner.go(house.address("demo", "/console/level-rules/new/"))
    page.fill("[name=name]", "区域升总代")
    page.select_option("[name=from_level_id]", label="区域代理")
    page.select_option("[name=to_level_id]", label="总代")
    page.select_option("[name=measure]", "team")
    page.select_option("[name=period]", "rolling")
    page.fill("[name=rolling_days]", "60")
    page.fill("[name=threshold]", "500")
    page.locator("button[value=preview]").click()
    expect(page.locator("#preview .bn-rows li").first).to_be_visible()
    shoot(owner, "rule-preview")
    page.locator("button[value=save]").click()
    page.wait_for_url("**/console/level-rules/")
    expect(page.locator(".bn-rules")).to_contain_text("区域升总代")
    owner.go(house.address("demo", "/console/level-proposals/"))
    page.check("[data-ticks-all]")
    assert page.locator("[name=proposal]:checked").count() == page.locator("[name=proposal]").count() > 0
    assert owner.complaints == []
    owner.context.close()
