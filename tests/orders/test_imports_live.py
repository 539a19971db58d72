"""Importing new orders: they do everything a placed order does, each on its own."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from kernel.core import clock
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.states import ImportState
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Channel, Order, Payment
from tenant_apps.orders.states import PaymentState

HEADING = "订单号,商家编码,商品名称,数量,单价,下单时间,收货人,手机号,收货地址\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> None:
    """A channel and ten pieces of one SKU on the shelf."""
    Channel.objects.create(code="taobao", name="淘宝", kind="import")
    rows = [NewVariant(sku="RG-01", name="口红", retail_price=Decimal("99.00"))]
    variant_id = ensure_variants(rows=rows)["RG-01"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET state = 'on_shelf'")
    line = inventory.ReceiptLine(variant_id, 10, Decimal("20.00"))
    inventory.receive(lines=[line], reference="PO-1", now=clock.now())


def uploaded(text: str) -> ImportJob:
    upload: Any = ContentFile((HEADING + text).encode(), name="今天.csv")
    return jobs.create_import(new=jobs.NewImport(kind="orders", channel="taobao", mode="live", upload=upload))


def run(job: ImportJob, start: Any) -> ImportJob:
    start(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def row(number: str, quantity: int, sku: str = "RG-01", phone: str = "13812345678") -> str:
    return f"{number},{sku},口红,{quantity},88.80,2026-11-20 10:00:00,王小姐,{phone},上海市徐汇区漕溪路1号\n"


def test_orders_are_placed_paid_and_reserved(shop: None) -> None:
    job = run(run(uploaded(row("T1", 2) + row("T1", 1) + row("T2", 4)), jobs.start_check), jobs.start_commit)
    assert (job.state, job.figures["order_count"], job.imported_rows) == (ImportState.COMMITTED, 2, 3)
    orders = {order.external_number: order for order in Order.objects.all()}
    assert orders["T1"].total == Decimal("266.40")
    assert orders["T1"].payment_state == PaymentState.PAID
    assert orders["T1"].receiver["phone"] == "+8613812345678"
    assert Stock.objects.get().reserved == 7


def test_the_dry_run_shows_the_refusals_and_changes_nothing(shop: None) -> None:
    text = row("T1", 2) + row("T2", 11) + row("T3", 1, sku="NO-SUCH") + row("T4", 1, phone="12")
    job = run(uploaded(text), jobs.start_check)
    assert (job.state, job.figures["order_count"], job.reasons) == (ImportState.CHECKED, 2, {"order_refused": 2})
    details = {issue.line: issue.detail for _position, issue in read_issues(job.issues_stored_as)}
    assert sorted(details) == [3, 4]
    assert all(details.values())
    assert (Order.objects.count(), Stock.objects.get().reserved) == (0, 0)


def test_a_job_that_was_killed_goes_on_where_it_stopped(shop: None) -> None:
    job = run(uploaded(row("T1", 2) + row("T2", 3)), jobs.start_check)
    jobs.start_commit(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    # The worker died after the orders, before the job's row: the row still says "committing".
    ImportJob.objects.filter(pk=job.pk).update(state=ImportState.COMMITTING, figures={})
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert (job.state, job.figures["order_count"], job.imported_rows, job.reasons) == (ImportState.COMMITTED, 2, 2, {})
    assert (Order.objects.count(), Payment.objects.count(), Stock.objects.get().reserved) == (2, 2, 5)


def test_long_numbers_that_differ_only_at_their_end_are_two_orders(shop: None) -> None:
    first, second = ("N" * 63 + end for end in "12")
    job = run(run(uploaded(row(first, 1) + row(second, 1)), jobs.start_check), jobs.start_commit)
    assert (job.figures["order_count"], job.reasons) == (2, {})
    assert Payment.objects.count() == 2


def test_the_same_file_again_doubles_nothing(shop: None) -> None:
    text = row("T1", 2)
    run(run(uploaded(text), jobs.start_check), jobs.start_commit)
    again = run(run(uploaded(text), jobs.start_check), jobs.start_commit)
    assert (again.figures["order_count"], again.reasons) == (0, {"already_imported": 1})
    assert Order.objects.count() == 1
