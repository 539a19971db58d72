"""Shipping orders by the tracking numbers of a file."""

from datetime import timedelta
from typing import Protocol

import pytest
from django.core.files.base import ContentFile

from kernel.core import clock
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.states import ImportState
from tenant_apps.inventory.models import Stock
from tenant_apps.orders.models import Channel, Order
from tenant_apps.orders.selectors.parcels import list_parcels
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.hands import ConsoleAs, console_as
from tests.factories.trade import Shop, assert_books_are_sound, sell
from tests.factories.workbooks import workbook

__all__ = ["console_as"]
pytestmark = pytest.mark.django_db

HEADING = "订单号,快递公司,快递单号,商家编码,数量\n"
ZTO = "78123456789012"


class Start(Protocol):
    def __call__(self, *, job_id: int) -> object: ...


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*(wanted or (("G-01", 2),)))
    pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    return order


def uploaded(upload: ContentFile[bytes]) -> ImportJob:
    return jobs.create_import(new=jobs.NewImport(kind="tracking_numbers", upload=upload))


def run(job: ImportJob, *starts: Start) -> ImportJob:
    for start in starts or (jobs.start_check, jobs.start_commit):
        start(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
    return job


def text_file(*rows: str) -> ImportJob:
    return uploaded(ContentFile((HEADING + "\n".join(rows)).encode(), name="单号.csv"))


def codes_of(job: ImportJob) -> dict[int, str]:
    return {issue.line: issue.reason for _position, issue in read_issues(job.issues_stored_as)}


def numbers_of(order: Order) -> list[tuple[str, str, list[tuple[str, int]]]]:
    return [
        (one.carrier, one.tracking_number, [(part["sku"], part["quantity"]) for part in one.contents])
        for one in list_parcels(order_id=order.pk)
    ]


def test_whole_orders_and_single_parcels_are_shipped(shop: Shop) -> None:
    whole, split = paid(("G-01", 2)), paid(("G-01", 2), ("G-02", 3))
    job = run(
        text_file(
            f"{whole.number},zto,{ZTO},,",
            f"{split.number},顺丰,SF1234567890123,G-01,2",
            f"{split.number},SF,SF1234567890123,g-02,1",
            f"{split.number},圆通,odd-1,G-02,1",
        )
    )
    assert (job.state, job.imported_rows, job.reasons) == (ImportState.COMMITTED, 4, {})
    assert job.figures == {"orders": 2, "parcels": 3, "unusual": 1}
    assert numbers_of(whole) == [("中通快递", ZTO, [("G-01", 2)])]
    assert numbers_of(split) == [
        ("顺丰速运", "SF1234567890123", [("G-01", 2), ("G-02", 1)]),
        ("圆通速递", "ODD-1", [("G-02", 1)]),
    ]
    split.refresh_from_db()
    assert split.fulfilment_state == "partly_shipped"
    assert list_parcels(order_id=whole.pk)[0].carrier_reason.endswith(f"#{job.pk}")
    assert_books_are_sound()


def test_a_workbook_does_the_same(shop: Shop) -> None:
    order = paid()
    rows = {"订单号": order.number, "快递公司": "YD", "快递单号": "4312345678901"}
    job = run(uploaded(workbook(rows)))
    assert (job.imported_rows, job.reasons) == (1, {})
    assert numbers_of(order) == [("韵达快递", "4312345678901", [("G-01", 2)])]


def test_a_dry_run_ships_nothing_and_shows_what_it_read(shop: Shop) -> None:
    order = paid()
    job = run(text_file(f"{order.number},ZTO,{ZTO},,"), jobs.start_check)
    assert (job.state, job.figures["orders"], job.preview[0]["values"]["tracking_number"]) == ("checked", 1, ZTO)
    assert (numbers_of(order), Stock.objects.get(variant_id=shop.variant_ids[0]).on_hand) == ([], 100)


def test_the_same_file_again_ships_nothing(shop: Shop) -> None:
    order = paid(("G-01", 2), ("G-02", 1))
    rows = [f"{order.number},ZTO,{ZTO},G-01,1"]
    run(text_file(*rows))
    again = run(text_file(*rows))
    assert (again.figures["orders"], again.reasons) == (0, {"already_shipped": 1})
    assert len(numbers_of(order)) == 1


def test_a_job_that_was_killed_knows_what_it_shipped(shop: Shop) -> None:
    orders = [paid(), paid()]
    job = run(text_file(*(f"{one.number},ZTO,{ZTO}{one.pk},," for one in orders)))
    ImportJob.objects.filter(pk=job.pk).update(state=ImportState.COMMITTING, figures={})
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert (job.state, job.figures["orders"], job.imported_rows, job.reasons) == (ImportState.COMMITTED, 2, 2, {})
    assert [len(numbers_of(one)) for one in orders] == [1, 1]


def test_refused_rows_are_named_and_the_others_shipped(shop: Shop) -> None:
    good, other, twice, parts = paid(), paid(), paid(), paid(("G-01", 1), ("G-02", 1))
    unpaid, cancelled, gone, many = sell(("G-01", 1)), sell(("G-01", 1)), paid(), paid()
    cancel_order(order_id=cancelled.pk, now=clock.now())
    ship_order(order_id=gone.pk, carrier="中通快递", tracking_number="GONE-1", now=clock.now())
    table = [
        (f"{good.number},ZTO,N-1,,", None),
        ("SO-NONE,ZTO,N-2,,", "unknown_order"),
        (f"{other.number},飞毛腿,N-3,,", "unknown_carrier"),
        (f"{twice.number},ZTO,N-4,,", "twice_in_file"),
        (f"{twice.number},ZTO,N-4,,", "twice_in_file"),
        (f"{unpaid.number},ZTO,N-5,,", "order_not_paid"),
        (f"{cancelled.number},ZTO,N-6,,", "order_not_open"),
        (f"{gone.number},ZTO,N-7,,", "illegal_transition"),
        (f"{parts.number},ZTO,N-8,G-01,1", "other_row_refused"),
        (f"{parts.number},ZTO,N-8,G-02,x", "bad_number"),
        (f"{many.number},ZTO,N-9,G-01,3", "invalid_shipment"),
    ]
    job = run(text_file(*(row for row, _code in table)))
    expected = {line: code for line, (_row, code) in enumerate(table, start=2) if code}
    expected[5] = "other_row_refused"
    assert codes_of(job) == expected
    assert (job.figures["orders"], job.imported_rows, job.refused_rows) == (1, 1, 10)
    assert [len(numbers_of(one)) for one in (good, other, twice, parts, many)] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        (["{a},ZTO,N-1,,", "{b},ZTO,N-1,,"], ["number_used", "number_used"]),
        (["{a},ZTO,SENT-1,,"], ["number_used"]),
        (["{a},ZTO,N-1,,", "{a},ZTO,N-2,,"], ["needs_sku", "needs_sku"]),
        (["{a},ZTO,N-1,G-01,1", "{a},SF,N-1,G-02,1"], ["other_row_refused", "number_used"]),
        (["{a},ZTO,N-1,G-01,"], ["incomplete"]),
        (["{a},ZTO,N-1,,2"], ["incomplete"]),
        (["{a},ZTO,N-1,G-09,1"], ["sku_not_in_order"]),
        (["{a},自提,N-1,,"], ["unknown_carrier"]),
        (["{a},,N-1,,"], ["missing"]),
        (["{a},ZTO,,,"], ["missing"]),
        ([",ZTO,N-1,,"], ["missing"]),
        (["TB-1,ZTO,N-1,,"], ["ambiguous_order"]),
    ],
)
def test_numbers_and_parcels_that_contradict(shop: Shop, rows: list[str], codes: list[str]) -> None:
    first, second, sent = paid(("G-01", 1), ("G-02", 1)), paid(), paid()
    for order, code in ((first, "taobao"), (second, "douyin")):
        Channel.objects.create(code=code, name=code, kind="import")
        Order.objects.filter(pk=order.pk).update(channel_id=code, external_number="TB-1")
    ship_order(order_id=sent.pk, carrier="中通快递", tracking_number="SENT-1", now=clock.now())
    job = run(text_file(*(row.format(a=first.number, b=second.number) for row in rows)), jobs.start_check)
    assert [code for _line, code in sorted(codes_of(job).items())] == codes


def test_a_channels_number_and_a_carrier_used_before_are_known(shop: Shop) -> None:
    order, sent = paid(("G-01", 2)), paid()
    Channel.objects.create(code="taobao", name="淘宝", kind="import")
    Order.objects.filter(pk=order.pk).update(channel_id="taobao", external_number="TB-7")
    ship_order(order_id=sent.pk, carrier="跨越速运", tracking_number="KY-1", now=clock.now() - timedelta(hours=1))
    job = run(text_file("TB-7,跨越速运,KY-2,,"))
    assert (job.reasons, numbers_of(order)) == ({}, [("跨越速运", "KY-2", [("G-01", 2)])])


def test_the_list_of_orders_leads_to_the_upload(shop: Shop, console_as: ConsoleAs) -> None:
    address = "/console/imports/new/tracking_numbers/"
    for role, status in (("warehouse", 200), ("finance", 403)):
        user = console_as(role)
        assert (address in user.get("/console/orders/order/").content.decode()) == (status == 200)
        assert user.get(address).status_code == status
