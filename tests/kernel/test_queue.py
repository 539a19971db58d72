"""Tasks are queued after the commit, once, for the right schema, and never raise into who committed."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from kernel.events import brands, queue
from kernel.events.queue import UnknownTask, after_commit
from kernel.tenancy.context import current_brand, find_brand, public_schema
from kernel.tenancy.tasks import BrandTaskRefused
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand

BRANDS_TASK = "tenants.run_export"
PLATFORMS_TASK = "tenants.archive_brand"

Sent = list[tuple[str, tuple[Any, ...], str]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    messages: Sent = []
    monkeypatch.setattr(queue, "send", lambda task, args, schema: messages.append((task, args, schema)))
    return messages


@pytest.mark.django_db(transaction=True)
def test_a_task_is_queued_once_after_the_commit(live_brand: Brand, sent: Sent) -> None:
    with transaction.atomic():
        after_commit(BRANDS_TASK, 1)
        after_commit(BRANDS_TASK, 2)
        with transaction.atomic():
            after_commit(BRANDS_TASK, 1)
            after_commit(PLATFORMS_TASK, 1, "because")
        with transaction.atomic():
            after_commit(BRANDS_TASK, 3)
            transaction.set_rollback(True)
        assert sent == []
    here = live_brand.schema_name
    assert sent == [(BRANDS_TASK, (1,), here), (BRANDS_TASK, (2,), here), (PLATFORMS_TASK, (1, "because"), "public")]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_it_is_queued_at_once(live_brand: Brand, sent: Sent) -> None:
    after_commit(BRANDS_TASK, 1)
    assert sent == [(BRANDS_TASK, (1,), live_brand.schema_name)]


@pytest.mark.django_db(transaction=True)
def test_from_public_a_brand_s_task_names_its_brand(live_brand: Brand, sent: Sent) -> None:
    with public_schema():
        after_commit(BRANDS_TASK, 1, brand=live_brand.schema_name)
        with pytest.raises(BrandTaskRefused):
            after_commit(BRANDS_TASK, 1)
    assert sent == [(BRANDS_TASK, (1,), live_brand.schema_name)]


@pytest.mark.django_db
def test_a_misspelt_task_is_refused_before_the_commit(brand: Brand) -> None:
    with pytest.raises(UnknownTask):
        after_commit("tenants.run_exprot", 1)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_is_not_the_caller_s_trouble(
    live_brand: Brand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(queue, "send", refuse)
    after = []
    with transaction.atomic():
        after_commit(BRANDS_TASK, 1)
        transaction.on_commit(lambda: after.append("the next"))
    assert after == ["the next"]
    assert BRANDS_TASK in caplog.text


class TestRememberedBrands:
    """Test that cached brands are never older than the last announced change."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def test_a_brand_is_read_once(self, live_brand: Brand, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        brands.find_brand(live_brand.schema_name)
        with django_assert_num_queries(0):
            found = brands.find_brand(live_brand.schema_name)
        assert (found.pk, found.schema_name) == (live_brand.pk, live_brand.schema_name)
        assert found is not brands.find_brand(live_brand.schema_name)

    def test_a_suspended_brand_writes_nothing_from_the_next_task_on(self, live_brand: Brand) -> None:
        assert brands.find_brand(live_brand.schema_name).state == "trialing"
        with public_schema():
            type(live_brand).objects.filter(pk=live_brand.pk).update(
                state="suspended", suspended_from="trialing", suspended_because="staff"
            )
        assert brands.find_brand(live_brand.schema_name).state == "trialing"
        selectors.forget_hosts()  # as services do after the commit, from whatever process
        assert brands.find_brand(live_brand.schema_name).state == "suspended"

    def test_who_may_not_write_is_not_remembered(
        self, live_brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with public_schema():
            type(live_brand).objects.filter(pk=live_brand.pk).update(state="trial_expired")
        for _ in range(2):
            with django_assert_num_queries(1):
                brands.find_brand(live_brand.schema_name)

    def test_what_a_transaction_read_is_not_remembered(
        self, live_brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with transaction.atomic(), public_schema():
            type(live_brand).objects.filter(pk=live_brand.pk).update(name="Never")
            assert brands.find_brand(live_brand.schema_name).name == "Never"
            transaction.set_rollback(True)
        assert brands.find_brand(live_brand.schema_name).name == "Live"

    def test_many_are_read_by_one_statement(
        self, live_brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        schemas = [live_brand.schema_name, "t_acme", "t_other", "t_nobody"]
        with django_assert_num_queries(1):
            brands.prefetch(schemas)
        with django_assert_num_queries(0):
            for schema in schemas[:3]:
                assert brands.find_brand(schema).schema_name == schema

    def test_a_brand_that_is_gone_is_gone(self, live_brand: Brand) -> None:
        assert current_brand().pk == live_brand.pk
        for find in (brands.find_brand, find_brand):
            with pytest.raises(type(live_brand).DoesNotExist):
                find("t_nobody")
