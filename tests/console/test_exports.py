"""Lists of the console as files: the rows the list shows, by the same filters and rights."""

import csv
import io
from typing import Any

import pytest
import python_calamine
from django.test import Client
from django.urls import reverse

from console.exports import ExportsList
from console.sites import brand_site
from kernel.files.tables import write_table
from tenant_apps.customers import services as customers
from tests.factories.hands import ConsoleAs, console, console_as
from tests.factories.trade import open_shop, sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db

EXPORTING = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model, page in brand_site._registry.items()
    if isinstance(page, ExportsList)
)


def address(name: str, kind: str = "export") -> str:
    return reverse(f"brand:{name}_{kind}", urlconf="config.urls_brand")


def read_csv(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_lists_of_money_goods_and_people_can_be_taken_along() -> None:
    wanted = {
        "agents_agent",
        "commissions_commissionentry",
        "commissions_payout",
        "customers_customer",
        "finance_account",
        "finance_ledgerentry",
        "inventory_stock",
        "inventory_stockmovement",
        "invoicing_invoice",
        "orders_order",
    }
    assert wanted <= set(EXPORTING)


@pytest.mark.parametrize("name", EXPORTING)
def test_each_has_the_columns_of_its_list(console: Client, name: str) -> None:
    for language in ("zh-hans", "en"):
        answer = console.get(address(name), {"form": "csv"}, headers={"accept-language": language})
        heading, *_rows = read_csv(answer)
        assert len(heading) > 2
        assert all(heading)
        assert not [cell for cell in heading if "<" in cell]
    workbook: Any = console.get(address(name))
    assert b"".join(workbook.streaming_content)[:2] == b"PK"


@pytest.mark.parametrize("name", EXPORTING)
def test_who_may_not_see_the_list_may_not_take_it(console_as: ConsoleAs, name: str) -> None:
    for role in ("manager", "sales", "warehouse", "finance"):
        person = console_as(role)
        seen = person.get(address(name, "changelist")).status_code
        assert (role, person.get(address(name)).status_code) == (role, seen)


def test_the_filter_and_the_search_hold_for_the_file(console: Client) -> None:
    for number, name in enumerate(("小红", "小蓝", "=HYPERLINK(1)")):
        customers.create_customer(name=name, phone=f"1380000000{number}")
    everybody = read_csv(console.get(address("customers_customer"), {"form": "csv"}))
    assert len(everybody) == 4
    found = read_csv(console.get(address("customers_customer"), {"form": "csv", "q": "小红"}))
    assert [row[0] for row in found[1:]] == ["小红"]
    # A spreadsheet program runs nothing, and a number that the list masks stays masked.
    assert not [cell for row in everybody for cell in row if cell.startswith("=")]
    assert not [cell for row in everybody for cell in row if "13800000000" in cell]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("orders_order", {"waits_for": "nonsense"}),
        ("orders_order", {"state__exact": "nonsense"}),
        ("orders_order", {"placed_at__gte": "nonsense"}),
        ("agents_agent", {"status": "nonsense"}),
        ("inventory_stock", {"low": "nonsense"}),
        ("catalog_variant", {"is_active__exact": "nonsense"}),
    ],
)
def test_an_unknown_value_of_a_filter_finds_nothing(console: Client, name: str, query: dict[str, str]) -> None:
    open_shop()
    sell(("G-01", 1), agent_code="LING")
    assert console.get(address(name, "changelist")).context["cl"].result_count
    assert console.get(address(name, "changelist"), query, follow=True).context["cl"].result_count == 0
    taken = console.get(address(name), {"form": "csv", **query})
    assert taken.status_code == 422 or len(read_csv(taken)) == 1


def test_a_file_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.files.tables._XLSX_ROWS", 3)
    table = write_table(name="rows", form="xlsx", heading=["n"], rows=[[number] for number in range(5)])
    book = python_calamine.load_workbook(table.content)  # type: ignore[arg-type]
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert sheets == [[["n"], [0], [1]], [["n"], [2], [3]], [["n"], [4]]]
