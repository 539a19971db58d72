"""A brand's data leaves the database only when it was proved that it can come back, and comes back whole."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from kernel.core.states import IllegalTransition
from kernel.database.switching import as_owner
from kernel.models import AuditRecord, OutboxMessage
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.billing.services.lifecycle import sync_billing_status
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, BrandArchive
from shared_apps.tenants.services import (
    archive_files,
    archives,
    archiving,
    dumps,
    lifecycle,
    migrations,
    moves,
    restores,
    snapshots,
    versions,
)
from shared_apps.tenants.services.snapshots import TableContent
from shared_apps.tenants.states import ArchiveState, BrandState, SuspensionCause
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tests.tenants.archives.conftest import NOW, UPLOAD, again, changes, fresh, put, schemas

pytestmark = pytest.mark.django_db(transaction=True)

Content = Callable[[str], dict[str, TableContent]]
LATER = NOW + timedelta(days=31)


def test_archiving_shuts_the_brand_and_keeps_its_data(shop_brand: Brand, content: Content) -> None:
    before = content(shop_brand.schema_name)
    archive = archives.archive_brand(brand_id=shop_brand.pk, reason="did not come back", now=NOW)
    assert archive.state == ArchiveState.VERIFIED
    assert archive.verified_at is not None
    assert archive.row_counts == {table: found.rows for table, found in before.items()}
    assert archive.row_counts["catalog_variant"] == 4
    assert (Path(settings.ARCHIVE_ROOT) / archive.path).stat().st_size == archive.size_bytes
    brand = fresh(shop_brand)
    assert (brand.state, brand.archived_at, brand.schema_dropped_at) == (BrandState.ARCHIVED, NOW, None)
    assert content(shop_brand.schema_name) == before
    assert not any(name.startswith("zz_verify") for name in schemas())
    assert Client(headers={"host": f"{brand.slug}.localhost"}).get("/console/").status_code == 410


def test_archiving_tells_billing_that_nobody_is_to_pay_any_more(shop_brand: Brand) -> None:
    with public_schema():
        before = OutboxMessage.objects.filter(event="tenants.billing_facts_changed").count()
    archives.archive_brand(brand_id=shop_brand.pk, reason="did not come back", now=NOW)
    with public_schema():
        assert OutboxMessage.objects.filter(event="tenants.billing_facts_changed").count() == before + 1


def test_archived_dropped_and_restored_is_the_same_brand(
    shop_brand: Brand, archived: BrandArchive, content: Content
) -> None:
    before = content(shop_brand.schema_name)
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    assert shop_brand.schema_name not in schemas()
    assert not archive_files.brand_folder(shop_brand.schema_name).exists()
    assert fresh(shop_brand).schema_dropped_at == LATER

    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    assert changes(before, content(shop_brand.schema_name)) == []
    brand = fresh(shop_brand)
    assert (brand.state, brand.suspended_because) == (BrandState.SUSPENDED, SuspensionCause.UNPAID)
    assert (brand.archived_at, brand.schema_dropped_at) == (None, None)
    (upload,) = (archive_files.brand_folder(brand.schema_name) / "imports").iterdir()
    assert upload.read_bytes() == UPLOAD
    assert (again(archived).state, again(archived).restored_at) == (ArchiveState.RESTORED, LATER)


def test_a_restored_brand_counts_on_where_it_stood(shop_brand: Brand, archived: BrandArchive, content: Content) -> None:
    """Sequences come back too: the next document does not meet a number that is taken."""
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    with brand_schema(shop_brand.schema_name):
        product = create_product(name="精华", tax_rate=Decimal("0.13"))
        assert add_variant(product_id=product.pk, sku="NEW-1", retail_price=Decimal(9)).pk > 4


def test_a_brand_that_was_not_dropped_comes_back_by_its_state_alone(
    shop_brand: Brand, archived: BrandArchive, content: Content
) -> None:
    before = content(shop_brand.schema_name)
    (Path(settings.ARCHIVE_ROOT) / archived.path).unlink()  # it is not needed
    restores.restore_brand(brand_id=shop_brand.pk, now=NOW)
    assert fresh(shop_brand).state == BrandState.SUSPENDED
    assert changes(before, content(shop_brand.schema_name)) == []


def test_a_restored_brand_answers_at_its_old_address(shop_brand: Brand, archived: BrandArchive) -> None:
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    browser = Client(headers={"host": f"{shop_brand.slug}.localhost"})
    assert browser.get("/console/login/").status_code == 410
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    assert browser.get("/console/login/").status_code == 200


def test_a_restored_brand_is_migrated_to_the_present(shop_brand: Brand) -> None:
    """Its archive is older than the code: what came since is applied, as `migrate_brands` would have done."""
    with brand_schema(shop_brand.schema_name), transaction.atomic(), as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [shop_brand.schema_name])
        later = [table for (table,) in cursor.fetchall() if table.startswith("pricing_")]
        cursor.execute(f"DROP TABLE {', '.join(later)}")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'pricing'")
    put(shop_brand, schema_fingerprint="of an older release")
    archive = archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    archives.drop_archived_schema(archive_id=archive.pk, now=LATER)
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    assert fresh(shop_brand).schema_fingerprint == versions.expected_fingerprint()
    with brand_schema(shop_brand.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pricing_levelprice")


# --- refusals --------------------------------------------------------------------------------------------------------


def test_who_can_still_write_is_not_archived(live_brand: Brand) -> None:
    with pytest.raises(IllegalTransition):
        archives.archive_brand(brand_id=live_brand.pk, reason="by mistake", now=NOW)
    with public_schema():
        assert not BrandArchive.objects.filter(brand=live_brand).exists()


def test_the_data_is_kept_until_its_day(shop_brand: Brand, archived: BrandArchive) -> None:
    with pytest.raises(archives.RetentionNotOver):
        archives.drop_archived_schema(archive_id=archived.pk, now=archived.retained_until - timedelta(seconds=1))
    assert shop_brand.schema_name in schemas()


def test_an_archive_for_another_end_shortens_nothing(shop_brand: Brand) -> None:
    """A move's archive is due at once; the day that counts is the one promised when the brand was archived."""
    moved = moves.prepare_move(brand_id=shop_brand.pk, to_cell="cell-2", reason="main is full", now=NOW).archive
    archive = archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    assert moved is not None
    assert archives.drop_retained_schemas(now=NOW + timedelta(days=29)) == 0
    with pytest.raises(archives.ArchiveOutdated):
        archives.drop_archived_schema(archive_id=moved.pk, now=LATER)
    assert archives.drop_retained_schemas(now=archive.retained_until) == 1


