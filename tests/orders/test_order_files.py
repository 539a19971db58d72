"""Order files of real shops: damaged numbers, states, amounts; an order comes in whole or not at all."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.catalog.models import Variant
from tenant_apps.customers.models import Customer
from tenant_apps.finance import selectors as finance
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues, write_error_file
from tenant_apps.imports.services.reading.columns import ColumnMapping
from tenant_apps.imports.states import ImportState
from tenant_apps.orders.models import Channel, Order, OrderLine
from tenant_apps.orders.rules.file_states import FileState, judge_states

pytestmark = pytest.mark.django_db

HEADING = "订单号,商家编码,商品名称,数量,单价,下单时间,买家"
TODAY = f"{clock.now():%Y-%m-%d}"


@pytest.fixture(autouse=True)
def channel(db: None) -> Channel:
    return Channel.objects.create(code="shop", name="店", kind="import")


def uploaded(content: str | bytes, **fields: Any) -> ImportJob:
    data = content.encode() if isinstance(content, str) else content
    upload: Any = ContentFile(data, name="订单.csv")
    return jobs.create_import(new=jobs.NewImport(kind="orders", channel="shop", upload=upload, **fields))


def step(job: ImportJob, start: Any) -> ImportJob:
    start(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def imported(content: str | bytes, **fields: Any) -> ImportJob:
    job = step(step(uploaded(content, **fields), jobs.start_check), jobs.start_commit)
    assert job.state == ImportState.COMMITTED, job.message
    return job


def table(*rows: str, extra: str = "") -> str:
    return "\n".join([HEADING + (f",{extra}" if extra else ""), *rows]) + "\n"


def line(number: str = "T1", sku: str = "A", quantity: str = "1", price: str = "10.00", *extra: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([number, sku, "", quantity, price, TODAY, "b1", *extra])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (line(price="12,50"), "unit_price", "bad_price"),
        (line(price="1.234,50"), "unit_price", "bad_price"),
        (line(quantity="1,5"), "quantity", "bad_quantity"),
        (line(number="2.52346E+17"), "order_number", "damaged_identifier"),
        (line(sku="6.9E+12"), "sku", "damaged_identifier"),
        (line(number="\u200b"), "order_number", "bad_order_number"),
        (line(sku="N" * 65), "sku", "bad_sku"),
        (
            line(quantity="1000000", price="9999999.9999").replace("1000000", "1000001"),
            "quantity",
            "quantity_out_of_range",
        ),
    ],
)
def test_cells_that_are_refused(row: str, column: str, reason: str) -> None:
    job = imported(table(row, line("GOOD")))
    found = [(one.line, one.column, one.reason) for _position, one in read_issues(job.issues_stored_as)]
    assert (found, job.imported_rows) == ([(2, column, reason)], 1)


@pytest.mark.parametrize(
    ("price", "value"), [("60.00元", "60.00"), ("￥60", "60.00"), ("1,234.50", "1234.50"), ("６０", "60.00")]
)
def test_prices_that_are_read(price: str, value: str) -> None:
    imported(table(line(price=price)))
    assert Order.objects.get().total == Decimal(value)


def test_one_sku_however_it_is_written() -> None:
    imported(
        table(
            *(line(f"T{place}", sku) for place, sku in enumerate(["CREAM-50\u200b", "ＣＲＥＡＭ－５０", "'cream-50"]))
        )
    )
    assert list(Variant.objects.values_list("sku", flat=True)) == ["CREAM-50"]


def test_long_numbers_of_a_workbook_are_refused_and_never_merged() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADING.split(","))
        for row, number in enumerate((252346789012345671, 252346789012345672, 252346789012345673), start=1):
            sheet.write_row(row, 0, [number, "A", "", 1, 10, TODAY, "b1"])
        sheet.write_row(4, 0, [536365, "A", "", 1, 10, TODAY, "b1"])
    job = imported(out.getvalue())
    assert (job.reasons, Order.objects.get().external_number) == ({"damaged_identifier": 3}, "536365")


def test_an_order_with_a_bad_line_stays_out_and_comes_with_the_corrected_file() -> None:
    job = imported(table(line("T1", "A"), line("T1", "B", "x"), line("T2")))
    assert job.reasons == {"bad_quantity": 1, "order_incomplete": 1}
    assert [order.external_number for order in Order.objects.all()] == ["T2"]
    text = "".join(write_error_file(job.issues_stored_as, job.headings, {}))
    again = imported(text.replace(",x,", ",2,"))
    assert (again.refused_rows, again.imported_rows) == (0, 2)
    assert OrderLine.objects.filter(order__external_number="T1").count() == 2


@pytest.mark.parametrize(
    "broken",
    ["T1,A", 'T1,"A,,1,10.00,2026-01-01,b1', "T1,A\0,,1,10.00,2026-01-01,b1", ",A,,1,10.00,2026-01-01,b1"],
    ids=["short", "quote", "nul", "merged cell"],
)
def test_a_row_that_cannot_be_read_keeps_its_order_out(broken: str) -> None:
    job = imported(table(line("T1", "A"), broken, line("T2")))
    assert (job.refused_rows, [order.external_number for order in Order.objects.all()]) == (2, ["T2"])


@pytest.mark.parametrize(
    ("extra", "cells", "reason"),
    [
        ("订单状态", ("交易关闭",), "order_closed"),
        ("订单状态", ("等待买家付款",), "order_unpaid"),
        ("订单状态", ("已取消",), "order_closed"),
        ("Financial Status", ("pending",), "order_unpaid"),
        ("Financial Status", ("voided",), "order_closed"),
        ("订单状态", ("买家已付款，等待卖家发货",), "order_not_finished"),
        ("售后状态", ("退款中",), "order_in_after_sale"),
        ("订单状态", ("翻译不了",), "unknown_state"),
        ("订单状态,售后状态", ("交易成功", "部分退款"), "refund_unknown"),
        ("退款金额", ("11",), "refund_too_large"),
        ("优惠", ("11",), "discount_too_large"),
        ("运费", ("8,5",), "bad_amount"),
        ("代理编号", ("NOBODY",), "unknown_agent"),
        ("快递单号", ("7.8E+13",), "damaged_identifier"),
    ],
)
def test_orders_that_are_no_revenue_stay_out(extra: str, cells: tuple[str, ...], reason: str) -> None:
    job = imported(table(line("T1", "A", "1", "10.00", *cells), line("T2"), extra=extra))
    assert (job.reasons, [order.external_number for order in Order.objects.all()]) == ({reason: 1}, ["T2"])


def test_freight_discount_refund_receiver_and_parcel_have_their_effect() -> None:
    extra = "订单状态,运费,优惠,退款金额,收货人,手机号,收货地址,快递公司,快递单号,备注"
    facts = ("交易成功", "8.00", "3.00", "5.00", "王小姐", "138****5678", "漕溪路1号", "顺丰", "SF123", "送她")
    job = imported(table(line("T1", "A", "2", "10.00", *facts), line("T1", "B", "1", "10.00", *facts), extra=extra))
    order = Order.objects.get()
    assert (order.goods_amount, order.discount, order.freight, order.total) == (27, 3, 8, 35)
    assert (order.refunded_amount, order.payment_state) == (5, "partly_refunded")
    assert order.receiver["phone"] == "138****5678"
    assert (order.carrier, order.tracking_number, order.note) == ("顺丰", "SF123", "送她")
    shares = OrderLine.objects.order_by("line_no").values_list("discount", "goods_amount", "refunded_amount")
    assert list(shares) == [
        (Decimal("2.00"), Decimal("18.00"), Decimal("3.33")),
        (Decimal("1.00"), Decimal("9.00"), Decimal("1.67")),
    ]
    assert (job.figures["sales_amount"], job.figures["returns_amount"]) == ("35.00", "5.00")
    balances = {row.code: row.debits - row.credits for row in finance.trial_balance().rows}
    assert balances["1012"] == 30


def test_amounts_of_lines_are_added_where_the_rules_say_so() -> None:
    rows = (line("T1", "A", "1", "10.00", "1.00"), line("T1", "B", "1", "10.00", "2.00"))
    assert imported(table(*rows, extra="优惠")).reasons == {"facts_differ": 2}
    imported(table(*rows, extra="优惠"), options={"per_line": ["discount"]})
    assert Order.objects.get().discount == 3


def test_a_state_of_the_shops_own_is_taught() -> None:
    rows = table(line("T1", "A", "1", "10.00", "线下已收"), extra="订单状态")
    imported(rows, options={"states": ["线下已收 = completed"]})
    assert Order.objects.count() == 1


def test_a_refunded_order_is_no_revenue() -> None:
    job = imported(table(line("T1", "A", "1", "10.00", "退款成功"), extra="售后状态"))
    order = Order.objects.get()
    assert (order.payment_state, order.refunded_amount) == ("refunded", 10)
    assert (job.figures["sales_amount"], job.figures["returns_amount"]) == ("10.00", "10.00")


def test_a_heading_with_a_meaning_is_never_ignored() -> None:
    with pytest.raises(DomainError) as refusal:
        uploaded(table(line("T1", "A", "1", "10.00", "3"), extra="平台优惠"))
    assert [(error.field, error.code) for error in refusal.value.errors] == [("left_out.平台优惠", "unused_column")]
    job = uploaded(
        table(line("T1", "A", "1", "10.00", "3"), extra="平台优惠"), mapping=ColumnMapping({}, ("平台优惠",))
    )
    assert step(job, jobs.start_check).state == ImportState.CHECKED
    assert uploaded(table(line("T2", "A", "1", "10.00", "3"), extra="平台优惠")).left_out == ["平台优惠"]


def test_a_gift_sets_no_retail_price() -> None:
    imported(table(line("T1", "A", "1", "10.00"), line("T1", "A", "1", "0.00"), line("T2", "B", "1", "0")))
    assert dict(Variant.objects.values_list("sku", "retail_price"))["A"] == 10


@pytest.mark.parametrize(("year", "refused"), [("2099", 1), ("2019", 1), ("1999", 1)])
def test_a_mistyped_year_is_refused(year: str, refused: int) -> None:
    rows = [line(f"T{number}") for number in range(3)]
    job = imported(table(*rows, line("ODD").replace(TODAY, f"{year}-01-05")))
    assert (job.reasons, job.imported_rows) == ({"year_out_of_range": refused}, 3)


def test_undo_takes_past_orders_away_while_nothing_hangs_on_them() -> None:
    job = imported(table(line("T1"), line("T2"), extra=""))
    before = {row.code: row.debits - row.credits for row in finance.trial_balance().rows}
    assert before["1012"] == 20
    job = step(job, jobs.start_undo)
    assert (job.state, Order.objects.count(), OrderLine.objects.count()) == (ImportState.UNDONE, 0, 0)
    after = {row.code: row.debits - row.credits for row in finance.trial_balance().rows}
    assert after.get("1012", 0) == 0
    assert imported(table(line("T1"))).imported_rows == 1


def test_a_damaged_customer_id_names_nobody() -> None:
    imported(table(line().replace("b1", "1.2E+17")))
    assert (Order.objects.get().customer_id, Customer.objects.count()) == (None, 0)


@pytest.mark.parametrize(
    ("words", "state", "reason"),
    [
        ({}, None, ""),
        ({"order_state": "交易成功"}, FileState.COMPLETED, ""),
        ({"order_state": "已发货,待签收"}, FileState.SHIPPED, ""),
        ({"order_state": "已发货，退款成功"}, FileState.REFUNDED, ""),
        ({"payment_state": "partially_refunded", "fulfilment_state": "fulfilled"}, FileState.SHIPPED, ""),
        ({"payment_state": "paid", "fulfilment_state": "unfulfilled"}, FileState.PAID, ""),
        ({"order_state": "已完成", "after_sale_state": "无售后或售后取消"}, FileState.COMPLETED, ""),
        ({"order_state": "closed", "payment_state": "paid"}, None, "order_closed"),
        ({"order_state": "??"}, None, "unknown_state"),
    ],
)
def test_states_of_channels(words: dict[str, str], state: FileState | None, reason: str) -> None:
    verdict = judge_states(words)
    assert (verdict.state, verdict.reason) == (state, reason)


NUMBERS = st.sampled_from(["T1", "T2", "T3", "'T1", '="T2"', "", "2.5E+17", "T\u200b1", "Ｔ１", "C1", "N" * 65])
SKUS = st.sampled_from(["A", "a", "B", "A\u200b", "Ａ", "", "6.9E+12", "X" * 64, "ß" * 40, "=1+1", "好"])
QUANTITIES = st.sampled_from(["1", "2", "1,5", "1,000", "-1", "0", "1000000", "x", "３"])
PRICES = st.sampled_from(["10.00", "0", "0.005", "1,5", "60元", "9999999.9999", "-1", "1e3", "￥3"])
STATES = st.sampled_from(["交易成功", "", "交易关闭", "退款成功", "部分退款", "??"])
AMOUNTS = st.sampled_from(["", "0", "1", "3.333", "9999999999999", "8,5", "-1", "2元"])
DATES = st.sampled_from([TODAY, "2206-01-01", "2026年1月5日", "46027", "x"])
ROWS = st.lists(
    st.tuples(NUMBERS, SKUS, QUANTITIES, PRICES, DATES, STATES, AMOUNTS, AMOUNTS, AMOUNTS, NUMBERS), max_size=6
)


@given(rows=ROWS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_dry_run_counts_the_commit_writes(rows: list[tuple[str, ...]]) -> None:
    """Over generated damage: the commit neither fails nor differs from its dry run, and sums agree."""
    Channel.objects.get_or_create(code="shop", defaults={"name": "店", "kind": "import"})
    Order.objects.filter(
        channel_id="shop"
    ).exists() and OrderLine.objects.all().delete() and Order.objects.all().delete()
    buffer = io.StringIO()
    heading = "订单号,商家编码,数量,单价,下单时间,订单状态,运费,优惠,退款金额,买家"
    csv.writer(buffer).writerows([heading.split(","), *rows])
    job = step(uploaded(buffer.getvalue(), options={"cancellation_prefix": "C"}), jobs.start_check)
    assert job.state == ImportState.CHECKED, job.message
    promised = (job.imported_rows, job.refused_rows, job.figures, job.reasons)
    job = step(job, jobs.start_commit)
    assert job.state == ImportState.COMMITTED, job.message
    assert (job.imported_rows, job.refused_rows, job.figures, job.reasons) == promised
    assert sum(order.total for order in Order.objects.all()) == Decimal(job.figures["sales_amount"]) - sum(
        -order.total for order in Order.objects.filter(kind="return")
    )
