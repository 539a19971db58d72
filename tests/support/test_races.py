"""Several at the same door at once, each on a connection of their own."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from kernel.core import clock
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.support.models import AccessGrant, AccessPass
from shared_apps.support.services import grants, sessions
from shared_apps.tenants.models import Brand
from tests.factories.parallel import AtOnce, at_once

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["at_once"]


@pytest.fixture
def administrators(live_brand: Brand) -> Iterator[list[Actor]]:
    """Three administrators, committed, and gone afterwards."""
    with public_schema():
        people = [
            users.create_user(name=name, role="platform_admin", email=f"{name}@race.example")
            for name in ("ann", "bob", "cyd")
        ]
    yield [accounts.actor_for_user(person) for person in people]
    with public_schema():
        AccessPass.objects.all().delete()
        AccessGrant.objects.all().delete()
        User.objects.filter(email__endswith="@race.example").delete()


def token_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["token"][0]


def test_a_pass_that_several_use_at_once_lets_one_in(
    live_brand: Brand, administrators: list[Actor], at_once: AtOnce
) -> None:
    now = clock.now()
    grant = grants.grant_access(brand_id=live_brand.pk, hours=1, reason="race", now=now)
    with acting_as(administrators[0]):
        token = token_in(grants.issue_pass(grant_id=grant.pk, now=now))
    results = at_once.outcomes([lambda: sessions.redeem_pass(token=token, now=now)] * 4)
    refused = [result for result in results if isinstance(result, sessions.PassInvalid)]
    assert len(refused) == 3, results
    assert User.objects.filter(role="visitor").count() == 1


def test_several_passes_of_one_person_make_one_visitor(
    live_brand: Brand, administrators: list[Actor], at_once: AtOnce
) -> None:
    now = clock.now()
    grant = grants.grant_access(brand_id=live_brand.pk, hours=1, reason="race", now=now)
    with acting_as(administrators[0]):
        tokens = [token_in(grants.issue_pass(grant_id=grant.pk, now=now)) for _pass in range(3)]
    results = at_once.outcomes([partial(sessions.redeem_pass, token=token, now=now) for token in tokens])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert User.objects.filter(role="visitor").count() == 1


def test_of_two_who_approve_at_once_one_decides(
    live_brand: Brand, administrators: list[Actor], at_once: AtOnce
) -> None:
    now = clock.now()
    ann, bob, cyd = administrators
    with acting_as(ann):
        grant = grants.request_emergency(
            brand_id=live_brand.pk, hours=1, reason="money is posted twice at this moment", now=now
        )

    def approve(actor: Actor) -> AccessGrant:
        with acting_as(actor):
            return grants.approve_emergency(grant_id=grant.pk, now=now + timedelta(seconds=1))

    results = at_once.outcomes([lambda: approve(bob), lambda: approve(cyd), lambda: approve(ann)])
    assert sum(isinstance(result, AccessGrant) for result in results) == 1, results
    with public_schema():
        grant.refresh_from_db()
    assert grant.approved_by in {"bob", "cyd"}
