"""Numbers with a check digit: the standards' examples, look-alikes, and every single wrong character."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.china.numbers import is_bank_card, is_credit_code, is_ean13, is_resident_id, normalise_credit_code

CREDIT_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (is_credit_code, "91350100M000100Y43"),
        (is_credit_code, "91110000600037341L"),
        (is_credit_code, "N2350100M000100Y4J"),
        (is_resident_id, "11010519491231002X"),
        (is_resident_id, "440524188001010014"),
        (is_resident_id, "810000199408230021"),
        (is_bank_card, "4111111111111111"),
        (is_bank_card, "6222021234567890128"),
        (is_ean13, "4006381333931"),
        (is_ean13, "6901234567892"),
    ],
)
def test_a_right_number(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (is_credit_code, ""),
        (is_credit_code, "91350100M000100Y44"),
        (is_credit_code, "91350100M000100Y4"),
        (is_credit_code, "91350100M000100Y430"),
        (is_credit_code, "9135O100M000100Y43"),
        (is_credit_code, "91350100m000100y43"),
        (is_credit_code, "91350100M000100Y43\n"),
        (is_credit_code, "中" * 18),
        (is_resident_id, ""),
        (is_resident_id, "110105194912310021"),
        (is_resident_id, "11010519491231002x"),
        (is_resident_id, "1101051949123100"),
        (is_resident_id, "110105194913310021"),  # the thirteenth month, with its right check digit
        (is_resident_id, "１１０１０５１９４９１２３１００２"),
        (is_bank_card, "4111111111111112"),
        (is_bank_card, "0"),
        (is_bank_card, "4111 1111 1111 1111"),
        (is_bank_card, "４１１１１１１１１１１１１１１１"),
        (is_bank_card, "abc"),
        (is_bank_card, "4" * 20),
        (is_ean13, "4006381333932"),
        (is_ean13, "12345670"),
        (is_ean13, "４００６３８１３３３９３１"),
        (is_ean13, ""),
    ],
)
def test_a_wrong_number(check: Callable[[str], bool], number: str) -> None:
    assert not check(number)


@given(position=st.integers(0, 17), replacement=st.sampled_from(CREDIT_CODE_LETTERS))
def test_one_wrong_character_of_a_credit_code_is_always_noticed(position: int, replacement: str) -> None:
    right = "91350100M000100Y43"
    wrong = right[:position] + replacement + right[position + 1 :]
    assert is_credit_code(wrong) == (wrong == right)


@given(body=st.text("0123456789", min_size=3, max_size=3), day=st.dates())
def test_exactly_one_check_character_fits_an_id_number(body: str, day: object) -> None:
    begin = f"110105{str(day).replace('-', '')}{body}"
    assert sum(is_resident_id(begin + check) for check in "0123456789X") == 1


@given(st.integers(0, 10**17).map(lambda body: f"{body:018d}"))
def test_luhn_finds_every_single_wrong_digit(body: str) -> None:
    (card,) = [body + check for check in "0123456789" if is_bank_card(body + check)]
    wrong = card[:5] + str((int(card[5]) + 1) % 10) + card[6:]
    assert not is_bank_card(wrong)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_exactly_one_check_digit_fits_a_barcode(body: str) -> None:
    assert sum(is_ean13(body + digit) for digit in "0123456789") == 1


@pytest.mark.parametrize(
    "typed", [" 9135 0100m000100y43 ", "91350100-M000100Y43", "９１３５０１００Ｍ０００１００Ｙ４３"]
)
def test_credit_codes_are_compared_in_one_form(typed: str) -> None:
    assert normalise_credit_code(typed) == "91350100M000100Y43"
