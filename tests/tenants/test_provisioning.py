"""A schema made by replay equals one made by migrations; a failure leaves nothing."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django_tenants.utils import schema_context, schema_exists, tenant_context

from kernel.core.errors import DomainError
from kernel.core.states import IllegalTransition
from kernel.database.switching import direct_connection
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand, Domain, SchemaDump
from shared_apps.tenants.services import dumps, provisioning, versions
from shared_apps.tenants.services.provisioning import NewBrand
from shared_apps.tenants.states import BrandState, ProvisioningState

pytestmark = pytest.mark.django_db(transaction=True)

BY_MIGRATIONS = "t_drift_migrated"
BY_REPLAY = "t_drift_replayed"
SPELT_AGAIN = "t_drift_again"
MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00'")


@pytest.fixture
def two_schemas(_schema: None) -> Iterator[None]:
    """One made each way."""
    drifting = (BY_MIGRATIONS, BY_REPLAY, SPELT_AGAIN)
    with public_schema():
        for name in drifting:
            provisioning.drop_schema(schema_name=name)
        provisioning.create_schema_from_template(schema_name=BY_REPLAY)
        with direct_connection():
            provisioning.create_schema_by_migrations(schema_name=BY_MIGRATIONS)
        yield
        for name in drifting:
            provisioning.drop_schema(schema_name=name)


def public_rows() -> tuple[int, int, set[str]]:
    """Brands, domains and schemas there are."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        return Brand.objects.count(), Domain.objects.count(), {row[0] for row in cursor.fetchall()}


def test_a_replayed_schema_is_the_same_as_a_migrated_one(two_schemas: None) -> None:
    def describe(schema: str) -> list[str]:
        return [MOMENT.sub("'<moment>'", line.replace(schema, "<schema>")) for line in dumps.dump_schema(schema)]

    # Postgres spells `x IN ('a', 'b')` differently once it has read its own spelling of it; so both go through that.
    with transaction.atomic():
        dumps.replay(dumps.dump_schema(BY_MIGRATIONS), template=BY_MIGRATIONS, schema=SPELT_AGAIN)
    migrated = describe(SPELT_AGAIN)
    replayed = describe(BY_REPLAY)
    assert len(migrated) > 50
    assert [pair for pair in zip(migrated, replayed, strict=True) if pair[0] != pair[1]] == []
    once = zip(describe(BY_MIGRATIONS), migrated, strict=True)
    assert [first for first, again in once if first != again and "= ANY (" not in first] == []


def test_a_replayed_schema_knows_all_its_migrations(live: Callable[..., Brand]) -> None:
    applied = versions.applied_migrations(live().schema_name)
    assert versions.expected_migrations() == applied
    assert versions.fingerprint_of(applied) == versions.expected_fingerprint()


def test_the_template_is_built_once() -> None:
    assert provisioning.build_template() is False
    with public_schema():
        assert SchemaDump.objects.filter(fingerprint=versions.source_fingerprint()).count() == 1


def test_a_new_brand_is_complete(live: Callable[..., Brand]) -> None:
    brand = live(name="Tea 🍵")
    assert (brand.state, brand.provisioning_state) == (BrandState.TRIALING, ProvisioningState.READY)
    assert (brand.time_zone, brand.currency, brand.cell) == ("Asia/Shanghai", "CNY", "main")
    assert (brand.trial_ends_at - brand.created_at).days in {14, 15}
    with public_schema():
        stored = Brand.objects.get(pk=brand.pk)
        assert stored.schema_fingerprint == versions.expected_fingerprint()
        assert [domain.domain for domain in Domain.objects.filter(tenant=brand)] == [f"{brand.slug}.localhost"]
    with tenant_context(brand):
        owner = User.objects.get()
        assert (owner.role, owner.email, owner.check_password("a long pass phrase")) == (
            "owner",
            brand.owner_email,
            True,
        )


def test_without_a_dump_migrations_do_it(live: Callable[..., Brand], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "source_fingerprint", lambda: "no such dump")
    brand = live()
    with tenant_context(brand):
        assert User.objects.count() == 1
    assert versions.applied_migrations(brand.schema_name) == versions.expected_migrations()


STEPS: list[tuple[Any, str]] = [
    (Brand.objects, "create"),
    (Domain.objects, "create"),
    (dumps, "replay"),
    (users, "create_user"),
    (provisioning, "_set_provisioning"),
]


