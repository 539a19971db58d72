"""Enough to recognise, too little to use; and nothing of it in free text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.privacy.masking import mask_bank_card, mask_email, mask_id_number, mask_name, mask_phone
from kernel.privacy.redaction import HIDDEN, redact, redact_text


def test_masks() -> None:
    assert mask_phone("+8613812345678") == "+86138****5678"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("110") == "***"
    assert mask_email("someone@example.com") == "s***@example.com"
    assert mask_email("nobody") == "***"
    assert mask_id_number("11010519491231002X") == "110105********002X"
    assert mask_bank_card("6222 0212 3456 7890 123") == "622202*********0123"
    assert mask_name("王小明") == "王*明"
    assert mask_name("王明") == "王*"
    assert mask_name("欧") == "欧"
    assert mask_name("") == ""


@given(st.text(max_size=40))
def test_masks_take_anything_and_hide_something(text: str) -> None:
    for mask in (mask_phone, mask_id_number, mask_bank_card):
        assert len(text.strip()) < 3 or mask(text) != text.strip() or set(text.strip()) <= {"*"} or " " in text
    mask_email(text)
    mask_name(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("call 13812345678 now", "13812345678"),
        ("call +86 138-1234-5678", "1234"),
        ("电话：13812345678，谢谢", "13812345678"),
        ("intl +447911123456", "7911123"),
        ("id 11010519491231002X", "19491231"),
        ("card 6222021234567890123", "1234567890"),
        ("card 6222 0212 3456 7890", "0212 3456"),
        ("key bny_AbCdEf123456-_x sent", "AbCdEf"),
        ("Authorization: Bearer abcdef.ghijkl", "ghijkl"),
        ("mail wang.li+shop@mail.example.com failed", "wang.li"),
        ("DETAIL: Key (phone)=(+8613812345678) already exists.", "1381234"),
    ],
)
def test_free_text_loses_its_secrets(text: str, secret: str) -> None:
    assert secret not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "order SO20261121-000001 shipped",
        "took 12.345 s for 541909 rows",
        "request 1f0c9a7e6b5d4c3b2a190807f6e5d4c3",
        "at 2026-11-21T09:30:00.123456+08:00",
        "0 rows",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_structures_are_searched_and_secret_names_hidden() -> None:
    cleaned = redact(
        {
            "phone": "13812345678",
            "password": "hunter2",
            "nested": [{"api_key": "x", "note": "mail a.b@example.com"}, 13812345678, 42, None, True],
            "empty": {"token": ""},
        }
    )
    assert cleaned == {
        "phone": "138****5678",
        "password": HIDDEN,
        "nested": [{"api_key": HIDDEN, "note": "mail a***@example.com"}, "138****5678", 42, None, True],
        "empty": {"token": ""},
    }
