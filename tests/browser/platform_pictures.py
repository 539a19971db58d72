"""Makes the pictures of the platform's console: `python tests/browser/platform_pictures.py`.

They show a platform with some brands on it, planted for the pictures, in both languages, at 1280 and at 390 px. Written
to platform/docs/images/ as platform-<page>-<language>.png, with a palette of 128 colours to keep them small.
"""

import os
import random
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Page, sync_playwright

from shared_apps.tenants.models import Brand

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "platform" / "docs" / "images"
PASSWORD = "only-for-the-pictures-2026"
STAFF = "sun@banyan.example"
PAGES = {
    "overview": "/console/",
    "brands": "/console/tenants/brand/",
    "brand": "/console/tenants/brand/{demo}/change/",
    "business": "/console/business/?weeks=26",
    "fleet": "/console/fleet/",
}
WHOLE = {"brand", "business"}
ON_PHONE = ("overview", "brands", "brand", "business")
NAMES = (
    "栖木生活",
    "青禾护肤",
    "山茶记",
    "白鹿茶业",
    "小满食集",
    "云上棉",
    "南风知意",
    "禾香米业",
    "木槿花坊",
    "一叶轻舟",
    "晨露有机",
    "蓝海渔仓",
    "北岸咖啡",
    "竹里馆",
    "橙子妈妈",
    "芸豆童装",
    "半亩田",
    "花满蹊",
    "海棠里",
    "星野户外",
    "简木家居",
    "拾光手作",
    "溪谷泉",
    "牧云乳业",
    "桃李茶点",
    "青瓷小筑",
    "松间月",
    "百草集",
    "麦田烘焙",
    "锦书文创",
)


def main() -> None:
    """Start a house with the demo brand, plant the platform's rows, walk through it, take the pictures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.db import connections

    from tests.browser.house import CHROMIUM_ARGUMENTS, House, find_chromium

    IMAGES.mkdir(parents=True, exist_ok=True)
    server = connections["default"].get_connection_params()
    with House(server=server, demo_password=PASSWORD) as house, sync_playwright() as playwright:
        demo = planted(house.environment)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        for language in ("zh-hans", "en"):
            walk(browser, house, demo, language)
        browser.close()


def walk(browser: Any, house: Any, demo: str, language: str) -> None:
    """All pages in one language, wide and on a phone; whatever the browser complained of is told."""
    from tests.browser.visitor import PHONE, WIDE, Visitor

    visitor = Visitor.arrive(browser, size=WIDE, language=language, timezone_id="Asia/Shanghai")
    enter(visitor.page, house.address("", "/console/login/"), language)
    for name, path in PAGES.items():
        visitor.go(house.address("", path.format(demo=demo)))
        picture(visitor.page, f"platform-{name}-{language[:2]}", whole=name in WHOLE)
    visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for name in ON_PHONE:
        visitor.go(house.address("", PAGES[name].format(demo=demo)))
        picture(visitor.page, f"platform-phone-{name}-{language[:2]}")
    visitor.context.close()
    for complaint in visitor.complaints:
        sys.stderr.write(f"{complaint}\n")


def enter(page: Page, address: str, language: str) -> None:
    """Sign in as a member of the staff, in the language of the pictures."""
    from django.conf import settings

    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict is what it takes
    page.goto(address)
    page.fill("[name=username]", STAFF)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url("**/console/")


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Take one, once fonts and charts are there, and write it with a palette."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    write_small(page.screenshot(full_page=whole), IMAGES / f"{name}.png")
    sys.stdout.write(f"{name}.png\n")


def write_small(png: bytes, path: Path) -> None:
    """With at most 128 colours: what a screen of text and a few charts needs. As it is where ImageMagick is missing."""
    path.write_bytes(png)
    program = shutil.which("magick") or shutil.which("convert")
    if program is not None:
        reduced = [program, str(path), "+dither", "-colors", "128", f"PNG8:{path}"]
        subprocess.run(reduced, check=True)  # noqa: S603


# --- what the pictures show: runs in the house -----------------------------------------------------------------------


def planted(environment: dict[str, str]) -> str:
    """Plant in the house's own process; returns the demo brand's id."""
    code = "from tests.browser.platform_pictures import plant; plant()"
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    return done.stdout.strip().splitlines()[-1]


def plant() -> None:
    """A member of the staff, thirty brands with half a year of subscriptions, and the demo brand's figures."""
    from kernel.core import clock
    from kernel.tenancy.actors import acting_as
    from kernel.tenancy.context import enter_brand, leave_brand
    from shared_apps.accounts import selectors
    from shared_apps.accounts.services import users
    from shared_apps.support.services import figures
    from shared_apps.tenants.models import Brand
    from tenant_apps.insights.services import push_figures

    now = clock.now()
    chance = random.Random(7)
    user = users.create_user(name="孙倩", role="platform_admin", email=STAFF, password=PASSWORD)
    demo = Brand.objects.get(slug="demo")
    enter_brand(demo)
    push_figures(now=now)
    leave_brand()
    figures.measure_schemas(now=now)
    with acting_as(selectors.actor_for_user(user)):
        plant_care(demo, user.pk, now)
    for number, name in enumerate(NAMES):
        plant_brand(number, name, now, chance)
    sys.stdout.write(f"{demo.pk}\n")