def test_a_tampered_archive_drops_and_restores_nothing(shop_brand: Brand, archived: BrandArchive) -> None:
    path = Path(settings.ARCHIVE_ROOT) / archived.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(archive_files.ArchiveTampered):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    assert shop_brand.schema_name in schemas()
    put(shop_brand, schema_dropped_at=LATER)
    with pytest.raises(archive_files.ArchiveTampered):
        restores.restore_brand(brand_id=shop_brand.pk, now=LATER)


def test_a_missing_archive_drops_nothing(shop_brand: Brand, archived: BrandArchive) -> None:
    (Path(settings.ARCHIVE_ROOT) / archived.path).unlink()
    with pytest.raises(archive_files.ArchiveFileMissing):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    assert shop_brand.schema_name in schemas()


@pytest.mark.parametrize("state", [ArchiveState.DUMPED, ArchiveState.FAILED, ArchiveState.RESTORED])
def test_only_a_proved_archive_drops(shop_brand: Brand, archived: BrandArchive, state: ArchiveState) -> None:
    with public_schema():
        BrandArchive.objects.filter(pk=archived.pk).update(state=state)
    with pytest.raises(archives.ArchiveNotVerified):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)


def test_only_an_archived_brand_is_dropped_and_only_once(shop_brand: Brand, archived: BrandArchive) -> None:
    put(shop_brand, state=BrandState.READ_ONLY)
    with pytest.raises(archives.BrandNotArchived):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    put(shop_brand, state=BrandState.ARCHIVED)
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    with pytest.raises(archives.SchemaDropped):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)


def test_what_was_written_after_the_archive_is_not_lost(
    shop_brand: Brand, archived: BrandArchive, content: Content
) -> None:
    """A request that was under way writes one row: the same number of rows elsewhere would not have shown it."""
    with brand_schema(shop_brand.schema_name), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET name = name || '!' WHERE id = 1")
    with pytest.raises(archives.ArchiveOutdated, match="catalog_product"):
        archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    before = content(shop_brand.schema_name)

    assert archives.drop_retained_schemas(now=LATER) == 0  # archived again instead …
    assert archives.drop_retained_schemas(now=LATER + timedelta(days=1)) == 1  # … and dropped the next day
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    assert changes(before, content(shop_brand.schema_name)) == []


