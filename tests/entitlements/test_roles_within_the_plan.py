"""Roles are cut to the plan, and whole again after an upgrade; what was made stays readable."""

from collections.abc import Callable
from typing import Any

import pytest

from kernel.core import clock
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import current_brand, leave_brand, public_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import api_keys, people, users
from shared_apps.accounts.services.visitors import allow_visit
from shared_apps.accounts.states import BRAND_PERSON_ROLES, FEATURE_OF_PERMISSION, PLATFORM_ROLES, Role
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements.states import FEATURES

from .conftest import Allow

pytestmark = pytest.mark.django_db

BRAND = sorted(set(Role) - PLATFORM_ROLES)


def somebody(role: str) -> User:
    user = User(name="Wang", role=role, email="wang@acme.example")
    if role == Role.VISITOR:
        allow_visit(user, may_write=True)
    return user


def test_the_mapping_speaks_of_real_permissions_and_features() -> None:
    assert set(FEATURE_OF_PERMISSION) <= rights.ALL_BRAND
    assert set(FEATURE_OF_PERMISSION.values()) <= FEATURES


@pytest.mark.parametrize("role", BRAND)
@pytest.mark.parametrize("feature", sorted(set(FEATURE_OF_PERMISSION.values())))
def test_every_role_loses_what_the_plan_lacks_and_gets_it_back(allow: Allow, role: str, feature: str) -> None:
    whole = rights.permissions_for(role)
    lost = {word for word, needed in FEATURE_OF_PERMISSION.items() if needed == feature} & whole
    person = somebody(role)
    assert person.permissions == whole
    allow(*(FEATURES - {feature}))
    actor = selectors.actor_for_user(person)
    assert person.permissions == actor.permissions == whole - lost
    assert actor.withheld == {(word, feature) for word in lost}
    assert not any(person.has_perm(word) for word in lost)
    allow(*FEATURES)
    assert person.permissions == whole
    assert selectors.actor_for_user(person).withheld == frozenset()


@pytest.mark.parametrize("role", sorted(PLATFORM_ROLES))
def test_the_platform_s_own_staff_has_no_plan(public: None, role: str) -> None:
    person = somebody(role)
    assert person.permissions == rights.permissions_for(role)
    assert selectors.actor_for_user(person).withheld == frozenset()


def test_somebody_deactivated_holds_nothing_and_misses_nothing(allow: Allow) -> None:
    allow()
    person = somebody("owner")
    person.is_active = False
    assert (person.permissions, selectors.actor_for_user(person).withheld) == (frozenset(), frozenset())


@pytest.mark.parametrize("scopes", [None, ["orders.view", "orders.import"]])
def test_keys_follow_the_plan_too(allow: Allow, scopes: list[str] | None) -> None:
    _key, plaintext = api_keys.issue_api_key(name="till", role="sales", permissions=scopes)
    whole = frozenset(scopes) if scopes else rights.permissions_for("sales")
    allow("api")
    actor = api_keys.use_api_key(plaintext, now=clock.now())
    assert actor is not None
    assert actor.permissions == whole - {"orders.import"}
    assert actor.withheld == {("orders.import", "order_import")}
    allow("api", "order_import")
    actor = api_keys.use_api_key(plaintext, now=clock.now())
    assert actor is not None
    assert actor.permissions == whole


def test_an_owner_of_a_small_plan_still_makes_people_of_every_role(allow: Allow) -> None:
    allow("api")
    with acting_as(selectors.actor_for_user(somebody("owner"))):
        for role in sorted(BRAND_PERSON_ROLES):
            users.create_user(name="Li", role=role, email=f"new-{role}@acme.example")


def test_nobody_gives_what_only_the_role_lacks(allow: Allow) -> None:
    allow("api")
    with acting_as(selectors.actor_for_user(somebody("sales"))), pytest.raises(people.RightsBeyondOwn):
        users.create_user(name="Li", role="owner", email="li@acme.example")


class TestFailingClosed:
    def test_a_word_that_is_no_feature_is_a_fault(self) -> None:
        with pytest.raises(ValueError, match="no feature"):
            entitlements.may("multi_warehose")

    def test_the_platform_has_no_plan_to_ask(self, public: None) -> None:
        with pytest.raises(RuntimeError):
            entitlements.may("api")

    @pytest.mark.parametrize("odd", [{}, None, {"features": None}, {"limits": {}}])
    def test_a_brand_whose_plan_says_nothing_may_nothing(self, monkeypatch: pytest.MonkeyPatch, odd: Any) -> None:
        brand = current_brand()
        monkeypatch.setattr(brand, "entitlements", odd)
        monkeypatch.setattr("shared_apps.entitlements.selectors.find_brand", lambda schema: brand)
        assert not any(entitlements.may(feature) for feature in FEATURES)

    def test_whoever_came_by_the_schema_s_name_has_the_brand_looked_up(self, allow: Allow) -> None:
        from django_tenants.utils import schema_context

        schema = current_brand().schema_name
        allow("invoicing")
        with public_schema(), schema_context(schema):
            assert not hasattr(current_brand(), "entitlements")
            assert entitlements.may("invoicing")
            assert not entitlements.may("api")

    def test_a_schema_that_nobody_owns_may_nothing(self) -> None:
        from django.core.exceptions import ObjectDoesNotExist
        from django_tenants.utils import schema_context

        leave_brand()
        with schema_context("t_nobody"), pytest.raises(ObjectDoesNotExist):
            entitlements.may("api")


def test_pages_of_what_the_plan_lacks_are_read_and_not_written(allow: Allow, console_as: Callable[[str], Any]) -> None:
    browser = console_as("sales")
    allow("invoicing")
    assert browser.get("/console/imports/importjob/").status_code == 200
    refused = browser.post("/console/imports/new/orders/", {})
    assert refused.status_code == 403
    browser = console_as("warehouse")
    assert browser.get("/console/imports/new/orders/").status_code == 403
