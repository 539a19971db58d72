"""Two browsers: an owner who asks and lets support in, a member of the staff who comes, and goes when told to."""

import os
import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import House
from tests.browser.test_first_sale import PASSWORD, sign_up
from tests.browser.visitor import PHONE, WIDE, Visitor

SHOTS = os.environ.get("SHOTS", "")  # a folder, to look at the pages oneself


def picture(folder: Path) -> Path:
    """A real PNG of 40 × 30 green points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\x00" + b"\x17\x93\x6a" * 40 for _row in range(30))
    head = struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0)
    path = folder / "screen.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return path


def shoot(visitor: Visitor, name: str) -> None:
    visitor.check_width()
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def staff_at_work(house: House, browser: Browser, *, language: str, size: tuple[int, int]) -> Visitor:
    """Somebody of support, signed in on the platform's host."""
    email = f"ann-{language}-{size[0]}@banyan.example"
    plant = (
        "from shared_apps.accounts.services import users; "
        "users.create_user(name='Ann', role='platform_admin', email={!r}, password={!r}, language={!r})"
    )
    house._manage("shell", "-v", "0", "-c", plant.format(email, PASSWORD, language))
    visitor = Visitor.arrive(browser, language=language, size=size)
    visitor.go(house.address(path="/console/login/"))
    visitor.page.fill("[name=username]", email)
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.locator("#login-form button[type=submit]").click()
    visitor.page.wait_for_url(f"**//localhost:{house.port}/console/")
    return visitor


@pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", WIDE), ("en", PHONE)], ids=["chinese-wide", "english-phone"]
)
def test_an_owner_asks_lets_support_in_and_ends_it(
    house: House, browser: Browser, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    slug = f"visited{language[:2]}"
    owner = Visitor.arrive(browser, language=language, size=size)
    sign_up(house, owner, slug=slug)
    owner.page.locator("a.bn-ask").click()
    owner.page.wait_for_url("**/console/support/tickets/new/?page=*")
    owner.page.fill("[name=subject]", "Import fails")
    owner.page.fill("[name=body]", "It says 500.\n" + "long" * 60)
    owner.page.set_input_files("[name=attachments]", picture(tmp_path))
    shoot(owner, f"{slug}-ask")
    owner.page.locator("#content form button[type=submit]").click()
    owner.page.wait_for_url("**/console/support/tickets/TK*/")
    expect(owner.page.locator(".bn-said-files img")).to_be_visible()
    owner.page.wait_for_function("document.querySelector('.bn-said-files img').naturalWidth === 40")
    number = owner.page.url.rstrip("/").rpartition("/")[2]
    shoot(owner, f"{slug}-ticket")

    staff = staff_at_work(house, browser, language=language, size=size)
    staff.go(house.address(path=f"/console/support/tickets/{number}/"))
    staff.page.fill("[name=body]", "Please let us in.")
    shoot(staff, f"{slug}-staff-ticket")
    staff.page.locator("button[value=answer]").click()
    expect(staff.page.locator(".bn-said-staff")).to_be_visible()

    owner.go(house.address(slug, "/console/support/"))
    shoot(owner, f"{slug}-support")
    owner.go(house.address(slug, "/console/support/access/"))
    owner.page.fill("[name=reason]", number)
    owner.page.locator("#content form button[type=submit]").first.click()
    expect(owner.page.locator(".bn-banner", has_text=number)).to_be_visible()
    shoot(owner, f"{slug}-access")
    grant = owner.page.locator(".bn-rows a").first.get_attribute("href") or ""
    grant_id = grant.rstrip("/").rpartition("/")[2]

    staff.go(house.address(path=f"/console/support/sessions/{grant_id}/"))
    shoot(staff, f"{slug}-staff-visit")
    staff.page.locator("button[value=enter]").click()
    staff.page.wait_for_url(f"**//{slug}.localhost:{house.port}/console/")
    expect(staff.page.locator(".bn-banner", has_text=number)).to_be_visible()
    shoot(staff, f"{slug}-visiting")
    staff.go(house.address(slug, "/console/orders/order/"))
    assert staff.complaints == []

    owner.go(house.address(slug, "/console/"))
    expect(owner.page.locator(".bn-banner", has_text="Ann")).to_be_visible()
    owner.go(house.address(slug, grant))
    assert "/console/orders/order/" in owner.words()
    shoot(owner, f"{slug}-log")
    owner.page.locator("button[form=end-access]").click()
    owner.page.wait_for_url("**/console/support/access/")
    expect(owner.page.locator(".bn-banner", has_text=number)).to_have_count(0)

    staff.page.goto(house.address(slug, "/console/orders/order/"))
    shoot(staff, f"{slug}-out")
    assert "401" in staff.complaints[0]
    staff.page.goto(house.address(slug, "/console/orders/order/"))
    expect(staff.page.locator("#login-form")).to_be_visible()
    staff.go(house.address(path="/console/support/follow-ups/"))
    shoot(staff, f"{slug}-follow-ups")
    assert owner.complaints == []
    owner.context.close()
    staff.context.close()
