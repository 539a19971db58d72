"""Roles, spellings of names, and the form of secrets: no database."""

import pytest

from shared_apps.accounts.rules import rights, sign_in_names, tokens
from shared_apps.accounts.rules.permission_names import PERMISSION_NAMES
from shared_apps.accounts.states import PLATFORM_ROLES, Role


def test_owner_may_everything_and_manager_all_but_what_is_the_owner_s() -> None:
    assert rights.permissions_for("owner") == rights.ALL_BRAND
    assert rights.permissions_for("manager") == rights.ALL_BRAND - {
        "accounts.manage",
        "billing.manage",
        "support.grant",
    }


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("sales", "orders.place", "orders.refund"),
        ("sales", "orders.import", "orders.ship"),
        ("sales", "customers.edit", "commissions.view"),
        ("warehouse", "orders.ship", "orders.place"),
        ("warehouse", "inventory.adjust", "finance.view"),
        ("finance", "commissions.payout", "inventory.adjust"),
        ("finance", "orders.refund", "accounts.manage"),
        ("support", "tenants.extend", "tenants.suspend"),
        ("platform_admin", "tenants.suspend", "orders.view"),
    ],
)
def test_roles_hold_what_their_work_needs(role: str, may: str, may_not: str) -> None:
    assert may in rights.permissions_for(role)
    assert may_not not in rights.permissions_for(role)


def test_every_role_stays_within_the_vocabulary() -> None:
    for role in Role:
        wanted = rights.ALL_PLATFORM if role in PLATFORM_ROLES else rights.ALL_BRAND
        assert rights.permissions_for(role) <= wanted, role


def test_every_permission_has_a_name() -> None:
    assert set(PERMISSION_NAMES) == rights.ALL_BRAND | rights.ALL_PLATFORM


def test_a_service_and_an_unknown_role_hold_nothing() -> None:
    assert rights.permissions_for("service") == frozenset()
    assert rights.permissions_for("root") == frozenset()


@pytest.mark.parametrize(
    ("held", "name", "answer"),
    [
        ({"orders.view"}, "orders.view_order", True),
        ({"orders.ship"}, "orders.view_order", True),
        ({"orders.ship"}, "orders.change_order", False),
        ({"catalog.edit"}, "catalog.add_product", True),
        ({"catalog.view"}, "catalog.delete_product", False),
        ({"accounts.manage"}, "accounts.change_user", True),
        ({"accounts.manage"}, "kernel.view_auditrecord", True),
        ({"accounts.manage"}, "kernel.delete_auditrecord", False),
        ({"catalog.edit"}, "kernel.view_auditrecord", False),
        ({"orders.ship"}, "orders.ship", True),
        (set(), "", False),
        ({"catalog.edit"}, "catalog.", False),
    ],
)
def test_the_admins_questions_are_answered_from_our_words(held: set[str], name: str, answer: bool) -> None:
    assert rights.may_by_django_name(held, name) is answer


@pytest.mark.parametrize(
    "spelling",
    ["13812345678", " 138 1234 5678", "+86 138-1234-5678", "0086 13812345678", "(+86)13812345678", "+8613812345678"],
)
def test_a_phone_number_has_one_spelling(spelling: str) -> None:
    assert sign_in_names.normalise_sign_in_name(spelling) == "+8613812345678"


def test_an_address_is_compared_in_lower_case() -> None:
    assert sign_in_names.normalise_sign_in_name("  Owner@Acme.Example ") == "owner@acme.example"


def test_api_keys_carry_their_checksum() -> None:
    keys = {tokens.new_api_key() for _index in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert tokens.is_api_key(key)
        assert key.startswith("bny_")
        assert len(key) == 52
        wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
        assert not tokens.is_api_key(wrong)
        assert not tokens.is_api_key(key[:20] + ("A" if key[20] != "A" else "B") + key[21:])


@pytest.mark.parametrize("text", ["", "bny_", "bny_" + "x" * 48, "bny_" + "é" * 48, "Bearer", "bny_" + "x" * 100_000])
def test_what_is_no_key_is_refused_before_the_database(text: str) -> None:
    assert not tokens.is_api_key(text)


def test_recovery_codes_may_be_typed_as_people_type() -> None:
    code = tokens.new_recovery_code()
    assert len(code) == 17
    assert tokens.normalise_recovery_code(f" {code.upper().replace('-', ' ')} ") == code.replace("-", "")
