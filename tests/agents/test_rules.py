"""Codes, ID numbers and bank cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.agents import rules


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_id_number_accepted(number: str) -> None:
    assert rules.is_valid_id_number(number)


@pytest.mark.parametrize(
    "number",
    ["", "110105194912310021", "11010519491231002x", "1101051949123100", "１１０１０５１９４９１２３１００２"],
)
def test_id_number_refused(number: str) -> None:
    assert not rules.is_valid_id_number(number)


@given(st.text("0123456789", min_size=17, max_size=17))
def test_exactly_one_check_character_fits(body: str) -> None:
    assert sum(rules.is_valid_id_number(body + check) for check in "0123456789X") == 1


@pytest.mark.parametrize("number", ["4111111111111111", "6222021234567890128"])
def test_bank_card_accepted(number: str) -> None:
    assert rules.is_valid_bank_card(number)


@pytest.mark.parametrize("number", ["4111111111111112", "0", "4111 1111 1111 1111", "abc", "4" * 20])
def test_bank_card_refused(number: str) -> None:
    assert not rules.is_valid_bank_card(number)


@given(st.integers(0, 10**17).map(lambda body: f"{body:018d}"))
def test_luhn_finds_every_single_wrong_digit(body: str) -> None:
    (card,) = [body + check for check in "0123456789" if rules.is_valid_bank_card(body + check)]
    wrong = card[:5] + str((int(card[5]) + 1) % 10) + card[6:]
    assert not rules.is_valid_bank_card(wrong)


def test_made_codes_hold_no_letters_that_look_alike() -> None:
    codes = {rules.make_code(8) for _place in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("0O1ILU")


def test_fields_are_written_one_way() -> None:
    prepared, broken = rules.prepare_fields(
        {
            "code": " a7 ",
            "phone": "138 1234 5678",
            "id_number": "11010519491231002x",
            "bank_card": "4111 1111 1111 1111",
        }
    )
    assert not broken
    assert prepared == {
        "code": "A7",
        "phone": "+8613812345678",
        "id_number": "11010519491231002X",
        "bank_card": "4111111111111111",
    }


def test_every_wrong_field_is_named() -> None:
    _prepared, broken = rules.prepare_fields(
        {"name": " ", "code": "a b", "phone": "12", "id_number": "1", "bank_card": "2"}
    )
    assert set(broken) == {"name", "code", "phone", "id_number", "bank_card"}


def test_each_brand_has_a_lock_of_its_own() -> None:
    keys = {rules.tree_lock_key(f"t_{number}") for number in range(1_000)}
    assert len(keys) == 1_000
    assert all(-(2**63) <= key < 2**63 for key in keys)
