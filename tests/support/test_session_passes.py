"""A pass opens one brand, once, for a minute, to whom it was given."""

from datetime import timedelta

import pytest
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.support.models import AccessPass
from shared_apps.support.services import grants
from shared_apps.tenants.models import Brand
from tests.factories.support_visits import Enter, Grant, People, address_of, go, is_out

pytestmark = pytest.mark.django_db


def test_the_platforms_own_session_opens_no_brand(staff: People, grant: Grant) -> None:
    grant()
    cookie = staff("platform_admin").browser.cookies["sessionid"].value
    stranger = Client(headers={"host": "acme.localhost"})
    stranger.cookies["sessionid"] = cookie
    for address in ("/console/", "/console/orders/order/", "/console/support/access/"):
        assert stranger.get(address).status_code == 302
    assert stranger.get("/api/v1/orders").status_code == 401


def test_a_pass_works_once(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    assert not is_out(go(address))
    assert is_out(go(address))


def test_a_pass_of_a_minute_ago_opens_nothing(staff: People, grant: Grant) -> None:
    given = grant(begun=timedelta(hours=1))
    assert is_out(go(address_of(staff, given, now=clock.now() - timedelta(seconds=60))))


def test_a_pass_opens_no_other_brand(staff: People, grant: Grant, other_brand: Brand) -> None:
    address = address_of(staff, grant())
    assert is_out(go(address, host="other.localhost"))
    assert is_out(go(address, host="localhost"))
    assert not is_out(go(address))


def test_a_session_of_a_visit_is_nothing_in_another_brand(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    stranger = Client(headers={"host": "other.localhost"})
    stranger.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert is_out(stranger)


def test_a_forged_pass_opens_nothing(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    for wrong in (address[:-3] + "abc", "/console/support/enter/?token=", "/console/support/enter/?token=%00x"):
        assert is_out(go(wrong))
    with public_schema():
        digest = AccessPass.objects.get().digest
    assert digest not in address


def test_the_database_keeps_no_pass(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    with public_schema():
        kept = AccessPass.objects.get()
    assert kept.digest not in address
    assert len(kept.digest) == 64


@pytest.mark.parametrize("role", ["billing", "auditor"])
def test_who_may_not_visit_gets_no_pass(staff: People, grant: Grant, role: str) -> None:
    with pytest.raises(DomainError):
        address_of(staff, grant(), role=role)


def test_nobody_gets_a_pass_for_a_grant_that_does_not_live(staff: People, grant: Grant, brand: Brand) -> None:
    over = grant(begun=timedelta(hours=5))
    ended = grant()
    with acting_as(staff("support").actor):
        grants.revoke_access(grant_id=ended.pk, now=clock.now())
    for given in (over, ended):
        with pytest.raises(grants.GrantNotAlive):
            address_of(staff, given)
    with pytest.raises(DomainError):
        grants.issue_pass(grant_id=grant().pk, now=clock.now())  # the system is no person


def test_a_pass_is_worth_nothing_once_the_grant_is_ended(staff: People, grant: Grant, people: People) -> None:
    given = grant()
    address = address_of(staff, given)
    people("owner").browser.post(f"/console/support/access/{given.pk}/end/")
    assert is_out(go(address))