def test_a_dump_that_cannot_be_read_back_archives_nothing(shop_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of one table get lost on the way, as a broken disk or program would do it."""
    whole = archive_files.write_archive

    def lossy(*args: Any, **options: Any) -> archive_files.Written:
        written = whole(*args, **options)
        tables = {**written.manifest.tables, "catalog_variant": TableContent(5, "1")}
        monkeypatch.setattr(
            archive_files, "read_manifest", lambda path: dataclasses.replace(written.manifest, tables=tables)
        )
        return written

    monkeypatch.setattr(archive_files, "write_archive", lossy)
    with pytest.raises(archiving.ArchiveFailed, match="catalog_variant: 4 rows, not 5"):
        archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    (archive,) = selectors.list_archives(shop_brand.pk)
    assert (archive.state, archive.verified_at) == (ArchiveState.FAILED, None)
    assert "catalog_variant" in archive.last_error
    assert fresh(shop_brand).state == BrandState.TRIAL_EXPIRED


def test_a_dump_that_fails_says_why(shop_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "dump_command", lambda schema: [str(dumps.find_pg_dump()), "--no-such-option"])
    with pytest.raises(archiving.ArchiveFailed):
        archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    (archive,) = selectors.list_archives(shop_brand.pk)
    assert archive.state == ArchiveState.FAILED
    assert "no-such-option" in archive.last_error
    assert fresh(shop_brand).state == BrandState.TRIAL_EXPIRED
    assert list((Path(settings.ARCHIVE_ROOT) / shop_brand.schema_name).iterdir()) == []


def test_a_brand_that_paid_while_it_was_dumped_stays_open(shop_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    make = archiving.make_archive

    def slow(**arguments: Any) -> BrandArchive:
        archive = make(**arguments)
        put(shop_brand, state=BrandState.ACTIVE)
        return archive

    monkeypatch.setattr(archiving, "make_archive", slow)
    with pytest.raises(IllegalTransition):
        archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    assert fresh(shop_brand).state == BrandState.ACTIVE


def test_one_brand_is_not_archived_twice_at_once(shop_brand: Brand) -> None:
    with (
        snapshots.exclusive_session(shop_brand.schema_name, purpose=archiving.PURPOSE),
        pytest.raises(snapshots.BrandBusy),
    ):
        archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)


def test_archived_brands_wait_for_their_restore_before_they_are_migrated(
    shop_brand: Brand, archived: BrandArchive
) -> None:
    put(shop_brand, schema_fingerprint="of an older release")
    assert shop_brand.slug not in {outcome.slug for outcome in migrations.migrate_brands()}
    put(shop_brand, schema_fingerprint=versions.expected_fingerprint())
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    assert migrations.migrate_brands(slugs=[shop_brand.slug]) == []


def test_every_step_is_in_the_brands_history(shop_brand: Brand, archived: BrandArchive) -> None:
    archives.drop_archived_schema(archive_id=archived.pk, now=LATER)
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    with public_schema():
        records = AuditRecord.objects.filter(subject=f"brand:{shop_brand.pk}").order_by("id")
        actions = [record.action for record in records]
    wanted = ["tenants.archived", "tenants.schema_dropped", "tenants.restored"]
    assert [action for action in actions if action in wanted] == wanted


@pytest.mark.parametrize("is_dropped", [False, True])
def test_an_archive_lifts_no_suspension_by_support(shop_brand: Brand, is_dropped: bool) -> None:
    put(shop_brand, trial_ends_at=NOW + timedelta(days=365))  # billing would have it on trial
    lifecycle.suspend_brand(brand_id=shop_brand.pk, reason="fraud", now=NOW)
    archive = archives.archive_brand(brand_id=shop_brand.pk, reason="gone", now=NOW)
    if is_dropped:
        archives.drop_archived_schema(archive_id=archive.pk, now=LATER)
    restores.restore_brand(brand_id=shop_brand.pk, now=LATER)
    sync_billing_status(brand_id=shop_brand.pk, now=LATER)
    brand = fresh(shop_brand)
    assert (brand.state, brand.suspended_because) == (BrandState.SUSPENDED, SuspensionCause.STAFF)
    assert (brand.suspension_reason, brand.archived_because) == ("fraud", "")
    with public_schema():
        told = AuditRecord.objects.filter(subject=f"brand:{brand.pk}", action="tenants.state_changed").latest("id")
    assert (told.after or {})["reason"] == "fraud"
    lifecycle.resume_brand(brand_id=shop_brand.pk, reason="a mistake", now=LATER)
    sync_billing_status(brand_id=shop_brand.pk, now=LATER)
    brand = fresh(shop_brand)
    assert (brand.state, brand.suspension_reason) == (BrandState.TRIALING, "")
