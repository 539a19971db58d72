"""An export of everything also holds what the platform keeps about the brand: all of it, and nobody else's."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from kernel.events import queue
from kernel.files import storage as files
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.billing.models import OfflinePayment, PlanPeriod, PlanVersion, StripeInvoice, Subscription
from shared_apps.support.models import AccessGrant, AccessLogEntry, Ticket, TicketFile, TicketMessage
from shared_apps.tenants.models import Brand, BrandExport, DomainClaim
from shared_apps.tenants.services import export_shared, exports
from tests.tenants.archives.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE = b"a picture"
NOTE_PICTURE = b"for our eyes only"
PROOF = b"%PDF a proof"
LATER = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def _sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "send", lambda *_: None)


def store(content: bytes, suffix: str) -> str:
    return files.store(ContentFile(content), folder="support", suffix=suffix)


def ask(brand: Brand, words: str) -> None:
    """A ticket with an answer, an internal note, and a picture on each."""
    ticket = Ticket.objects.create(
        brand=brand,
        number=f"T{brand.pk}",
        subject=words,
        opened_by_id=1,
        opened_by="林晓",
        opened_at=NOW,
        updated_at=NOW,
        assigned_to_id=7,
        assigned_to="Desk 7",
    )
    for body, is_internal, content in [(words, False, PICTURE), (f"secretly {words}", True, NOTE_PICTURE)]:
        message = TicketMessage.objects.create(
            ticket=ticket,
            author_kind="staff",
            author_id=7,
            author="S",
            body=body,
            is_internal=is_internal,
            created_at=NOW,
        )
        TicketFile.objects.create(
            message=message, name="p.png", path=store(content, ".png"), content_type="image/png", size_bytes=9
        )


def let_in(brand: Brand, words: str) -> None:
    grant = AccessGrant.objects.create(
        brand=brand, kind="consent", reason=words, requested_by_id=1, requested_by="林晓", created_at=NOW, hours=2
    )
    AccessLogEntry.objects.create(
        grant=grant,
        staff_id=7,
        staff_name="S",
        occurred_at=NOW,
        method="GET",
        path=f"/{words}",
        status=200,
        ip_address="10.0.0.1",
        request_id="r",
    )


def pay(brand: Brand, words: str) -> None:
    version = PlanVersion.objects.order_by("id").first()
    assert version is not None
    payment = OfflinePayment.objects.create(
        brand=brand,
        plan_version=version,
        starts_on=NOW.date(),
        ends_on=LATER.date(),
        amount=100,
        payer=words,
        bank_reference=words,
        received_on=NOW.date(),
        proof_path=store(PROOF, ".pdf"),
        note=f"secretly {words}",
        state="approved",
        recorded_by_id=7,
        recorded_by="S",
        recorded_at=NOW,
        needs_second_person=False,
    )
    period: dict[str, Any] = {"starts_at": NOW, "ends_at": LATER, "given_by": "S", "created_at": NOW}
    PlanPeriod.objects.create(brand=brand, plan_version=version, kind="offline", payment=payment, **period)
    StripeInvoice.objects.create(
        brand=brand,
        stripe_invoice_id=f"in_{words}",
        number=words,
        status="paid",
        total=9,
        amount_paid=9,
        currency="CNY",
        issued_at=NOW,
        fetched_at=NOW,
    )
    Subscription.objects.create(
        brand=brand,
        stripe_subscription_id=f"sub_{words}",
        status="canceled",
        plan_version=version,
        interval="month",
        current_period_start=NOW,
        current_period_end=LATER,
        started_at=NOW,
        fetched_at=NOW,
    )


def fill(brand: Brand, words: str) -> None:
    ask(brand, words)
    let_in(brand, words)
    pay(brand, words)
    DomainClaim.objects.create(brand=brand, domain=f"{words}.example", token="opens-a-door", created_at=NOW)


@pytest.fixture
def _nothing_stays(live_brand: Brand, other_brand: Brand) -> Iterator[None]:
    """Delete the rows that protect brands from being deleted."""
    yield
    kept = (AccessGrant, Ticket, OfflinePayment, PlanPeriod, StripeInvoice, Subscription, DomainClaim)
    with public_schema(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in kept)} CASCADE")


@pytest.fixture
def parcel(live_brand: Brand, other_brand: Brand, _nothing_stays: None) -> zipfile.ZipFile:
    """The export of a brand about which the platform keeps one of everything, as about another one."""
    with public_schema():
        fill(live_brand, "ours")
        fill(other_brand, "of-another-brand")
    export = exports.request_export(brand_id=live_brand.pk, requested_by="林晓", now=NOW)
    with brand_schema(live_brand.schema_name):
        exports.run_export(export_id=export.pk, now=NOW)
    with public_schema():
        assert BrandExport.objects.get(pk=export.pk).last_error == ""
    with exports.open_export(export_id=export.pk, brand_id=live_brand.pk) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows_of(parcel: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    text = parcel.read(f"platform/{table}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everything_of_the_brand_is_there_and_nothing_of_anothers(parcel: zipfile.ZipFile) -> None:
    assert [row["subject"] for row in rows_of(parcel, "support_ticket")] == ["ours"]
    assert [row["body"] for row in rows_of(parcel, "support_ticketmessage")] == ["ours"]
    assert len(rows_of(parcel, "support_ticketfile")) == 1
    assert [row["reason"] for row in rows_of(parcel, "support_accessgrant")] == ["ours"]
    assert [row["path"] for row in rows_of(parcel, "support_accesslogentry")] == ["/ours"]
    assert [row["payer"] for row in rows_of(parcel, "billing_offlinepayment")] == ["ours"]
    assert len(rows_of(parcel, "billing_planperiod")) == 1
    assert [row["number"] for row in rows_of(parcel, "billing_stripeinvoice")] == ["ours"]
    assert [row["stripe_subscription_id"] for row in rows_of(parcel, "billing_subscription")] == ["sub_ours"]
    assert [row["domain"] for row in rows_of(parcel, "tenants_domainclaim")] == ["ours.example"]
    everything = b"".join(parcel.read(name) for name in parcel.namelist())
    assert b"of-another-brand" not in everything
    assert b"opens-a-door" not in everything


def test_what_staff_keeps_for_itself_stays_there(parcel: zipfile.ZipFile) -> None:
    everything = b"".join(parcel.read(name) for name in parcel.namelist())
    assert b"secretly" not in everything
    assert NOTE_PICTURE not in everything
    assert b"Desk 7" not in everything
    assert b"10.0.0.1" not in everything


def test_files_are_there_under_the_names_the_tables_give_them(parcel: zipfile.ZipFile) -> None:
    (screenshot,) = rows_of(parcel, "support_ticketfile")
    (transfer,) = rows_of(parcel, "billing_offlinepayment")
    assert parcel.read(f"platform/files/{screenshot['path']}") == PICTURE
    assert parcel.read(f"platform/files/{transfer['proof_path']}") == PROOF


def test_the_page_and_the_checksums_know_of_it(parcel: zipfile.ZipFile) -> None:
    for name in ("README.txt", "README.zh-CN.txt", "SHA256SUMS"):
        page = parcel.read(name).decode("utf-8-sig")
        for shared in export_shared.list_shared():
            assert f"platform/{shared.name}.csv" in page
