"""Importing past orders: what comes in equals an independent sum over the file, and nothing comes in twice."""

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.db import connection
from django.db.models import Sum

from kernel.core import clock
from kernel.files import storage as files
from tenant_apps.finance import selectors as finance
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues, write_error_file
from tenant_apps.imports.states import ImportState
from tenant_apps.inventory.models import StockMovement
from tenant_apps.orders.models import Channel, Order, OrderLine

SAMPLE = Path(__file__).parent / "data" / "online_retail_sample.csv"
RULES: dict[str, Any] = {
    "cancellation_prefix": "C",
    "adjustment_prefix": "A",
    "service_skus": ["POST", "DOT", "M", "D", "S", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "GIFT*"],
    "time_zone": "Europe/London",
}


def whole_file() -> Path | None:
    """The 541,909 lines, where they are at hand: in BANYAN_DATA or in `shared/data` beside the checkout."""
    folders = [os.environ.get("BANYAN_DATA", ""), str(Path(__file__).resolve().parents[3] / "shared" / "data")]
    found = [Path(folder) / "online_retail.csv.gz" for folder in folders if folder]
    return next((path for path in found if path.exists()), None)


@dataclass
class Oracle:
    """The totals of the file by its own few rules, written without a line of the importer."""

    lines: int = 0
    exact: Decimal = Decimal(0)
    sales: Decimal = Decimal(0)
    returns: Decimal = Decimal(0)
    orders: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    def read(self, rows: Iterator[dict[str, str]]) -> "Oracle":
        for row in rows:
            quantity = int(row["Quantity"])
            price = Decimal(row["UnitPrice"])
            if row["InvoiceNo"].startswith("A"):
                self.refused["bad_debt_adjustment"] += 1
                continue
            if price == 0 and not row["CustomerID"]:
                self.refused["stock_correction"] += 1
                continue
            rounded = (quantity * price).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            self.lines += 1
            self.exact += quantity * price
            self.orders.add(row["InvoiceNo"])
            if row["InvoiceNo"].startswith("C"):
                self.returns -= rounded
            else:
                self.sales += rounded
        return self


def sums_of(job: ImportJob) -> tuple[Decimal, Decimal, Decimal]:
    """Sales, returns, and quantity × price."""
    sales, returns, exact = (Decimal(job.figures[name]) for name in ("sales_amount", "returns_amount", "exact_amount"))
    return sales, returns, exact


@pytest.fixture
def channel(db: None) -> Channel:
    return Channel.objects.create(code="retail", name="Online retail", kind="import")


def uploaded(upload: File[Any], options: dict[str, Any] = RULES) -> ImportJob:
    new = jobs.NewImport(kind="orders", channel="retail", mode="history", upload=upload, options=options)
    return jobs.create_import(new=new)


