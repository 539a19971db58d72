"""Links as the public opens them: counted, remembered, leading on, and polite when they lead nowhere."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.core import clock, throttling
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services import certificates, lifecycle
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.register import change_agent
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import ReferralLink, Touchpoint, Visit
from tenant_apps.attribution.services import policy, referral_links
from tenant_apps.attribution.states import BindingMode
from tenant_apps.attribution.views import referral
from tenant_apps.catalog.services.products import create_product

pytestmark = pytest.mark.django_db

WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)


@pytest.fixture
def agents(db: None) -> tuple[Agent, Agent]:
    level = create_level(code="GOLD", name="金牌", rank=1)
    made = []
    for number, code in enumerate(("ANNA", "BELA")):
        agent = enrol_agent(name=code, phone=f"+861380000000{number}", level_id=level.pk, code=code, now=clock.now())
        made.append(agent)
    return made[0], made[1]


Agents = tuple[Agent, Agent]


@pytest.fixture
def link(agents: Agents) -> ReferralLink:
    return referral_links.ensure_link(agent_id=agents[0].pk, now=clock.now())


@pytest.fixture
def visitor(brand: Brand) -> Client:
    return Client(headers={"host": f"{brand.slug}.localhost", "user-agent": WECHAT})


def figures(link: ReferralLink) -> tuple[int, int]:
    row = Visit.objects.get(link=link)
    return row.opened, row.visitors


def test_an_opened_link_is_counted_and_leads_to_the_agents_card(visitor: Client, link: ReferralLink) -> None:
    answer = visitor.get(f"/r/{link.code}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/r/{link.code}/card/?a={link.code}"
    assert "no-store" in answer["Cache-Control"]
    cookie = answer.cookies[referral.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (
        True,
        "Lax",
        "/",
        30 * 86_400,
    )
    assert link.code in cookie.value  # signed, not secret
    assert visitor.get(answer["Location"]).status_code == 200
    visitor.get(f"/r/{link.code}")
    visitor.get(f"/r/{link.code.lower()}/?q")
    assert figures(link) == (3, 1)
    link.refresh_from_db()
    assert link.visit_count == 3
    assert not Touchpoint.objects.exists()  # nobody knows yet who the customer is


def test_a_visitor_whose_browser_keeps_nothing_counts_each_time(visitor: Client, link: ReferralLink) -> None:
    for _time in range(3):
        visitor.cookies.clear()
        visitor.get(f"/r/{link.code}/")
    assert figures(link) == (3, 3)


def test_counting_takes_one_statement(visitor: Client, link: ReferralLink) -> None:
    visitor.get(f"/r/{link.code}/")
    with CaptureQueriesContext(connection) as captured:
        visitor.get(f"/r/{link.code}/")
    about_visits = [query["sql"] for query in captured if "attribution_visit" in query["sql"]]
    assert len(about_visits) == 1
    assert len(captured) <= 6


@pytest.mark.parametrize(
    "headers",
    [
        {"purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"x-moz": "prefetch"},
        {"x-purpose": "preview"},
        {"user-agent": ""},
        {"user-agent": "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"user-agent": "TelegramBot (like TwitterBot)"},
        {"user-agent": "WhatsApp/2.23.20.0"},
        {"user-agent": "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 (KHTML, like Gecko) Safari/601.2.4 Bytespider"},
        {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0"},
        {"user-agent": "curl/8.5.0"},
        {"user-agent": "python-requests/2.31"},
    ],
)
def test_programs_that_look_at_a_link_are_no_visitors(
    visitor: Client, link: ReferralLink, headers: dict[str, str]
) -> None:
    assert visitor.get(f"/r/{link.code}/", headers=headers).status_code == 302
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "browser",
    [
        WECHAT,
        "Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 12; zh-cn; M2102J2SC) AppleWebKit/537.36 XiaoMi/MiuiBrowser/17.1",
    ],
)
def test_people_are_visitors(visitor: Client, link: ReferralLink, browser: str) -> None:
    visitor.get(f"/r/{link.code}/", headers={"user-agent": browser})
    assert figures(link) == (1, 1)


def test_the_campaign_travels_on(visitor: Client, link: ReferralLink) -> None:
    campaign = "utm_source=moments&utm_campaign=%E5%8F%8C%E5%8D%81%E4%B8%80&next=https://evil.example&utm_x1=1"
    carried = "utm_source=moments&utm_campaign=%E5%8F%8C%E5%8D%81%E4%B8%80"
    assert visitor.get(f"/r/{link.code}/?{campaign}")["Location"] == f"/r/{link.code}/card/?{carried}&a={link.code}"
    policy.change_policy(shop_url="https://shop.example/?utm_source=banyan&x=1&utm_medium=link")
    answer = visitor.get(f"/r/{link.code}/?{campaign}&q")
    assert answer["Location"] == f"https://shop.example/?x=1&utm_medium=link&{carried}&a={link.code}~q"


def test_without_a_shop_a_consumer_meets_the_agent(visitor: Client, link: ReferralLink) -> None:
    Agent.objects.filter(id=link.agent_id).update(wechat_id="anna_shop")
    answer = visitor.get(f"/r/{link.code}/?utm_source=moments", follow=True)
    assert (answer.status_code, answer.templates[0].name) == (200, "attribution/card.html")
    page = answer.content.decode()
    for shown in (link.agent.name, link.agent.level.name, "anna_shop", f"tel:{link.agent.phone}", link.code):
        assert shown in page
    assert "/join/" not in page
    assert "noindex" in page


@pytest.mark.parametrize("how", ["suspended", "revoked", "unknown"])
def test_the_card_of_who_is_not_authorised_is_not_shown(visitor: Client, link: ReferralLink, how: str) -> None:
    address = f"/r/{link.code}/card/"
    if how == "suspended":
        lifecycle.suspend_agent(agent_id=link.agent_id)
    elif how == "revoked":
        certificate = certificates.issue(agent_id=link.agent_id, now=clock.now())
        certificates.revoke(certificate_id=certificate.pk, reason="x", now=clock.now())
    else:
        address = "/r/NOSUCHCODE/card/"
    answer = visitor.get(address)
    assert answer.status_code == (404 if how == "unknown" else 410)
    assert link.agent.phone not in answer.content.decode()


def test_looking_ahead_is_not_a_visit(visitor: Client, link: ReferralLink) -> None:
    assert visitor.head(f"/r/{link.code}/").status_code == 302
    assert visitor.post(f"/r/{link.code}/").status_code == 405
    assert not Visit.objects.exists()


def test_links_lead_to_the_brands_shop(visitor: Client, agents: Agents, link: ReferralLink) -> None:
    policy.change_policy(
        shop_url="https://shop.example/home?from=banyan", product_url="https://shop.example/p/{product}"
    )
    product = create_product(name="面霜", tax_rate=Decimal("0.13"))
    to_product = referral_links.ensure_link(agent_id=agents[0].pk, product_id=product.pk, now=clock.now())
    assert visitor.get(f"/r/{link.code}/?q")["Location"] == (f"https://shop.example/home?from=banyan&a={link.code}~q")
    assert visitor.get(f"/r/{to_product.code}/")["Location"] == (
        f"https://shop.example/p/{product.pk}?a={to_product.code}"
    )


@pytest.mark.parametrize("code", ["NOSUCHCODE", "x", "A" * 32])
def test_an_unknown_link_says_so_kindly(visitor: Client, code: str) -> None:
    answer = visitor.get(f"/r/{code}/")
    assert answer.status_code == 404
    assert "noindex" in answer.content.decode()
    assert referral.COOKIE not in answer.cookies


@pytest.mark.parametrize("code", ["%00", "a%2F..", "%E2%82%AC", "A" * 33])
def test_what_is_no_code_is_no_page(visitor: Client, code: str) -> None:
    assert visitor.get(f"/r/{code}/").status_code == 404


@pytest.mark.parametrize("how", ["suspended", "ended", "expired"])
def test_who_does_not_sell_gets_a_friendly_page_and_binds_nobody(visitor: Client, link: ReferralLink, how: str) -> None:
    if how == "suspended":
        lifecycle.suspend_agent(agent_id=link.agent_id)
    elif how == "ended":
        lifecycle.end_agent(agent_id=link.agent_id)
    else:
        change_agent(agent_id=link.agent_id, valid_until=clock.business_date(clock.now()) - timedelta(days=2))
    answer = visitor.get(f"/r/{link.code}/")
    assert answer.status_code == 410
    words = answer.content.decode()
    assert link.agent.name not in words
    assert referral.COOKIE not in answer.cookies
    assert not Visit.objects.exists()


def test_the_parameter_works_on_any_public_page(visitor: Client, link: ReferralLink) -> None:
    for page in (f"/verify/?a={link.code}", "/join/?a=anna", f"/join/?a={link.code}~q"):
        visitor.cookies.clear()
        answer = visitor.get(page, follow=True)
        assert answer.status_code == 200
        assert visitor.cookies[referral.COOKIE].value


def test_whom_a_link_led_to_the_application_page_is_referred_there(visitor: Client, link: ReferralLink) -> None:
    to_agent = f"/join/{link.agent.referral_code}/"
    by_parameter = visitor.get(f"/join/?a={link.code}")
    assert (by_parameter.status_code, by_parameter["Location"]) == (302, to_agent)
    by_cookie = visitor.get("/join/")
    assert (by_cookie.status_code, by_cookie["Location"]) == (302, to_agent)
    visitor.cookies.clear()
    assert visitor.get("/join/").status_code == 200
    Level.objects.update(may_recruit=False)
    answer = visitor.get(f"/join/?a={link.code}", follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [])


@pytest.mark.parametrize("text", ["NOBODY", "", "é", "%00", "a" * 500, "ANNA'--"])
def test_a_parameter_that_means_nobody_is_ignored(visitor: Client, link: ReferralLink, text: str) -> None:
    answer = visitor.get(f"/verify/?a={text}")
    assert answer.status_code == 200
    assert referral.COOKIE not in answer.cookies


def test_the_console_and_the_api_remember_nobody(visitor: Client, link: ReferralLink) -> None:
    for page in ("/console/login/", "/api/v1/docs"):
        assert referral.COOKIE not in visitor.get(f"{page}?a={link.code}").cookies


def led(visitor: Client, brand: Brand, parameter: str = "") -> str | None:
    enter_brand(brand)
    morsel = visitor.cookies.get(referral.COOKIE)
    found = selectors.find_visitors_referral(
        parameter=parameter, cookie=morsel.value if morsel else "", as_of=clock.business_date(clock.now())
    )
    return found.agent.code if found else None


def test_the_first_link_counts_where_the_first_agent_does(visitor: Client, agents: Agents, brand: Brand) -> None:
    anna, bela = (referral_links.ensure_link(agent_id=one.pk, now=clock.now()) for one in agents)
    visitor.get(f"/r/{anna.code}/")
    visitor.get(f"/r/{bela.code}/")
    assert led(visitor, brand) == "ANNA"
    assert led(visitor, brand, bela.code) == "ANNA"
    policy.change_policy(mode=BindingMode.LAST_TOUCH)
    assert led(visitor, brand, bela.code) == "BELA"
    visitor.get(f"/r/{bela.code}/")
    assert led(visitor, brand) == "BELA"


def test_a_frozen_agents_cookie_gives_way(visitor: Client, agents: Agents, brand: Brand) -> None:
    anna, bela = (referral_links.ensure_link(agent_id=one.pk, now=clock.now()) for one in agents)
    visitor.get(f"/r/{anna.code}/")
    lifecycle.suspend_agent(agent_id=agents[0].pk)
    assert led(visitor, brand) is None
    visitor.get(f"/r/{bela.code}/")
    assert led(visitor, brand) == "BELA"


def test_a_cookie_from_elsewhere_counts_for_nothing(
    visitor: Client, link: ReferralLink, brand: Brand, other_brand: Brand
) -> None:
    visitor.get(f"/r/{link.code}/")
    genuine = visitor.cookies[referral.COOKIE].value
    assert led(visitor, brand) == "ANNA"
    enter_brand(other_brand)
    of_another_brand = selectors.sign_cookie(link.code)
    enter_brand(brand)
    for forged in (link.code, f"{genuine}x", genuine.replace(link.code, "BELA"), of_another_brand, ""):
        visitor.cookies[referral.COOKIE] = forged
        assert led(visitor, brand) is None


@pytest.mark.parametrize(
    ("used", "status", "counted"), [(120, 302, 1), (121, 302, 0), (1_200, 302, 0), (1_201, 429, 0)]
)
def test_a_flood_is_answered_but_not_counted(
    visitor: Client, link: ReferralLink, monkeypatch: pytest.MonkeyPatch, used: int, status: int, counted: int
) -> None:
    def take(name: str, identity: str, *, limit: int, window_seconds: int) -> throttling.Allowance:
        return throttling.Allowance(limit, max(limit - used, 0), window_seconds, used > limit)

    monkeypatch.setattr(throttling, "take", take)
    answer = visitor.get(f"/r/{link.code}/")
    assert answer.status_code == status
    assert Visit.objects.count() == counted
    assert answer.headers.get("Retry-After") == ("60" if status == 429 else None)


def test_there_is_one_link_per_agent_and_product(agents: Agents) -> None:
    cream, soap = (create_product(name=name, tax_rate=Decimal("0.13")).pk for name in ("面霜", "香皂"))
    made = [
        referral_links.ensure_link(agent_id=agents[0].pk, product_id=product, now=clock.now()).pk
        for product in (None, cream, None, cream, soap)
    ]
    assert made[0] == made[2]
    assert made[1] == made[3]
    assert len(set(made)) == 3


def test_what_a_link_brought(visitor: Client, agents: Agents, link: ReferralLink) -> None:
    visitor.get(f"/r/{link.code}/")
    other = referral_links.ensure_link(agent_id=agents[1].pk, now=clock.now())
    found = selectors.get_link_figures(link_ids=[link.pk, other.pk])
    assert (found[link.pk].opened, found[link.pk].visitors, found[link.pk].orders) == (1, 1, 0)
    assert found[other.pk] == selectors.LinkFigures()
