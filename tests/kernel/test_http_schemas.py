"""Test that input is exact or refused by field and rule, and that money is rendered as text."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kernel.http.rendering import FastJson, to_json
from kernel.http.schemas import (
    MoneyIn,
    MoneyText,
    Page,
    PhoneIn,
    Quantity,
    RateIn,
    RateText,
    Strict,
    Text40,
    UnitPriceIn,
    UnitPriceText,
)
from kernel.http.validation import SENTENCES, field_errors, field_path


class LineIn(Strict):
    quantity: Quantity = 1
    price: MoneyIn = Decimal("1.00")
    unit_price: UnitPriceIn = Decimal(1)
    rate: RateIn = Decimal(0)
    name: Text40 = "x"
    phone: PhoneIn | None = None
    tags: list[str] = []
    extra: dict[str, str] = {}


class OrderIn(Strict):
    lines: list[LineIn]


def _codes(values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as refusal:
        LineIn.model_validate(values)
    return {error.field: error.code for error in field_errors(refusal.value.errors())}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("12.30", "12.30"),
        ("12.3", "12.30"),
        (12, "12.00"),
        ("0", "0.00"),
        (" 5 ", "5.00"),
        ("999999999999.99",) * 2,
        ("-0.00", "0.00"),
        ("007.10", "7.10"),
    ],
)
def test_amounts_that_are_exact(value: object, read: str) -> None:
    price = LineIn.model_validate({"price": value}).price
    assert isinstance(price, Decimal)
    assert str(price) == read


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12.345", "too_many_decimals"),
        ("12.300", "too_many_decimals"),
        ("1000000000000", "too_large"),
        (10**12, "too_large"),
        (10**100, "too_large"),
        ("-1", "negative"),
        (-1, "negative"),
        (1.5, "float_amount"),
        (float("nan"), "float_amount"),
        ("NaN", "not_a_decimal"),
        ("Infinity", "not_a_decimal"),
        ("-Infinity", "not_a_decimal"),
        ("1e3", "not_a_decimal"),
        ("1E-2", "not_a_decimal"),
        ("1_000", "not_a_decimal"),
        ("1,000.00", "not_a_decimal"),
        ("12.", "not_a_decimal"),
        (".5", "not_a_decimal"),
        ("0x10", "not_a_decimal"),
        ("１２", "not_a_decimal"),
        ("٣", "not_a_decimal"),
        ("", "not_a_decimal"),
        ("¥5", "not_a_decimal"),
        ("9" * 5000, "not_a_decimal"),
        (True, "not_a_decimal"),
        (None, "not_a_decimal"),
        ([], "not_a_decimal"),
        ({}, "not_a_decimal"),
    ],
)
def test_amounts_that_are_not(value: object, code: str) -> None:
    assert _codes({"price": value}) == {"price": code}


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_every_amount_survives_the_way_in_and_out(amount: Decimal) -> None:
    class AmountOut(Strict):
        amount: MoneyText

    sent = orjson.loads(to_json(AmountOut(amount=amount).model_dump()))["amount"]
    assert LineIn.model_validate({"price": sent}).price == amount


@given(st.text(max_size=20))
def test_any_text_is_read_exactly_or_refused(text: str) -> None:
    try:
        price = LineIn.model_validate({"price": text}).price
    except ValidationError:
        return
    assert price == Decimal(text.strip())


def test_unit_prices_and_rates() -> None:
    line = LineIn.model_validate({"unit_price": "0.1234", "rate": "0.13"})
    assert (line.unit_price, line.rate) == (Decimal("0.1234"), Decimal("0.13"))
    assert _codes({"unit_price": "0.12345"}) == {"unit_price": "too_many_decimals"}
    assert _codes({"rate": "1.01"}) == {"rate": "rate_above_one"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "greater_than_equal"),
        (-1, "greater_than_equal"),
        (1_000_001, "less_than_equal"),
        ("1", "int_type"),
        (1.0, "int_type"),
        (True, "int_type"),
        (None, "int_type"),
    ],
)
def test_quantities_are_whole_and_bounded(value: object, code: str) -> None:
    assert _codes({"quantity": value}) == {"quantity": code}


def test_unknown_fields_nul_bytes_and_lengths_are_named() -> None:
    assert _codes({"colour": "red"}) == {"colour": "extra_forbidden"}
    assert _codes({"name": "a\x00b"}) == {"name": "nul_byte"}
    assert _codes({"tags": ["fine", "a\x00b"]}) == {"tags": "nul_byte"}
    assert _codes({"extra": {"a\x00": "b"}}) == {"extra": "nul_byte"}
    assert _codes({"name": "   "}) == {"name": "string_too_short"}
    assert _codes({"name": "x" * 41}) == {"name": "string_too_long"}


def test_emoji_are_welcome_and_texts_stripped() -> None:
    assert LineIn.model_validate({"name": "  王🌸👩‍👩‍👧  "}).name == "王🌸👩‍👩‍👧"


@pytest.mark.parametrize(
    ("text", "number"),
    [("13812345678", "+8613812345678"), ("+86 138-1234-5678", "+8613812345678"), ("+44 7911 123456", "+447911123456")],
)
def test_phones_become_international(text: str, number: str) -> None:
    assert LineIn.model_validate({"phone": text}).phone == number


@pytest.mark.parametrize("text", ["", "123", "+8613", "138123456789012345", "phone", 13812345678, "1" * 300])
def test_what_is_no_phone_is_refused(text: object) -> None:
    assert _codes({"phone": text}) == {"phone": "not_a_phone_number"}


def test_paths_lead_to_the_field() -> None:
    with pytest.raises(ValidationError) as refusal:
        OrderIn.model_validate({"lines": [{}, {"quantity": 0}]})
    assert [error.field for error in field_errors(refusal.value.errors())] == ["lines.1.quantity"]
    assert field_path(("body", "payload", "lines", 0, "quantity")) == "lines.0.quantity"
    assert field_path(("body", "payload")) == "body"
    assert field_path(("query", "limit")) == "limit"
    assert field_path(("path", "order_id")) == "order_id"


def test_sentences_are_the_user_s_language_and_never_quote_the_input() -> None:
    with pytest.raises(ValidationError) as refusal:
        LineIn.model_validate({"quantity": "bny_secret", "price": "bny_secret", "name": "x" * 41})
    with translation.override("zh-hans"):
        details = [str(error.detail) for error in field_errors(refusal.value.errors())]
    assert not any("bny_secret" in detail for detail in details)
    assert any("40" in detail for detail in details)
    assert len(SENTENCES) > 40


def test_answers_are_exact() -> None:
    class RowOut(Strict):
        total: MoneyText
        unit: UnitPriceText
        rate: RateText
        at: datetime

    row = RowOut(
        total=Decimal("12.3"), unit=Decimal("0.5"), rate=Decimal("0.13"), at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    assert orjson.loads(to_json(row)) == {
        "total": "12.30",
        "unit": "0.5000",
        "rate": "0.130000",
        "at": "2026-01-02T03:04:05Z",
    }
    assert orjson.loads(FastJson({"total": Decimal("1E+2"), "ids": {1}}).content) == {"total": "100", "ids": [1]}
    with pytest.raises(TypeError):
        to_json({"x": object()})
    page = Page[RowOut](items=[row], next_cursor=None)
    assert page.model_dump()["items"][0]["total"] == "12.30"
