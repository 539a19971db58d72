"""Orders as files: complete, harmless to open, and fit to be imported again."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from python_calamine import CalamineWorkbook

from kernel.core import clock
from tenant_apps.imports.services import jobs, running
from tenant_apps.orders.models import Channel, Order, OrderLine
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import open_shop, sell

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil.example","红包")'


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_line_of_every_order_is_there(api: ApiClient) -> None:
    shop = open_shop()
    for _ in range(3):
        sell((shop.skus[0], 1), (shop.skus[1], 2), agent_code="LING")
    rows = rows_of(api.get("/api/v1/exports/orders.csv"))
    assert len(rows) == 6
    assert {row["order_number"] for row in rows} == set(Order.objects.values_list("number", flat=True))
    assert sum(Decimal(row["goods_amount"]) for row in rows) == Decimal("150.00")
    assert {row["agent_code"] for row in rows} == {"LING"}


def test_filters_are_those_of_the_list(api: ApiClient) -> None:
    shop = open_shop()
    sell((shop.skus[0], 1))
    assert rows_of(api.get("/api/v1/exports/orders.csv?payment_state=paid")) == []
    assert len(rows_of(api.get("/api/v1/exports/orders.csv?payment_state=unpaid"))) == 1
    assert api.get("/api/v1/exports/orders.csv?payment_state=rich").status_code == 422
    assert api.get("/api/v1/exports/orders.pdf").status_code == 404


def test_people_are_masked_where_the_file_is_handed_on(api: ApiClient) -> None:
    shop = open_shop()
    order = sell((shop.skus[0], 1))
    receiver = {"name": "王小明", "phone": "+8613812345678", "address": "科技园1栋"}
    Order.objects.filter(pk=order.pk).update(receiver=receiver)
    (row,) = rows_of(api.get("/api/v1/exports/orders.csv?masked=true"))
    people = ("customer", "receiver_name", "receiver_phone", "receiver_address")
    assert [row[name] for name in people] == ["'+86138****0001", "王*明", "'+86138****5678", "***"]
    assert row["goods_amount"] == "10.00"
    (plain,) = rows_of(api.get("/api/v1/exports/orders.csv?masked=false"))
    assert plain["receiver_name"] == "王小明"
    assert api.get("/api/v1/orders?masked=true").status_code == 422


def test_cells_that_begin_like_a_formula_are_escaped(api: ApiClient) -> None:
    shop = open_shop()
    sell((shop.skus[0], 1))
    OrderLine.objects.update(name=FORMULA)
    assert rows_of(api.get("/api/v1/exports/orders.csv"))[0]["name"] == f"'{FORMULA}"
    workbook = io.BytesIO(api.get("/api/v1/exports/orders.xlsx").getvalue())
    heading, row = CalamineWorkbook.from_filelike(workbook).get_sheet_by_index(0).to_python()
    cells = dict(zip(heading, row, strict=True))
    assert cells["name"] == f"'{FORMULA}"
    assert cells["quantity"] == 1.0


def test_what_was_exported_can_be_imported_again(api: ApiClient) -> None:
    shop = open_shop()
    order_id = sell((shop.skus[0], 3), (shop.skus[1], 1)).pk
    pay_order(order_id=order_id, method="bank", reference="B1", now=clock.now())
    ship_order(order_id=order_id, carrier="SF", tracking_number="SF1", now=clock.now())
    OrderLine.objects.filter(line_no=1).update(name=FORMULA)
    content = api.get("/api/v1/exports/orders.csv").getvalue()
    Channel.objects.create(code="moved", name="Moved here", kind="import")
    upload: Any = ContentFile(content, name="orders.csv")
    job = jobs.create_import(new=jobs.NewImport(kind="orders", channel="moved", upload=upload))
    for start in (jobs.start_check, jobs.start_commit):
        start(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
    first, second = (
        list(
            OrderLine.objects.filter(order__channel_id=channel)
            .order_by("line_no")
            .values_list("sku", "name", "quantity", "unit_price", "goods_amount")
        )
        for channel in ("manual", "moved")
    )
    assert first == second
    assert len(first) == 2
