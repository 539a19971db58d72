"""API keys: made once, shown once, known in one brand only."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from kernel.core import clock
from kernel.core.errors import Invalid
from kernel.tenancy.context import current_brand, enter_brand
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey
from shared_apps.accounts.rules import rights, tokens
from shared_apps.accounts.services import api_keys
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


def test_only_the_digest_is_kept() -> None:
    key, plaintext = api_keys.issue_api_key(name="shop", role="sales")
    key.refresh_from_db()
    kept = str([getattr(key, field.attname) for field in ApiKey._meta.fields])
    assert plaintext not in kept
    assert key.digest == tokens.digest(plaintext)
    assert plaintext.startswith(key.prefix)


def test_a_key_has_its_roles_rights_and_follows_them() -> None:
    _key, plaintext = api_keys.issue_api_key(name="shop", role="warehouse")
    actor = selectors.authenticate_api_key(plaintext, now=clock.now())
    assert actor is not None
    assert actor.kind == "api_key"
    assert actor.permissions == rights.permissions_for("warehouse")


def test_a_service_has_what_it_was_given() -> None:
    key, plaintext = api_keys.issue_api_key(
        name="erp", role="service", permissions=["orders.view", "orders.place", "orders.view"]
    )
    actor = selectors.authenticate_api_key(plaintext, now=clock.now())
    assert actor is not None
    assert actor.permissions == {"orders.view", "orders.place"}
    assert key.permissions == ["orders.place", "orders.view"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "service"}, "permissions"),
        ({"role": "service", "permissions": []}, "permissions"),
        ({"role": "service", "permissions": ["orders.view", "root"]}, "permissions.1"),
        ({"role": "service", "permissions": ["tenants.suspend"]}, "permissions.0"),
        ({"role": "sales", "permissions": ["orders.refund"]}, "permissions.0"),
        ({"role": "root"}, "role"),
        ({"role": "support"}, "role"),
        ({"role": "sales", "name": "\x00"}, "name"),
        ({"role": "sales", "expires_at": clock.now() - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_refusal_names_the_field_and_makes_no_key(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        api_keys.issue_api_key(**{"name": "k", **wrong})
    assert refusal.value.errors[0].field == field
    assert not ApiKey.objects.exists()


def test_a_key_ends_when_it_is_revoked_or_expires() -> None:
    key, plaintext = api_keys.issue_api_key(name="k", role="sales", expires_at=clock.now() + timedelta(hours=1))
    assert selectors.authenticate_api_key(plaintext, now=clock.now()) is not None
    assert selectors.authenticate_api_key(plaintext, now=clock.now() + timedelta(hours=1)) is None
    first = api_keys.revoke_api_key(key_id=key.pk).revoked_at
    assert api_keys.revoke_api_key(key_id=key.pk).revoked_at == first
    assert selectors.authenticate_api_key(plaintext, now=clock.now()) is None
    with pytest.raises(api_keys.ApiKeyNotFound):
        api_keys.revoke_api_key(key_id=10**15)


def test_another_brand_does_not_know_the_key(other_brand: Brand) -> None:
    _key, plaintext = api_keys.issue_api_key(name="k", role="owner")
    mine = current_brand()
    enter_brand(other_brand)
    try:
        assert selectors.authenticate_api_key(plaintext, now=clock.now()) is None
    finally:
        enter_brand(mine)


def test_one_query_recognises_a_key_and_none_a_mistyped_one(django_assert_num_queries: Callable[[int], Any]) -> None:
    _key, plaintext = api_keys.issue_api_key(name="k", role="owner")
    api_keys.use_api_key(plaintext, now=clock.now())
    with django_assert_num_queries(1):
        assert api_keys.use_api_key(plaintext, now=clock.now()) is not None
    with django_assert_num_queries(0):
        assert api_keys.use_api_key(plaintext[:-1] + ("0" if plaintext[-1] != "0" else "1"), now=clock.now()) is None
        assert api_keys.use_api_key("x" * 1_000_000, now=clock.now()) is None


def test_the_digest_is_looked_up_by_its_index() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM accounts_apikey WHERE digest = 'x' AND revoked_at IS NULL")
        assert "accounts_apikey_digest_unique" in str(cursor.fetchall())


def test_use_is_noted_once_a_minute() -> None:
    key, plaintext = api_keys.issue_api_key(name="k", role="owner")
    start = clock.now()
    for seconds, noted in [(0, 0), (59, 0), (60, 60), (61, 60), (200, 200)]:
        api_keys.use_api_key(plaintext, now=start + timedelta(seconds=seconds))
        key.refresh_from_db()
        assert key.last_used_at == start + timedelta(seconds=noted)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_note(live_brand: Brand) -> None:
    """A request that holds the key's row in its transaction does not hold up the others."""
    key, plaintext = api_keys.issue_api_key(name="k", role="owner")
    actors: list[object] = []

    def use() -> None:
        enter_brand(live_brand)
        try:
            actors.append(api_keys.use_api_key(plaintext, now=clock.now()))
        finally:
            connection.close()

    with transaction.atomic():
        api_keys.use_api_key(plaintext, now=clock.now())
        thread = threading.Thread(target=use)
        thread.start()
        thread.join(5)
        assert len(actors) == 1
    assert actors[0] is not None
    key.refresh_from_db()
    assert key.last_used_at is not None