def plant_care(demo: Any, staff_id: int, now: datetime) -> None:
    """Create support data about the demo brand, by the services."""
    from shared_apps.billing.services import given_time
    from shared_apps.support.services import advice
    from shared_apps.tenants.services import claims

    today: date = (now + timedelta(hours=8)).date()
    advice.assign_adviser(brand_id=demo.pk, staff_id=staff_id, now=now)
    advice.add_note(brand_id=demo.pk, text="旗舰店下周开业，想先导入去年的订单。", now=now)
    for days, text in ((1, "回访：导入是否顺利"), (5, "介绍阶梯佣金")):
        advice.add_follow_up(
            brand_id=demo.pk, due_on=today + timedelta(days=days), text=text, staff_id=staff_id, now=now
        )
    claims.claim_domain(brand_id=demo.pk, domain="shop.qimu-living.com", now=now)
    given_time.give_time(brand_id=demo.pk, plan_code="standard", days=31, reason="开业活动赠送", now=now)


def plant_brand(number: int, name: str, now: datetime, chance: random.Random) -> None:
    """A brand's public rows and its figures; nothing is set up behind it."""
    from shared_apps.support.models import BrandFigures
    from shared_apps.tenants.models import Brand
    from shared_apps.tenants.services import versions

    plan = ("", "basic", "standard", "premium", "standard")[number % 5]
    brand = Brand.objects.create(
        name=name,
        slug=f"brand{number:02d}x",
        skeleton=f"brand{number:02d}x",
        schema_name=f"t_brand{number:02d}",
        owner_name=f"{'王李张刘陈杨赵黄周吴'[number % 10]}女士",
        owner_phone=f"+86139{number:08d}",
        state=("past_due" if number == 8 else "active") if plan else "trialing",
        entitlements={"plan": plan, "features": ["*"], "limits": {}},
        provisioning_state="ready",
        schema_fingerprint=versions.expected_fingerprint() if number != 12 else "older",
        trial_ends_at=now + timedelta(days=number % 15 + 1),
    )
    signed_up = now - timedelta(days=chance.randrange(16, 180) if plan else chance.randrange(14))
    Brand.objects.filter(pk=brand.pk).update(created_at=signed_up)
    BrandFigures.objects.create(
        brand=brand,
        schema_bytes=8_000_000 + chance.randrange(400_000_000),
        orders_30_days=chance.randrange(6_000),
        failed_jobs=3 if number == 12 else 0,
        pending_deliveries=chance.randrange(3),
        oldest_delivery_seconds=chance.randrange(5),
        last_seen_at=now - timedelta(minutes=chance.randrange(9_000)),
        refreshed_at=now,
    )
    if plan:
        plant_revenue(brand, plan, signed_up + timedelta(days=chance.randrange(3, 15)), now, chance)


def plant_revenue(brand: Brand, plan: str, begins: datetime, now: datetime, chance: random.Random) -> None:
    """A subscription that begins, sometimes grows, sometimes ends."""
    from shared_apps.billing.models import SubscriptionChange
    from shared_apps.billing.selectors import plans

    version = plans.get_version(plan)
    mrr = version.price_month
    steps: list[tuple[str, datetime, Decimal, Decimal]] = [("started", begins, Decimal(0), mrr)]
    later = begins + timedelta(days=chance.randrange(20, 90))
    if chance.random() < 0.25:
        steps.append(("ended", later, mrr, Decimal(0)))
    elif chance.random() < 0.3:
        steps.append(("renewed", later, mrr, mrr + 200))
    for number, (kind, at, before, after) in enumerate(steps):
        if at < now:
            SubscriptionChange.objects.create(
                brand=brand,
                occurred_at=at,
                kind=kind,
                source=f"sub_{brand.pk}:{number + 1}",
                plan_version=version,
                mrr_before=before,
                mrr_after=after,
            )


if __name__ == "__main__":
    main()
