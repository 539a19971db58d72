"""Test the manual operations: moves to another cell, and the runbooks' commands."""

import os
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg2 import sql

from kernel.models import AuditRecord
from kernel.tenancy.actors import SYSTEM
from kernel.tenancy.context import public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, BrandArchive, BrandMove
from shared_apps.tenants.services import archives, archiving, dumps, moves
from shared_apps.tenants.states import ArchiveState, BrandState
from tests.tenants.archives.conftest import NOW, fresh, put, schemas

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_cell() -> Iterator[str]:
    """The address of an empty database beside the tests' own."""
    given = connections["direct"].get_connection_params()
    wanted = {key: given[key] for key in ("user", "password", "host", "port") if given.get(key)}
    name = f"banyan_test_cell_{os.getpid()}"
    server = psycopg2.connect(dbname="postgres", **wanted)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield psycopg2.extensions.make_dsn(dbname=name, **wanted)
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    server.close()


def said(name: str, *arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def carry_over(move: BrandMove, target: str) -> None:
    """Run the archive's script by psql, as the runbook says."""
    assert move.archive is not None
    with tarfile.open(Path(settings.ARCHIVE_ROOT) / move.archive.path) as tar:
        script = tar.extractfile("schema.sql.gz")
        assert script is not None
        plain = subprocess.run(["gunzip", "-c"], input=script.read(), capture_output=True, check=True).stdout  # noqa: S607
    psql = dumps.find_pg_dump().with_name("psql")
    subprocess.run(  # noqa: S603
        [str(psql), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", target], input=plain, check=True, capture_output=True
    )


# --- moves -----------------------------------------------------------------------------------------------------------


def test_a_move_is_prepared_while_the_brand_works_on(live_brand: Brand) -> None:
    move = moves.prepare_move(brand_id=live_brand.pk, to_cell="cell-2", reason="main is full", now=NOW)
    assert move.archive is not None
    assert (move.from_cell, move.to_cell, move.requested_by) == ("main", "cell-2", SYSTEM.label)
    assert move.archive.state == ArchiveState.VERIFIED
    assert (fresh(live_brand).state, fresh(live_brand).cell) == (BrandState.TRIALING, "main")
    with pytest.raises(moves.MoveUnderWay):
        moves.prepare_move(brand_id=live_brand.pk, to_cell="cell-3", reason="no, there", now=NOW)
    moves.cancel_move(move_id=move.pk, now=NOW)
    with pytest.raises(moves.MoveNotFound):
        moves.cancel_move(move_id=move.pk, now=NOW)
    moves.prepare_move(brand_id=live_brand.pk, to_cell="cell-3", reason="no, there", now=NOW)
    assert len(selectors.list_moves(live_brand.pk)) == 2
    with public_schema():
        records = AuditRecord.objects.filter(subject=f"brand:{live_brand.pk}", action__contains="move").order_by("id")
        assert [record.action for record in records] == [
            "tenants.move_prepared",
            "tenants.move_cancelled",
            "tenants.move_prepared",
        ]


def test_a_move_goes_somewhere(live_brand: Brand) -> None:
    with pytest.raises(moves.MoveGoesNowhere):
        moves.prepare_move(brand_id=live_brand.pk, to_cell=" Main ", reason="no reason", now=NOW)
    with pytest.raises(moves.CellUnknown):
        moves.prepare_move(brand_id=live_brand.pk, to_cell="cell 2; DROP", reason="no reason", now=NOW)


def test_a_move_whose_archive_fails_is_not_under_way(live_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "dump_command", lambda schema: [str(dumps.find_pg_dump()), "--no-such-option"])
    with pytest.raises(archiving.ArchiveFailed):
        moves.prepare_move(brand_id=live_brand.pk, to_cell="cell-2", reason="main is full", now=NOW)
    assert [move.cancelled_at for move in selectors.list_moves(live_brand.pk)] == [NOW]


def test_a_moved_brand_is_compared_row_by_row(shop_brand: Brand, other_cell: str) -> None:
    move = moves.prepare_move(brand_id=shop_brand.pk, to_cell="cell-2", reason="main is full", now=NOW)
    with pytest.raises(CommandError, match="tables differ"):
        said("compare_move", shop_brand.slug, target=other_cell)
    carry_over(move, other_cell)
    assert "the same in both databases" in said("compare_move", shop_brand.slug, target=other_cell)
    with psycopg2.connect(other_cell) as there, there.cursor() as cursor:
        cursor.execute(f"UPDATE {shop_brand.schema_name}.catalog_variant SET sku = 'X' WHERE id = 1")
    there.close()
    assert moves.list_differences(brand_id=shop_brand.pk, target=other_cell) == ["catalog_variant: other rows"]


# --- commands --------------------------------------------------------------------------------------------------------


def test_archive_and_restore_by_command(shop_brand: Brand) -> None:
    assert "is archived" in said("archive_brand", shop_brand.slug, reason="did not come back")
    (archive,) = selectors.list_archives(shop_brand.pk)
    archives.drop_archived_schema(archive_id=archive.pk, now=archive.retained_until + timedelta(days=1))
    assert shop_brand.schema_name not in schemas()
    # Its trial runs on by its date, so the facts say that it may work again.
    assert "is back: trialing" in said("restore_brand", shop_brand.slug)
    assert fresh(shop_brand).state == BrandState.TRIALING
    assert shop_brand.schema_name in schemas()


def test_commands_say_what_is_wrong(live_brand: Brand) -> None:
    with pytest.raises(CommandError, match="No brand is called"):
        said("restore_brand", "nobody")
    with pytest.raises(CommandError, match="No brand is called"):
        said("archive_brand", "nobody", reason="gone")
    with pytest.raises(CommandError):  # it is on trial
        said("archive_brand", live_brand.slug, reason="gone")
    with pytest.raises(CommandError):  # it is not archived
        said("restore_brand", live_brand.slug)


def test_a_dropped_brand_without_archive_says_so(shop_brand: Brand) -> None:
    put(shop_brand, state=BrandState.ARCHIVED, schema_dropped_at=NOW)
    with pytest.raises(CommandError):
        said("restore_brand", shop_brand.slug)
    with public_schema():
        assert not BrandArchive.objects.filter(brand=shop_brand).exists()
    put(shop_brand, schema_dropped_at=None)
