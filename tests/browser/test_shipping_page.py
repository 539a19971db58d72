"""Tracking numbers on the shipping page: Enter leads on, spreadsheets are pasted, one carrier fills all lines."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

SCRIPT = Path(__file__).resolve().parents[2] / "tenant_apps/orders/static/orders/ship.js"
LINE = '<li data-number="{0}"><input data-carrier value="SF"><input data-tracking id="{0}"></li>'
PASTE = """([place, text]) => {
    const given = new DataTransfer();
    given.setData("text", text);
    const event = new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true });
    document.getElementById(place).dispatchEvent(event);
}"""
READ = """() => [...document.querySelectorAll("li")].map(
    (row) => [row.querySelector("[data-carrier]").value, row.querySelector("[data-tracking]").value])"""


@pytest.fixture
def page(browser: Browser) -> Page:
    page = browser.new_page()
    lines = "".join(LINE.format(number) for number in ("SO1", "SO2", "SO3"))
    page.set_content(
        f'<form id="ship-form"><input id="carrier-for-all"><ul>{lines}</ul><button type="submit">go</button>'
    )
    page.add_script_tag(path=SCRIPT)
    return page


def test_enter_leads_to_the_next_line_and_sends_nothing(page: Page) -> None:
    page.focus("#SO1")
    for number in ("A1", "A2", "A3"):
        page.keyboard.type(number)
        page.keyboard.press("Enter")
    assert page.evaluate(READ) == [["SF", "A1"], ["SF", "A2"], ["SF", "A3"]]
    assert page.evaluate("document.activeElement.type") == "submit"


@pytest.mark.parametrize(
    ("place", "text", "lines"),
    [
        ("SO1", "A1\nA2\n", [["SF", "A1"], ["SF", "A2"], ["SF", ""]]),
        ("SO2", "ZTO\tA1\r\nYTO\tA2", [["SF", ""], ["ZTO", "A1"], ["YTO", "A2"]]),
        ("SO1", "so3\tZTO\tA3\nSO1\tYTO\tA1", [["YTO", "A1"], ["SF", ""], ["ZTO", "A3"]]),
        ("SO1", "A1\n\nA3", [["SF", "A1"], ["SF", ""], ["SF", "A3"]]),
        ("SO3", "A1\nA2\nA3", [["SF", ""], ["SF", ""], ["SF", "A1"]]),
    ],
)
def test_a_spreadsheet_is_pasted(page: Page, place: str, text: str, lines: list[list[str]]) -> None:
    page.evaluate(PASTE, [place, text])
    assert page.evaluate(READ) == lines


def test_one_carrier_for_all_lines(page: Page) -> None:
    page.fill("#carrier-for-all", "中通快递")
    page.press("#carrier-for-all", "Tab")
    assert {carrier for carrier, _number in page.evaluate(READ)} == {"中通快递"}
