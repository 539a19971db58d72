"""Makes the README's pictures from the demo brand: `python tests/browser/screenshots.py`.

They are written to platform/docs/images/ as <page>-<language>.png; the same page is shown in both languages.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "platform" / "docs" / "images"
PASSWORD = "only-for-the-pictures-2026"
OWNER = "owner@demo.example"
PAGES = {
    "dashboard": "/console/",
    "orders": "/console/orders/order/",
    "commissions": "/console/commissions/commissionentry/",
    "import": "/console/imports/new/",
}
PHONE_PAGES = {"phone-dashboard": "/console/", "phone-orders": "/console/orders/order/"}


def main() -> None:
    """Start a house with the demo brand, walk through it in both languages, take the pictures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.db import connections

    from tests.browser.house import CHROMIUM_ARGUMENTS, House, find_chromium
    from tests.browser.visitor import PHONE, WIDE, Visitor

    IMAGES.mkdir(parents=True, exist_ok=True)
    server = connections["default"].get_connection_params()
    with House(server=server, demo_password=PASSWORD) as house, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        for language in ("zh-hans", "en"):
            short = language[:2]
            visitor = Visitor.arrive(browser, size=WIDE, language=language, timezone_id="Asia/Shanghai")
            visitor.go(house.address())
            visitor.page.screenshot(path=IMAGES / f"landing-{short}.png", full_page=True)
            enter(visitor.page, house.address("demo", "/console/login/"), language)
            for name, path in PAGES.items():
                visitor.go(house.address("demo", path))
                picture(visitor.page, f"{name}-{short}", whole=name == "dashboard")
            visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            for name, path in PHONE_PAGES.items():
                visitor.go(house.address("demo", path))
                picture(visitor.page, f"{name}-{short}")
            visitor.context.close()
            for complaint in visitor.complaints:
                sys.stderr.write(f"{complaint}\n")
        browser.close()


def enter(page: Page, address: str, language: str) -> None:
    """Sign in as the demo brand's owner, in the language of the picture."""
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict is what it takes
    page.goto(address)
    page.fill("[name=username]", OWNER)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url("**/console/")


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Take one, once fonts and the chart are there."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)
    sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    main()
