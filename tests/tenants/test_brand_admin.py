"""Support staff see brands and act on them by services; what a role does not include is not there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kernel.models import AuditRecord
from kernel.tenancy import public_schema
from shared_apps.accounts.models import User
from shared_apps.tenants.models import Brand
from shared_apps.tenants.states import BrandState

pytestmark = pytest.mark.django_db

LIST = "/console/tenants/brand/"


@pytest.fixture
def staff() -> Callable[[str], Client]:
    """Somebody of Banyan's own, signed in on the platform's host."""

    def sign_in(role: str) -> Client:
        client = Client(headers={"host": "localhost", "accept-language": "en"})
        with public_schema():
            user = User.objects.create(name="Sun", email=f"{role}@banyan.example", role=role)
            client.force_login(user, backend="shared_apps.accounts.services.AccountsBackend")
        return client

    return sign_in


def stored(brand: Brand) -> Brand:
    with public_schema():
        found: Brand = Brand.objects.get(pk=brand.pk)
        return found


def act(client: Client, brand: Brand, action: str, **fields: Any) -> Any:
    return client.post(f"{LIST}{brand.pk}/{action.replace('_', '-')}/", fields)


def test_the_list_shows_state_trial_owner_and_size(staff: Callable[[str], Client], brand: Brand) -> None:
    page = staff("support").get(LIST)
    text = page.content.decode()
    assert page.status_code == 200
    assert brand.name in text
    assert "On trial" in text
    assert "MB" in text
    assert str(brand.owner_email) not in text  # masked


def test_the_list_measures_all_brands_in_one_statement(
    staff: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    client = staff("support")
    with django_assert_max_num_queries(12):
        client.get(LIST)


@pytest.mark.parametrize("query", ["schema=current", "schema=lagging", "state__exact=trialing", "q=acme"])
def test_the_list_can_be_narrowed(staff: Callable[[str], Client], query: str) -> None:
    assert staff("support").get(f"{LIST}?{query}").status_code == 200


def test_the_page_of_a_brand_and_the_dashboard_open(staff: Callable[[str], Client], brand: Brand) -> None:
    client = staff("platform_admin")
    page = client.get(f"{LIST}{brand.pk}/change/").content.decode()
    assert "acme.localhost" in page
    assert "Extend trial" in page
    assert "Current" in page
    assert client.get("/console/").status_code == 200
    assert client.get("/console/tenants/domain/").status_code == 200


def test_support_extends_a_trial(staff: Callable[[str], Client], brand: Brand) -> None:
    before = stored(brand).trial_ends_at
    response = act(staff("support"), brand, "extend", days=10)
    assert response.status_code in {200, 302}
    assert (stored(brand).trial_ends_at - before).days == 10
    with public_schema():
        record = AuditRecord.objects.order_by("-id")[0]
    assert (record.action, record.subject) == ("tenants.trial_extended", f"brand:{brand.pk}")


def test_support_may_not_suspend(staff: Callable[[str], Client], brand: Brand) -> None:
    assert act(staff("support"), brand, "suspend", reason="x").status_code == 403
    assert stored(brand).state == BrandState.TRIALING


def test_an_administrator_suspends_and_resumes(staff: Callable[[str], Client], brand: Brand) -> None:
    client = staff("platform_admin")
    act(client, brand, "suspend", reason="")
    assert stored(brand).state == BrandState.TRIALING  # without a reason nothing happens
    act(client, brand, "suspend", reason="chargeback")
    assert stored(brand).state == BrandState.SUSPENDED
    act(client, brand, "resume")
    assert stored(brand).state == BrandState.TRIALING


def test_brands_are_not_added_changed_or_deleted_by_form(staff: Callable[[str], Client], brand: Brand) -> None:
    client = staff("platform_admin")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{brand.pk}/delete/").status_code in {403, 404}
    client.post(f"{LIST}{brand.pk}/change/", {"name": "Taken over"})
    assert stored(brand).name == brand.name


def test_the_brands_of_the_platform_are_not_in_a_brands_console(brand: Brand) -> None:
    client = Client(headers={"host": "acme.localhost"})
    client.force_login(User.objects.get(), backend="shared_apps.accounts.services.AccountsBackend")
    assert client.get(LIST).status_code == 404
