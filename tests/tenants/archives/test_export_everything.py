"""Everything a brand has in one file: complete, of one moment, safe to open, and only for whoever may have it."""

import csv
import hashlib
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from kernel.events import queue
from kernel.files import storage as files
from kernel.files.spreadsheets import FORMULA_STARTS, escape_cell
from kernel.models import AuditRecord
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, BrandExport
from shared_apps.tenants.services import export_tables, export_writing, exports, snapshots
from shared_apps.tenants.services.snapshots import TableContent
from shared_apps.tenants.states import BrandState, ExportState
from tenant_apps.agents.models import Agent
from tenant_apps.catalog.models import Variant
from tests.tenants.archives.conftest import NOW, UPLOAD, put

pytestmark = pytest.mark.django_db(transaction=True)

ID_NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], str]]:
    """Collect queued tasks; the tests run them themselves."""
    sent: list[tuple[str, tuple[Any, ...], str]] = []
    monkeypatch.setattr(queue, "send", lambda task, args, schema: sent.append((task, args, schema)))
    return sent


@pytest.fixture
def export(shop_brand: Brand) -> BrandExport:
    """A finished export of a shop with an agent whose ID number is known, and with hostile texts."""
    with brand_schema(shop_brand.schema_name):
        Agent.objects.filter(code=Agent.objects.order_by("id")[0].code).update(id_number=ID_NUMBER)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_product SET name = %s WHERE id = 1", ['=cmd|"calc"\n!A1,'])
    return run(shop_brand)


def run(brand: Brand) -> BrandExport:
    export = exports.request_export(brand_id=brand.pk, requested_by="林晓", now=NOW)
    with brand_schema(brand.schema_name):
        exports.run_export(export_id=export.pk, now=NOW)
    return look(export)


def look(export: BrandExport) -> BrandExport:
    with public_schema():
        return BrandExport.objects.get(pk=export.pk)


def opened(export: BrandExport) -> zipfile.ZipFile:
    with exports.open_export(export_id=export.pk, brand_id=export.brand_id) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    text = archive.read(f"tables/{table}.csv").decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_every_table_is_there_with_every_row(
    shop_brand: Brand, export: BrandExport, content: Callable[[str], dict[str, TableContent]]
) -> None:
    assert export.state == ExportState.READY
    archive = opened(export)
    held = {table: found.rows for table, found in content(shop_brand.schema_name).items()}
    expected = {table: rows for table, rows in held.items() if table not in export_tables.LEFT_OUT_TABLES}
    assert export.row_counts == expected
    assert {table: len(rows_of(archive, table)) for table in expected} == expected
    assert not any(f"tables/{table}.csv" in archive.namelist() for table in export_tables.LEFT_OUT_TABLES)


def test_cells_are_those_of_the_rows(shop_brand: Brand, export: BrandExport) -> None:
    """Every cell of every table, against what the models read."""
    archive = opened(export)
    with brand_schema(shop_brand.schema_name):
        product = rows_of(archive, "catalog_product")[0]
        assert product["name"] == '\'=cmd|"calc"\n!A1,'
        agent, other, *_rest = rows_of(archive, "agents_agent")
        assert (agent["id_number"], other["id_number"]) == (ID_NUMBER, "")
        assert agent["phone"].startswith("+86")
        movement = rows_of(archive, "inventory_stockmovement")[0]
        assert movement["occurred_at"] == "2026-01-05T10:00:00.000000+08:00"
        assert {row["is_active"] for row in rows_of(archive, "accounts_user")} == {"true"}
        written = [
            (int(row["id"]), row["sku"], Decimal(row["retail_price"])) for row in rows_of(archive, "catalog_variant")
        ]
        assert written == list(Variant.objects.order_by("id").values_list("id", "sku", "retail_price"))


