"""One parser of phone numbers."""

import pytest

from kernel.china.phones import NotAPhoneNumber, find_phone, normalise_phone, spell_phone


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13812345678", "+8613812345678"),
        (" 138 1234 5678 ", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("+86 138-1234-5678", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("0086 13812345678", "+8613812345678"),
        ("(+86)13812345678", "+8613812345678"),
        ("138.1234.5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("138\u20031234\u00a05678", "+8613812345678"),
        ("010 6552 9988", "+861065529988"),
        ("400-610-1234", "+864006101234"),
        ("+852 5123 4567", "+85251234567"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+447911123456", "+447911123456"),
    ],
)
def test_a_number_has_one_spelling(written: str, stored: str) -> None:
    assert normalise_phone(written) == stored
    assert normalise_phone(stored) == stored
    assert find_phone(written) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "abc",
        "hello",
        "+",
        "+86",
        "+999123",
        "☎",
        "\x00",
        "１２",
        "1381234567",
        "138123456789",
        "12812345678",
        "138****5678",
        "18412345678-1234",
        "1" * 60,
        "9" * 500,
    ],
)
def test_no_number(text: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        normalise_phone(text)
    assert find_phone(text) is None


@pytest.mark.parametrize(
    ("kept", "spelled"),
    [
        ("+8613812345678", "138 1234 5678"),
        ("+86138****5678", "138****5678"),
        ("+85291234567", "+85291234567"),
        ("+861012345678", "+861012345678"),
        ("", ""),
    ],
)
def test_a_kept_number_is_written_as_people_do(kept: str, spelled: str) -> None:
    assert spell_phone(kept) == spelled
