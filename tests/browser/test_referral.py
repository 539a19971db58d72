"""A link opened on a phone inside WeChat: the cookie gets lost, the parameter does not."""

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import ROOT, House
from tests.browser.visitor import PHONE, Visitor

SLUG = "wechat"
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)
FOUND_BRAND = """
from kernel.core import clock
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.services import provisioning
from tenant_apps.agents.services import enrolment, levels, lifecycle
from tenant_apps.attribution.services import referral_links
brand = provisioning.provision_brand(
    name="青禾美妆", slug="wechat", owner_name="Fang", owner_email="fang@wechat.example", owner_phone=None,
    password="qing-he-2026-!!",
)
enter_brand(brand)
level = levels.create_level(code="GOLD", name="金牌", rank=1)
codes = []
for name, phone in (("陈静", "+8613800000001"), ("周敏", "+8613800000002")):
    agent = enrolment.enrol_agent(name=name, phone=phone, level_id=level.pk, now=clock.now())
    codes.append(referral_links.ensure_link(agent_id=agent.pk, now=clock.now()).code)
lifecycle.suspend_agent(agent_id=agent.pk)
print("CODES", *codes)
"""


@pytest.fixture(scope="module")
def codes(house: House) -> list[str]:
    """The link of an agent who sells, and of one who is frozen."""
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FOUND_BRAND]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=house.environment, capture_output=True, timeout=300, check=True, text=True
    )
    return done.stdout.partition("CODES")[2].split()


def arrive(browser: Browser, language: str = "zh-hans") -> Visitor:
    return Visitor.arrive(
        browser, size=PHONE, language=language, user_agent=WECHAT, is_mobile=True, has_touch=True, device_scale_factor=3
    )


def names_of_cookies(visitor: Visitor) -> set[str]:
    return {str(cookie["name"]) for cookie in visitor.context.cookies()}


def test_the_referral_survives_a_browser_that_loses_its_cookies(
    house: House, browser: Browser, codes: list[str]
) -> None:
    selling, _frozen = codes
    visitor = arrive(browser)
    visitor.go(house.address(SLUG, f"/r/{selling}?q"))
    page = visitor.page
    assert urlsplit(page.url).path == f"/r/{selling}/card/"
    assert parse_qs(urlsplit(page.url).query) == {"a": [f"{selling}~q"]}
    expect(page.locator("h1")).to_contain_text("陈")
    (cookie,) = (one for one in visitor.context.cookies() if one["name"] == "bn_referral")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert "bn_referral" not in page.evaluate("document.cookie")

    # WeChat opens the next page in a fresh view: nothing is left but the address.
    visitor.context.clear_cookies()
    visitor.go(house.address(SLUG, f"/verify/?a={selling}~q"))
    assert "bn_referral" in names_of_cookies(visitor)
    visitor.go(house.address(SLUG, "/join/"))
    expect(page.locator(".bn-notice").first).to_contain_text("陈")

    visitor.context.clear_cookies()
    visitor.go(house.address(SLUG, "/join/"))
    assert "bn_referral" not in names_of_cookies(visitor)
    assert "陈" not in visitor.words()
    visitor.go(house.address(SLUG, f"/join/?a={selling}"))
    expect(page.locator(".bn-notice").first).to_contain_text("陈")
    assert visitor.complaints == []
    visitor.context.close()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", ""), ("en", "This link is not in use now")])
def test_a_frozen_agents_link_shows_a_friendly_page(
    house: House, browser: Browser, codes: list[str], language: str, words: str
) -> None:
    visitor = arrive(browser, language)
    visitor.go(house.address(SLUG, f"/r/{codes[1]}"))
    expect(visitor.page.locator("h1")).to_contain_text(words)
    assert "周敏" not in visitor.words()
    assert "bn_referral" not in names_of_cookies(visitor)
    # The browser notes the page's own status, and nothing else.
    assert all("410" in complaint for complaint in visitor.complaints), visitor.complaints
    visitor.context.close()
