"""Shared fixtures: a real database with two brands, made once and copied for each worker.

Building the public schema, the template schema and two brands takes seconds, so it is done once per set of migrations
in a database of its own; each worker (and each run) gets a copy by `CREATE DATABASE … TEMPLATE`. Roles belong to the
whole server, so each copy has its own prefix for its brands' roles.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from psycopg2 import sql
from pytest_django import DjangoDbBlocker

from kernel.tenancy.context import enter_brand, leave_brand, public_schema
from tests.factories import chance, copies, fresh
from tests.factories.api_client import ApiClient

if TYPE_CHECKING:
    from shared_apps.tenants.models import Brand

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "banyan_test_template_"
ACME = "acme"
OTHER = "other"

chance.register_profiles()

# A transactional test works in a brand of its own (fixture `live_brand`), which is dropped afterwards. Django's way,
# truncating every table of the current schema, would empty the reference data of the brand all other tests share.
patch.object(TransactionTestCase, "_fixture_teardown", lambda self: None).start()


def _fingerprint() -> str:
    """Changes when a migration, the backend or the provisioning changes, and each day: the brands are on trial."""
    digest = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    for pattern in ("*/*/migrations/*.py", "shared_apps/tenants/services/*.py", "platform/kernel/database/**/*.py"):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    for path in sorted(ROOT.glob("tenant_apps/*/data/*")):
        if path.is_file():
            digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


def _build(name: str) -> None:
    from shared_apps.tenants.services import migrations, provisioning

    copies.use_database(name)
    settings.DATABASE_BRAND_ROLES = False  # each copy makes its own
    migrations.migrate_public()
    provisioning.build_template()
    for slug in (ACME, OTHER):
        provisioning.provision_brand(
            name=slug.title(),
            slug=slug,
            owner_name="Owner",
            owner_email=f"owner@{slug}.example",
            owner_phone=None,
            password="a long pass phrase",
        )
    for alias in ("default", "direct"):
        connections[alias].close()
    settings.DATABASE_BRAND_ROLES = True


def _template(server: Any) -> str:
    """The name of the prepared database; built by whoever comes first."""
    name = f"{TEMPLATE}{_fingerprint()}"
    cursor = server.cursor()
    cursor.execute("SELECT pg_advisory_lock(%s)", [8_201_501])
    try:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            building = f"{name}_building"
            copies.drop_unused_templates(cursor, prefix=TEMPLATE)
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
            _build(building)
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
            )
        copies.hold_template(cursor, name)
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [8_201_501])
    return name


@pytest.fixture(scope="session")
def _copy(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[copies.Copy]:
    """This worker's database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with closing(copies.connect_elsewhere()) as server:
        with django_db_blocker.unblock():
            made = copies.Copy(_template(server), f"banyan_test_{worker}_{os.getpid()}")
            made.create()
            copies.use_database(made.name)
            made.make_roles(f"{worker}_{os.getpid()}_")
        yield made
    with django_db_blocker.unblock():
        for alias in copies.ALIASES:
            connections[alias].close()
        made.drop()


@pytest.fixture(scope="session")
def django_db_setup(_copy: copies.Copy) -> Iterator[None]:
    """Stand in for Django's own way to make a test database."""
    yield
    fresh.delete_counters()
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def _brand(slug: str) -> Any:
    from shared_apps.tenants.models import Brand

    with public_schema():
        return Brand.objects.get(slug=slug)


@pytest.fixture(scope="session")
def _brands(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Any]:
    with django_db_blocker.unblock():
        return {slug: _brand(slug) for slug in (ACME, OTHER)}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Nothing of a former test is left in this process."""
    fresh.forget_process()
    registered = fresh.Registrations()
    yield
    registered.restore()
    fresh.forget_thread()


@pytest.fixture(autouse=True)
def _schema(request: pytest.FixtureRequest, _forgotten: None) -> Iterator[None]:
    """A test that touches the database does so inside the brand `acme`, and leaves the connection as it found it."""
    if request.node.get_closest_marker("django_db") is None:
        yield
        return
    brands = request.getfixturevalue("_brands")
    enter_brand(brands[ACME])
    yield
    leave_brand()


@pytest.fixture(autouse=True)
def _restored(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove committed rows before the next test. Wraps all fixtures that clean up after themselves."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    copy = request.getfixturevalue("_copy")
    yield
    copy.restore()


@pytest.fixture
def brand(_brands: "dict[str, Brand]") -> "Brand":
    """The brand the test works in."""
    return _brands[ACME]


@pytest.fixture
def other_brand(_brands: "dict[str, Brand]") -> "Brand":
    """Another brand, whose data the first must never see."""
    return _brands[OTHER]


@pytest.fixture
def public(_schema: None) -> Iterator[None]:
    """The platform's own schema instead of a brand's."""
    with public_schema():
        yield


@pytest.fixture
def live_brand(django_db_setup: None, _schema: None, django_db_blocker: DjangoDbBlocker) -> "Iterator[Brand]":
    """A brand of the test's own, committed, for tests with several real connections; dropped afterwards.

    Mark such a test `@pytest.mark.django_db(transaction=True)`.
    """
    from shared_apps.tenants.services import provisioning

    with django_db_blocker.unblock():
        leave_brand()
        slug = f"live{os.urandom(4).hex()}"
        made = provisioning.provision_brand(
            name="Live",
            slug=slug,
            owner_name="Owner",
            owner_email=f"{slug}@live.example",
            owner_phone=None,
            password="a long pass phrase",
        )
        enter_brand(made)
        yield made
        leave_brand()
        provisioning.drop_brand(brand_id=made.pk)


@pytest.fixture
def api_as(brand: "Brand") -> Callable[[str], ApiClient]:
    """A client with an API key of the given role: `api_as("warehouse").get("/api/v1/orders")`."""
    from shared_apps.accounts.services import api_keys

    def make(role: str) -> ApiClient:
        _, token = api_keys.issue_api_key(name=f"test {role}", role=role)
        return ApiClient(host=f"{brand.slug}.localhost", token=token)

    return make


@pytest.fixture
def api(api_as: Callable[[str], ApiClient]) -> ApiClient:
    """A client with the owner's permissions in the brand `acme`."""
    return api_as("owner")


@pytest.fixture
def person_api(brand: "Brand") -> Callable[[str], ApiClient]:
    """A client signed in as a person of the given role: for what no key may do."""
    from shared_apps.accounts.services import users

    def make(role: str) -> ApiClient:
        person = users.create_user(name=f"test {role}", role=role, email=f"{role}@signed-in.example")
        return ApiClient(host=f"{brand.slug}.localhost", person=person)

    return make


@pytest.fixture
def owner_api(person_api: Callable[[str], ApiClient]) -> ApiClient:
    """A client signed in as an owner of `acme`."""
    return person_api("owner")


@pytest.fixture
def anonymous(brand: "Brand") -> ApiClient:
    """A client without credentials on the brand's host."""
    return ApiClient(host=f"{brand.slug}.localhost", token=None)
