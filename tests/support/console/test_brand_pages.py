"""Support staff see brands and act on them by services; what a role does not include is not there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.support.models import BrandFigures
from shared_apps.tenants.models import Brand, Domain
from shared_apps.tenants.states import BrandState

pytestmark = pytest.mark.django_db

LIST = "/console/tenants/brand/"


def stored(brand: Brand) -> Brand:
    with public_schema():
        found: Brand = Brand.objects.get(pk=brand.pk)
        return found


def act(client: Client, brand: Brand, action: str, **fields: Any) -> Any:
    return client.post(f"{LIST}{brand.pk}/{action}/", fields)


def report(brand: Brand, **given: Any) -> None:
    usual = {"refreshed_at": clock.now(), "schema_bytes": 9_000_000, "orders_30_days": 1_234, "failed_jobs": 3}
    with public_schema():
        BrandFigures.objects.update_or_create(brand_id=brand.pk, defaults=usual | given)


def names(page: Any) -> set[str]:
    return {brand.slug for brand in page.context["cl"].result_list}


def test_the_list_shows_state_trial_owner_and_what_was_pushed(staff: Callable[..., Client], brand: Brand) -> None:
    report(brand, last_seen_at=clock.now() - timedelta(hours=3))
    page = staff("support").get(LIST)
    text = page.content.decode()
    assert page.status_code == 200
    for shown in (brand.name, "On trial", "8.6", "1234", "3\xa0hours", "o***@acme.example"):
        assert shown in text
    assert str(brand.owner_email) not in text  # masked


def test_a_brand_that_never_reported_is_in_the_list_too(staff: Callable[..., Client], brand: Brand) -> None:
    assert {"acme", "other"} <= names(staff("support").get(LIST))


@pytest.mark.parametrize("order", ["3", "-4", "6", "-7", "8", "-9"])
def test_the_list_is_sorted_by_what_was_pushed(staff: Callable[..., Client], brand: Brand, order: str) -> None:
    report(brand)
    assert {"acme", "other"} <= names(staff("support").get(f"{LIST}?o={order}"))


@pytest.mark.parametrize("extra", [0, 60])
def test_the_number_of_statements_does_not_grow_with_the_brands(
    staff: Callable[..., Client], django_assert_max_num_queries: DjangoAssertNumQueries, extra: int
) -> None:
    with public_schema():
        Brand.objects.bulk_create(
            Brand(
                name=f"B{number}",
                slug=f"brand{number}x",
                skeleton=f"brand{number}x",
                schema_name=f"t_b{number}",
                owner_name="Li",
                owner_email=f"b{number}@example.com",
                trial_ends_at=clock.now(),
            )
            for number in range(extra)
        )
    client = staff("support")
    with django_assert_max_num_queries(12):
        client.get(LIST)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("acme", True),
        ("ACM", True),
        ("shop.acme-own.example", True),
        ("acme-own", True),
        ("owner@acme.example", True),
        ("Owner@ACME.example", True),
        ("owner@acme", False),  # a part of an address gives nothing away
        ("138 1234 5678", True),
        ("+86 13812345678", True),
        ("13812345678", True),
        ("12345678", False),
        ("\x00", False),
        ("nobody at all", False),
    ],
)
def test_a_brand_is_found_by_name_domain_and_the_owners_whole_contact(
    staff: Callable[..., Client], brand: Brand, text: str, found: bool
) -> None:
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(owner_phone="+8613812345678")
        Domain.objects.create(domain="shop.acme-own.example", tenant_id=brand.pk, is_primary=False)
    page = staff("support").get(LIST, {"q": text})
    if "\x00" in text:
        assert page.status_code in {200, 302, 400}  # Django refuses it, or it is no text
        return
    assert ("acme" in names(page)) is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("schema=current", True),
        ("schema=lagging", False),
        ("state__exact=trialing", True),
        ("state__exact=active", False),
        ("plan=-", True),
        ("plan=basic", False),
        ("left=over", False),
        ("left=1", False),
        ("left=3", False),
        ("left=7", False),
        ("left=more", True),
        ("seen=1", False),
        ("seen=7", True),
        ("seen=30", True),
        ("seen=longer", False),
        ("seen=never", False),
        ("failed=yes", True),
        ("failed=no", False),
        ("left=nonsense", False),
        ("seen=nonsense", False),
        ("failed=x", False),
    ],
)
def test_the_list_can_be_narrowed(staff: Callable[..., Client], brand: Brand, query: str, found: bool) -> None:
    report(brand, last_seen_at=clock.now() - timedelta(days=2))
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(
            trial_ends_at=clock.now() + timedelta(days=9), entitlements={"plan": "", "features": ["*"], "limits": {}}
        )
    assert ("acme" in names(staff("support").get(f"{LIST}?{query}"))) is found


def test_the_page_of_a_brand_and_the_dashboard_open(staff: Callable[..., Client], brand: Brand) -> None:
    report(
        brand,
        usage={"staff": {"used": 2, "limit": 5}, "agents": {"used": 7, "limit": None}},
        staff=[{"name": "Wang", "role": "owner", "contact": "o***@acme.example", "two_step": True, "last_login": None}],
        failures=[{"what": "commissions.accrue", "times": 2, "error": "ValueError", "at": "2026-11-21T08:00:00+00:00"}],
    )
    client = staff("platform_admin")
    page = client.get(f"{LIST}{brand.pk}/change/").content.decode()
    for shown in ("acme.localhost", "Extend trial", "Current", "2 / 5", "unlimited", "Wang", "commissions.accrue"):
        assert shown in page
    assert str(brand.owner_email) not in page
    assert client.get("/console/").status_code == 200
    assert client.get("/console/tenants/domain/").status_code == 200


def test_the_page_costs_a_fixed_number_of_statements(
    staff: Callable[..., Client], brand: Brand, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = staff("platform_admin")
    with django_assert_max_num_queries(45):
        client.get(f"{LIST}{brand.pk}/change/")


def test_support_extends_a_trial_twice(staff: Callable[..., Client], brand: Brand) -> None:
    before = stored(brand).trial_ends_at
    client = staff("support")
    assert act(client, brand, "extend", days=10, reason="").status_code == 200  # the dialog again: a reason is missing
    assert stored(brand).trial_ends_at == before
    act(client, brand, "extend", days=10, reason="Asked for it")
    assert (stored(brand).trial_ends_at - before).days == 10
    with public_schema():
        record = AuditRecord.objects.filter(action="tenants.trial_extended").order_by("-id")[0]
    assert record.subject == f"brand:{brand.pk}"
    assert (record.after or {})["reason"] == "Asked for it"
    act(client, brand, "extend", days=10, reason="Once more")
    act(client, brand, "extend", days=10, reason="And again")
    assert stored(brand).trial_extensions == 2
    assert f"/{brand.pk}/extend/" not in client.get(f"{LIST}{brand.pk}/change/").content.decode()


def test_support_may_not_suspend(staff: Callable[..., Client], brand: Brand) -> None:
    assert act(staff("support"), brand, "suspend", reason="x").status_code == 403
    assert stored(brand).state == BrandState.TRIALING


def test_an_administrator_suspends_and_resumes(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("platform_admin")
    act(client, brand, "suspend", reason="")
    assert stored(brand).state == BrandState.TRIALING  # without a reason nothing happens
    act(client, brand, "suspend", reason="chargeback")
    assert stored(brand).state == BrandState.SUSPENDED
    act(client, brand, "resume", reason="it was a mistake")
    assert stored(brand).state == BrandState.TRIALING


def test_brands_are_not_added_changed_or_deleted_by_form(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("platform_admin")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{brand.pk}/delete/").status_code in {403, 404}
    assert client.post(f"{LIST}{brand.pk}/change/", {"name": "Taken over"}).status_code == 405
    assert stored(brand).name == brand.name
    assert client.get(f"{LIST}999999/change/").status_code == 404


def test_the_brands_of_the_platform_are_not_in_a_brands_console(brand: Brand) -> None:
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(User.objects.get(), backend="shared_apps.accounts.services.backend.AccountsBackend")
    assert client.get(LIST).status_code == 404
