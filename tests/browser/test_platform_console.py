"""A member of the staff at the platform's console: finds a brand, records a transfer with its proof, looks around."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import House
from tests.browser.test_first_sale import sign_up
from tests.browser.test_support_session import staff_at_work
from tests.browser.visitor import PHONE, WIDE, Visitor

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh-hans", PHONE)], ids=["wide", "phone"])
def test_support_finds_a_brand_and_acts_on_it(
    house: House, browser: Browser, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    slug = f"managed{language[:2]}"
    owner = Visitor.arrive(browser, language=language, size=size)
    sign_up(house, owner, slug=slug)
    proof = tmp_path / "slip.pdf"
    proof.write_bytes(PDF)
    staff = staff_at_work(house, browser, language=language, size=size)
    page = staff.page
    staff.go(house.address(path=f"/console/tenants/brand/?q={slug}"))
    page.locator("#result_list a[href*='/change/']").first.click()
    page.wait_for_url("**/change/**")
    staff.check_width()
    # The dialog: what is wrong is said in it, what is right is done, the file goes with it.
    page.locator("#transfers a[href$='/record_transfer/']").click()
    page.wait_for_selector("#dialog-form [name=bank_reference]")
    page.select_option("[name=plan_code]", "standard")
    page.fill("[name=amount]", "8800.00")
    page.fill("[name=payer]", "Acme Ltd.")
    page.fill("[name=bank_reference]", f"ICBC-{slug}")
    page.fill("[name=note]", "Signed the yearly contract")
    page.locator("#dialog button[type=submit]").click()
    missing = {"en": "This field is required.", "zh-hans": "必填"}[language]
    expect(page.locator("#dialog-form")).to_contain_text(missing)
    page.set_input_files("[name=proof]", proof)
    page.locator("#dialog button[type=submit]").click()
    expect(page.locator(f"#transfers >> text=ICBC-{slug}")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text(f"ICBC-{slug}")
    for path in ("/console/", "/console/business/", "/console/fleet/", "/console/billing/offlinepayment/"):
        staff.go(house.address(path=path))
    assert [complaint for complaint in staff.complaints if "422" not in complaint] == []