@pytest.mark.parametrize(("place", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_failure_at_any_step_leaves_nothing_behind(
    live: Callable[..., Brand], monkeypatch: pytest.MonkeyPatch, place: Any, step: str, moment: str
) -> None:
    real = getattr(place, step)
    before = public_rows()

    def fail(*arguments: Any, **options: Any) -> Any:
        if moment == "after":
            real(*arguments, **options)
        raise RuntimeError("the power went")

    monkeypatch.setattr(place, step, fail)
    with pytest.raises(RuntimeError, match="power"):
        live(slug="unlucky")
    monkeypatch.undo()
    assert public_rows() == before
    assert live(slug="unlucky").provisioning_state == ProvisioningState.READY  # the name is free again


def test_a_broken_dump_leaves_nothing_behind(live: Callable[..., Brand], monkeypatch: pytest.MonkeyPatch) -> None:
    before = public_rows()
    real = dumps.replay

    def replay(statements: list[str], **names: str) -> None:
        real([*statements, "SELECT 1/0"], **names)

    monkeypatch.setattr(dumps, "replay", replay)
    with pytest.raises(DatabaseError):
        live()
    assert public_rows() == before


def test_twenty_brands_at_once_all_succeed(live: Callable[..., Brand], wanted: Callable[..., NewBrand]) -> None:
    made: list[Brand] = []
    errors: list[BaseException] = []
    barrier = threading.Barrier(20, timeout=60)

    def found(new: NewBrand) -> None:
        try:
            barrier.wait(timeout=30)
            made.append(provisioning.found_brand(new=new).brand)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=found, args=[wanted()]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({brand.schema_name for brand in made}) == 20
    for brand in made:
        with tenant_context(brand):
            assert User.objects.get().email == brand.owner_email


def test_of_twins_at_once_one_wins_and_the_other_is_told(
    live: Callable[..., Brand], wanted: Callable[..., NewBrand]
) -> None:
    made: list[Brand] = []
    refusals: list[str] = []

    def found(new: NewBrand) -> None:
        try:
            made.append(provisioning.found_brand(new=new).brand)
        except DomainError as refusal:
            refusals.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=found, args=[wanted(slug="twins")]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert refusals == ["slug_taken"] * 3


def test_a_requested_brand_can_fail_and_be_set_up_again(
    live: Callable[..., Brand], wanted: Callable[..., NewBrand], monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = live()
    with public_schema():
        provisioning.drop_schema(schema_name=requested.schema_name)
        Brand.objects.filter(pk=requested.pk).update(provisioning_state=ProvisioningState.REQUESTED)
    monkeypatch.setattr(dumps, "replay", lambda *_a, **_k: (_ for _ in ()).throw(RuntimeError("disk full")))
    with pytest.raises(RuntimeError):
        provisioning.provision_requested_brand(brand_id=requested.pk)
    monkeypatch.undo()
    with public_schema():
        failed = Brand.objects.get(pk=requested.pk)
    assert (failed.provisioning_state, failed.provisioning_error) == (ProvisioningState.FAILED, "disk full")
    assert not schema_exists(failed.schema_name)
    ready = provisioning.provision_requested_brand(brand_id=requested.pk)
    assert (ready.provisioning_state, ready.provisioning_error) == (ProvisioningState.READY, "")
    with tenant_context(ready):
        assert not User.objects.get().has_usable_password()
    with pytest.raises(IllegalTransition):
        provisioning.provision_requested_brand(brand_id=requested.pk)


def test_dropping_a_brand_takes_everything_along(live: Callable[..., Brand]) -> None:
    before = public_rows()
    brand = live()
    provisioning.drop_brand(brand_id=brand.pk)
    assert public_rows() == before


def test_two_look_alikes_cannot_both_exist(live: Callable[..., Brand]) -> None:
    live(slug="qimu-tea")
    with pytest.raises(provisioning.SlugLooksLikeAnother):
        live(slug="qimutea")
    with pytest.raises(provisioning.SlugLooksLikeAnother):
        live(slug="q1mu-tea")


def test_a_brands_schema_keeps_to_its_budget() -> None:
    """A server's memory grows with every table it ever touched, and each brand costs some 8 MB empty."""
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE relkind = 'r'), count(*) FILTER (WHERE relkind = 'i') FROM pg_class"
            " WHERE relnamespace = %s::regnamespace",
            [settings.TEMPLATE_SCHEMA],
        )
        tables, indexes = cursor.fetchone() or (0, 0)
    assert 20 < tables <= 104
    assert indexes <= 450
