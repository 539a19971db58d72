"""Imported orders that are undone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile

from kernel.core import clock
from tenant_apps.finance.states import AccountCode
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.states import ImportState
from tenant_apps.orders.models import Channel, Order
from tenant_apps.orders.services.refund_order import RefundRequest, RefundTerms, refund_on_terms
from tests.factories.trade import Shop, balance_of

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.django_db


def step(job: ImportJob, start: Callable[..., object]) -> ImportJob:
    start(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def imported() -> ImportJob:
    """Import one past order of 10.00 and one that was refunded."""
    Channel.objects.create(code="old", name="Old shop", kind="import")
    rows = (
        "订单号,商家编码,商品名称,数量,单价,下单时间,买家,售后状态\n"
        "T1,G-01,面霜,1,10.00,2026-03-01 10:00:00,b1,\n"
        "T2,G-01,面霜,1,10.00,2026-03-01 11:00:00,b1,退款成功\n"
    )
    upload = ContentFile(rows.encode(), name="old.csv")
    new = jobs.NewImport(kind="orders", channel="old", mode="history", upload=upload, options={})
    job = jobs.create_import(new=new)
    for start in (jobs.start_check, jobs.start_commit):
        job = step(job, start)
    assert (job.state, job.imported_rows) == (ImportState.COMMITTED, 2)
    return job


def test_an_undone_import_gives_sales_and_refunds_back(shop: Shop) -> None:
    job = imported()
    assert balance_of(AccountCode.REVENUE) == 10
    job = step(job, jobs.start_undo)
    assert (job.state, Order.objects.count()) == (ImportState.UNDONE, 0)
    assert balance_of(AccountCode.REVENUE) == 0
    assert balance_of(AccountCode.PLATFORM_CLEARING) == 0


def test_an_import_that_was_worked_on_is_not_undone(shop: Shop) -> None:
    job = imported()
    order = Order.objects.get(payment_state="paid")
    terms = RefundTerms(method="outside")
    refund_on_terms(order_id=order.pk, lines=[RefundRequest(1, 1)], terms=terms, now=clock.now())
    job = step(job, jobs.start_undo)
    assert (job.state, Order.objects.count()) == (ImportState.COMMITTED, 2)
    assert balance_of(AccountCode.REVENUE) == 10