def imported(upload: File[Any], **options: Any) -> ImportJob:
    """Upload, dry run and commit, in process."""
    job = uploaded(upload, options.get("options", RULES))
    for start in (jobs.start_check, jobs.start_commit):
        start(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
        assert job.state in {ImportState.CHECKED, ImportState.COMMITTED}, job.message
    return job


def sample() -> ContentFile[bytes]:
    return ContentFile(SAMPLE.read_bytes(), name="sample.csv")


@pytest.mark.django_db
class TestTheSample:
    def test_equals_an_independent_sum(self, channel: Channel) -> None:
        with SAMPLE.open(encoding="utf-8", newline="") as stream:
            oracle = Oracle().read(csv.DictReader(stream))
        job = imported(sample())
        assert job.total_rows == 2_000
        assert (job.imported_rows, job.figures["order_count"]) == (oracle.lines, len(oracle.orders))
        assert job.reasons == dict(oracle.refused)
        assert sums_of(job) == (oracle.sales, oracle.returns, oracle.exact)
        assert OrderLine.objects.count() == oracle.lines
        stored = Order.objects.aggregate(total=Sum("total"))["total"]
        assert stored == oracle.sales - oracle.returns
        assert OrderLine.objects.aggregate(total=Sum("goods_amount"))["total"] == stored

    def test_every_line_is_imported_or_listed(self, channel: Channel) -> None:
        job = imported(sample())
        listed = [issue for _position, issue in read_issues(job.issues_stored_as)]
        assert len(listed) == job.refused_rows == job.total_rows - job.imported_rows
        assert Counter(issue.reason for issue in listed) == Counter(job.reasons)
        with SAMPLE.open(encoding="utf-8", newline="") as stream:
            file_rows = list(csv.reader(stream))
        assert all(file_rows[issue.line - 1] == issue.cells for issue in listed)

    def test_moves_no_stock_and_balances_the_ledger(self, channel: Channel) -> None:
        job = imported(sample())
        assert StockMovement.objects.count() == 0
        balances = {row.code: row.debits - row.credits for row in finance.trial_balance().rows}
        assert sum(balances.values()) == 0
        assert balances["1012"] == sums_of(job)[0] - sums_of(job)[1]

    def test_the_same_file_again_doubles_nothing(self, channel: Channel) -> None:
        first = imported(sample())
        before = list(Order.objects.order_by("id").values())
        again = imported(sample())
        assert list(Order.objects.order_by("id").values()) == before
        assert again.imported_rows == again.figures["order_count"] == 0
        assert again.reasons["already_imported"] == first.imported_rows

    def test_the_dry_run_changes_nothing_but_the_job(self, channel: Channel) -> None:
        job = uploaded(sample())
        jobs.start_check(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
        assert job.state == ImportState.CHECKED
        assert job.imported_rows > 1_500
        assert Order.objects.count() == 0

    def test_what_a_repeated_dry_run_replaces_is_deleted(
        self, channel: Channel, django_capture_on_commit_callbacks: Any
    ) -> None:
        job = uploaded(sample())
        named = []
        for _ in range(2):
            jobs.start_check(job_id=job.pk)
            with django_capture_on_commit_callbacks(execute=True):
                running.run(job_id=job.pk, now=clock.now())
            job.refresh_from_db()
            named.append([Path(files.path_of(name)) for name in (job.plan_stored_as, job.issues_stored_as)])
        assert [path.exists() for path in named[0] + named[1]] == [False, False, True, True]

    def test_postage_is_a_service_and_ids_stay_text(self, channel: Channel) -> None:
        imported(sample())
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT product.kind FROM catalog_variant variant
                   JOIN catalog_product product ON product.id = variant.product_id WHERE variant.sku = 'POST'"""
            )
            assert cursor.fetchall() == [("service",)]
            cursor.execute("SELECT count(*) FROM customers_customer WHERE external_id LIKE '%.%'")
            assert cursor.fetchone() == (0,)

    def test_the_issue_list_can_be_corrected_in_a_spreadsheet(self, channel: Channel) -> None:
        text = (
            "订单号,商家编码,商品名称,数量,单价,下单时间\n"
            "T1,A-1,=cmd|' /C calc'!A0,0,1.00,2026-01-01\nT2,A-2,+SUM(A1),1,x,2026-01-01\nT3,A-3,好,1,1.00,2026-01-01\n"
        )
        job = imported(ContentFile(text.encode("gbk"), name="淘宝.csv"), options={})
        assert job.reasons == {"zero_quantity": 1, "bad_price": 1}
        lines = "".join(write_error_file(job.issues_stored_as, job.headings, {})).splitlines()
        assert lines[0].endswith(",订单号,商家编码,商品名称,数量,单价,下单时间")
        assert "'=cmd|" in lines[1]
        assert "'+SUM(A1)" in lines[2]


@pytest.mark.django_db
class TestOneLine:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (",S,n,1,1,2026-01-01", "bad_order_number"),
            ("T,,n,1,1,2026-01-01", "bad_sku"),
            ("T,S,n,1.5,1,2026-01-01", "bad_quantity"),
            ("T,S,n,1_0,1,2026-01-01", "bad_quantity"),
            ("T,S,n,0,1,2026-01-01", "zero_quantity"),
            ("T,S,n,1000001,1,2026-01-01", "quantity_out_of_range"),
            ("T,S,n,-1,1,2026-01-01", "negative_quantity"),
            ("T,S,n,1,NaN,2026-01-01", "bad_price"),
            ("T,S,n,1,1e3,2026-01-01", "bad_price"),
            ("T,S,n,1,1.00001,2026-01-01", "bad_price"),
            ("T,S,n,1,-1,2026-01-01", "negative_price"),
            ("T,S,n,1,1,tomorrow", "bad_date"),
            ("T,S,n,1,1,0001-01-01", "bad_date"),
            ("T,S", "missing_columns"),
            ("", "empty_row"),
            ('T,S,"n,1,1,2026-01-01', "broken_quotes"),
            ("T,S,n\0,1,1,2026-01-01", "nul_character"),
        ],
    )
    def test_is_refused_with_its_reason(self, channel: Channel, row: str, reason: str) -> None:
        good = "GOOD,S-1,好,1,1.00,2026/01/31 08:00"
        text = f"order_number,sku,name,quantity,unit_price,placed_at\n{row}\n{good}\n"
        job = imported(ContentFile(text.encode(), name="one.csv"), options={})
        assert (job.reasons, job.imported_rows) == ({reason: 1}, 1)


@pytest.mark.django_db
@pytest.mark.whole_file
@pytest.mark.skipif(
    whole_file() is None, reason="online_retail.csv.gz is neither in BANYAN_DATA nor beside the checkout"
)
def test_the_whole_file_equals_an_independent_sum(channel: Channel) -> None:
    path = whole_file()
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        oracle = Oracle().read(csv.DictReader(stream))
    with path.open("rb") as upload:
        job = imported(File(upload, name=path.name))
    assert job.total_rows == 541_909
    assert (job.imported_rows, job.figures["order_count"]) == (oracle.lines, len(oracle.orders))
    assert job.reasons == dict(oracle.refused)
    assert sums_of(job) == (oracle.sales, oracle.returns, oracle.exact)
    totals = OrderLine.objects.aggregate(amount=Sum("goods_amount"))
    assert totals["amount"] == oracle.sales - oracle.returns == Order.objects.aggregate(total=Sum("total"))["total"]