def test_uploads_are_there(export: BrandExport) -> None:
    archive = opened(export)
    (upload,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(upload) == UPLOAD


def test_checksums_hold(export: BrandExport) -> None:
    with exports.open_export(export_id=export.pk, brand_id=export.brand_id) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == export.sha256
    assert len(content) == export.size_bytes
    archive = zipfile.ZipFile(io.BytesIO(content))
    lines = archive.read("SHA256SUMS").decode().splitlines()
    sums = {line.split("  ", 1)[1]: line.split("  ", 1)[0] for line in lines}
    assert sums == {
        name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != "SHA256SUMS"
    }


def test_nothing_in_it_opens_a_door(shop_brand: Brand, export: BrandExport) -> None:
    archive = opened(export)
    (owner,) = rows_of(archive, "accounts_user")
    assert {"password", "totp_secret", "totp_last_step"}.isdisjoint(owner)
    with brand_schema(shop_brand.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT password FROM accounts_user")
        (password,) = cursor.fetchone()
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert password.encode() not in everything


def test_the_page_explains_it_in_both_languages(export: BrandExport) -> None:
    archive = opened(export)
    english, chinese = (archive.read(name).decode("utf-8-sig") for name in ("README.txt", "README.zh-CN.txt"))
    for page in (english, chinese):
        for table in export.row_counts:
            assert f"tables/{table}.csv" in page
        assert "django_session" in page
        assert "password" in page
    assert "Everything Live keeps" in english
    assert "供应商" in chinese or "商品" in chinese


def test_cells_are_escaped_as_everywhere_else(live_brand: Brand) -> None:
    """The server escapes by its own means; it must decide as kernel.files.spreadsheets does."""
    tails = ["", "1", "1.5", "1.5.2", ".5", "5.", ".", "SUM(A1)", "1e5", "1 ", "１", "-1", "\n1"]
    texts = ["".join(parts) for parts in itertools.product([*FORMULA_STARTS, "", "'", "\n="], tails)]
    column = export_tables.Column("name", "text")
    with snapshots.own_session() as session, session.cursor() as cursor:
        for text in texts:
            query = export_tables._cell(column).as_string(cursor)
            cursor.execute(f"SELECT {query} FROM (VALUES (%s::text)) AS this_row (name)".replace("%%", "%"), [text])
            assert cursor.fetchone() == (escape_cell(text),), repr(text)


# --- its life --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [BrandState.READ_ONLY, BrandState.TRIAL_EXPIRED])
def test_who_does_not_pay_may_take_everything_along(live_brand: Brand, state: BrandState) -> None:
    put(live_brand, state=state)
    assert run(live_brand).state == ExportState.READY


def test_one_at_a_time(shop_brand: Brand) -> None:
    exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with pytest.raises(exports.ExportUnderWay):
        exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with public_schema():
        assert BrandExport.objects.filter(brand=shop_brand).count() == 1


def test_an_archived_brand_has_nothing_to_export(shop_brand: Brand) -> None:
    put(shop_brand, state=BrandState.ARCHIVED)
    with pytest.raises(exports.NothingToExport):
        exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)


def test_the_task_is_sent_to_its_brand(shop_brand: Brand, sent: list[Any]) -> None:
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    assert sent == [("tenants.run_export", (export.pk,), shop_brand.schema_name)]


def test_a_killed_worker_is_followed_by_another(shop_brand: Brand, sent: list[Any]) -> None:
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with public_schema():
        BrandExport.objects.update(state=ExportState.RUNNING, started_at=NOW, attempts=1)
    folder = Path(settings.MEDIA_ROOT) / shop_brand.schema_name / "exports"
    folder.mkdir(parents=True)
    (folder / "half.part").write_bytes(b"what the first one had written")
    sent.clear()
    assert exports.resume_exports(now=NOW + timedelta(seconds=59)) == 0
    assert exports.resume_exports(now=NOW + timedelta(seconds=60)) == 1
    assert sent[0][1] == (export.pk,)
    with brand_schema(shop_brand.schema_name):
        exports.run_export(export_id=export.pk, now=NOW)
    assert (look(export).state, look(export).attempts) == (ExportState.READY, 2)
    assert [path.suffix for path in folder.iterdir()] == [".zip"]


def test_two_workers_with_one_export_write_one_file(shop_brand: Brand) -> None:
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with (
        snapshots.exclusive_session(shop_brand.schema_name, purpose=exports.PURPOSE),
        brand_schema(shop_brand.schema_name),
    ):
        exports.run_export(export_id=export.pk, now=NOW)  # the other one is at it
    assert look(export).state == ExportState.REQUESTED


def test_an_export_that_kills_its_workers_is_given_up(shop_brand: Brand) -> None:
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with public_schema():
        BrandExport.objects.update(state=ExportState.RUNNING, attempts=exports.MAX_ATTEMPTS)
    with brand_schema(shop_brand.schema_name):
        exports.run_export(export_id=export.pk, now=NOW)
    assert look(export).state == ExportState.FAILED
    exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)  # and another may be asked for


def test_a_failure_is_kept_and_leaves_no_file(shop_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> Iterator[Any]:
        raise OSError("No space left on device")

    monkeypatch.setattr(export_writing, "render_readme", full)
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with brand_schema(shop_brand.schema_name), pytest.raises(TypeError):
        exports.run_export(export_id=export.pk, now=NOW)
    assert look(export).state == ExportState.FAILED
    assert list((Path(settings.MEDIA_ROOT) / shop_brand.schema_name / "exports").iterdir()) == []


def test_after_a_week_it_is_deleted(export: BrandExport) -> None:
    assert export.expires_at is not None
    assert exports.delete_expired_exports(now=export.expires_at - timedelta(seconds=1)) == 0
    assert exports.delete_expired_exports(now=export.expires_at) == 1
    assert look(export).state == ExportState.DELETED
    assert not (Path(settings.MEDIA_ROOT) / export.path).exists()
    with pytest.raises(exports.ExportGone):
        exports.open_export(export_id=export.pk, brand_id=export.brand_id)


def test_nobody_opens_anothers_export(export: BrandExport, other_brand: Brand) -> None:
    with pytest.raises(exports.ExportNotFound):
        exports.open_export(export_id=export.pk, brand_id=other_brand.pk)
    with brand_schema(other_brand.schema_name), pytest.raises(files.ForeignFile):
        files.open_file(export.path)


def test_an_unfinished_one_cannot_be_opened(shop_brand: Brand) -> None:
    export = exports.request_export(brand_id=shop_brand.pk, requested_by="owner", now=NOW)
    with pytest.raises(exports.ExportNotReady):
        exports.open_export(export_id=export.pk, brand_id=shop_brand.pk)


def test_who_asked_and_who_fetched_is_in_the_brands_history(shop_brand: Brand, export: BrandExport) -> None:
    opened(export)
    with public_schema():
        records = AuditRecord.objects.filter(subject=f"brand:{shop_brand.pk}", action__contains="export")
        assert [record.action for record in records.order_by("id")] == [
            "tenants.export_requested",
            "tenants.exported",
            "tenants.export_fetched",
        ]
    assert [one.pk for one in selectors.list_exports(shop_brand.pk)] == [export.pk]
