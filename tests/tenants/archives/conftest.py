"""Brands with something to lose, and archives in a folder of the test's own."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from pytest_django import Settings

from kernel.files import storage as files
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, BrandArchive
from shared_apps.tenants.services import archives, snapshots
from shared_apps.tenants.services.snapshots import TableContent
from shared_apps.tenants.states import BrandState
from tests.factories.trade import open_shop

NOW = datetime.fromisoformat("2026-11-21T09:00:00+00:00")
UPLOAD = "红章.pdf 的内容".encode()


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.ARCHIVE_ROOT = str(tmp_path / "archives")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    selectors.forget_hosts()
    yield
    selectors.forget_hosts()


@pytest.fixture
def shop_brand(live_brand: Brand) -> Brand:
    """A committed brand with goods, agents, orders and an upload, which does not pay."""
    with brand_schema(live_brand.schema_name):
        open_shop(goods=3, pieces=50)
        files.store(ContentFile(UPLOAD), folder="imports", suffix=".pdf")
    put(live_brand, state=BrandState.TRIAL_EXPIRED)
    return live_brand


@pytest.fixture
def archived(shop_brand: Brand) -> BrandArchive:
    """The same, archived."""
    return archives.archive_brand(brand_id=shop_brand.pk, reason="did not come back", now=NOW)


@pytest.fixture
def content() -> Callable[[str], dict[str, TableContent]]:
    """Return the content of a schema's tables, as another session sees it."""

    def look(schema: str) -> dict[str, TableContent]:
        with snapshots.own_session() as session, session.cursor() as cursor:
            return snapshots.content_of(cursor, schema)

    return look


def changes(before: dict[str, TableContent], after: dict[str, TableContent]) -> list[str]:
    """Return the differences except in the table of limits, since a restored brand is counted again later."""
    counted = "entitlements_quota"
    return snapshots.differences({**before, counted: after[counted]}, after)


def put(brand: Brand, **fields: Any) -> None:
    """Change a brand's row as no service would."""
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(**fields)


def fresh(brand: Brand) -> Brand:
    """The brand as the database has it."""
    with public_schema():
        found: Brand = Brand.objects.get(pk=brand.pk)
        return found


def again(archive: BrandArchive) -> BrandArchive:
    """The archive as the database has it."""
    with public_schema():
        return BrandArchive.objects.get(pk=archive.pk)


def schemas() -> set[str]:
    """The names of all schemas."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        return {str(name) for (name,) in cursor.fetchall()}
