"""Cells as values: whatever is not clearly one of them is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tenant_apps.imports.services.reading import cells
from tenant_apps.imports.services.reading.cells import CellRefused
from tenant_apps.imports.services.reading.rows import find_phone

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        ("1,234.50", "1234.50"),
        ("12,345,678", "12345678"),
        ("-1,234", "-1234"),
        ("+5", "5"),
        ("60.00元", "60.00"),
        ("￥60", "60"),
        ("¥ 1,299.00", "1299.00"),
        ("-¥5", "-5"),
        ("¥-5", "-5"),
        ("１２．５０", "12.50"),
        ("１，２３４", "1234"),
        ("\t12 ", "12"),
        ("'12.5", "12.5"),
        ('="12.5"', "12.5"),
        ("12\u200b.5", "12.5"),
        ("−3", "-3"),
    ],
)
def test_numbers_that_are_read(text: str, value: str) -> None:
    assert cells.read_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "12,50",
        "1,5",
        "1.234,50",
        "1,23,456",
        ",123",
        "1234,567",
        "1_000",
        "1e3",
        "1E+3",
        "NaN",
        "Infinity",
        "0x10",
        "12.5.1",
        "1 234",
        "12 50",
        "--5",
        "-¥-5",
        "5-",
        "(5)",
        "12.50 USD",
        "十二",
        "12,50元",
        "¥",
        "",
        ".",
        "9" * 16,
    ],
)
def test_numbers_that_are_refused(text: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        cells.read_decimal(text)
    assert refusal.value.code == "bad_number"


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("3.0", 3), ("3.00", 3), ("1,500", 1500), ("３", 3), ("-2", -2)])
def test_whole_numbers(text: str, value: int) -> None:
    assert cells.read_whole(text) == value


@pytest.mark.parametrize("text", ["1.5", "1,5", "3个", "0.1", "1e2"])
def test_no_whole_numbers(text: str) -> None:
    with pytest.raises(CellRefused):
        cells.read_whole(text)


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("252346789012345671", "252346789012345671"),
        ("0012", "0012"),
        ('="123"', "123"),
        ("`123", "123"),
        ("'123", "123"),
        ("\t123", "123"),
        ("123\t", "123"),
        ('\'="0012"', "0012"),
        ("CREAM-50\u200b", "CREAM-50"),
        ("\ufeffCREAM-50", "CREAM-50"),
        ("ＣＲＥＡＭ－５０", "CREAM-50"),
        ("CREAM\u00a050", "CREAM 50"),
        ("CREAM \u3000 50", "CREAM 50"),
        ("CRE\u00adAM", "CREAM"),
        ("17850.0", "17850"),
        ("A\x00B\x07", "AB"),
        ("1E10", "1E10"),
        ("12E5", "12E5"),
        ("O'Neill", "O'Neill"),
        ("", ""),
    ],
)
def test_identifiers_are_text(text: str, identifier: str) -> None:
    assert cells.read_identifier(text) == identifier
    assert cells.read_identifier(identifier) == identifier


@pytest.mark.parametrize(
    "text",
    [
        "2.52346E+17",
        "2.52346789012346e+17",
        "2.5E17",
        "1E+15",
        "'2.52346E+17",
        "２.52346E+17",
        "1000000000000000.0",
        "252346789012345660.0",
        "5e-7",
    ],
)
def test_identifiers_that_a_program_rounded_are_refused(text: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        cells.read_identifier(text)
    assert refusal.value.code == "damaged_identifier"


def test_identifiers_have_a_length() -> None:
    assert cells.read_identifier("N" * 64) == "N" * 64
    with pytest.raises(CellRefused) as refusal:
        cells.read_identifier("N" * 65)
    assert refusal.value.code == "too_long"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  面霜\u3000 50ml ", "面霜 50ml"),
        ("line\r\nbreak", "line break"),
        ("zero\u200bwidth", "zerowidth"),
        ("'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("'s Gravenhage", "'s Gravenhage"),
        ("ＡＢＣ", "ＡＢＣ"),
        ("\ud800x", "x"),
        ("\u3164", ""),
    ],
)
def test_texts_are_cleaned(text: str, cleaned: str) -> None:
    assert cells.clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-1-5 9:05", (2026, 1, 5, 1, 5)),
        ("2026-01-05 09:05:33", (2026, 1, 5, 1, 5, 33)),
        ("2026/1/5 9:05", (2026, 1, 5, 1, 5)),
        ("2026.01.05", (2026, 1, 4, 16)),
        ("2026年1月5日", (2026, 1, 4, 16)),
        ("2026年1月5日 9:05", (2026, 1, 5, 1, 5)),
        ("2026年1月5日9时5分", (2026, 1, 5, 1, 5)),
        ("20260105", (2026, 1, 4, 16)),
        ("2026-01-05T09:05:33+08:00", (2026, 1, 5, 1, 5, 33)),
        ("2026-01-05T01:05:33Z", (2026, 1, 5, 1, 5, 33)),
        ("2026-01-05 09:05:33 +0800", (2026, 1, 5, 1, 5, 33)),
        ("2026-01-05 09:05:33.123", (2026, 1, 5, 1, 5, 33)),
        ("２０２６-０１-０５", (2026, 1, 4, 16)),
        ("46027", (2026, 1, 4, 16)),
        ("46027.378472222", (2026, 1, 5, 1, 5)),
        ("\t2026-01-05", (2026, 1, 4, 16)),
    ],
)
def test_moments(text: str, moment: tuple[int, ...]) -> None:
    assert cells.read_moment(text, zone=SHANGHAI) == datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "01/05/2026",
        "5.1.2026",
        "2026-13-01",
        "2026-02-30",
        "2026-01-05 25:00",
        "2026-01-05 9",
        "2026-01-05x",
        "2026-01-0509:05",
        "2026-01/05",
        "0000-01-01",
        "460270",
        "2026-W01-1",
    ],
)
def test_no_moments(text: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        cells.read_moment(text, zone=SHANGHAI)
    assert refusal.value.code == "bad_date"


def test_a_day_is_the_zones() -> None:
    assert cells.read_date("2026-01-05T20:00:00Z", zone=SHANGHAI) == date(2026, 1, 6)


@pytest.mark.parametrize(("year", "is_near"), [(2023, False), (2024, True), (2026, True), (2028, True), (2029, False)])
def test_a_year_far_from_this_one_is_refused(year: int, is_near: bool) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    if is_near:
        cells.ensure_year_near(year, now=now)
    else:
        with pytest.raises(CellRefused) as refusal:
            cells.ensure_year_near(year, now=now)
        assert refusal.value.code == "year_out_of_range"


@pytest.mark.parametrize(
    ("text", "rate"), [("13%", "0.13"), ("13", "0.13"), ("0.13", "0.13"), ("１３％", "0.13"), ("0", "0")]
)
def test_rates(text: str, rate: str) -> None:
    assert cells.read_rate(text) == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13812345678", "+8613812345678"),
        ("+86 138-1234-5678", "+8613812345678"),
        ("'13812345678", "+8613812345678"),
        ("138****5678", ""),
        ("18412345678-1234", ""),
        ("n/a", ""),
        ("12", ""),
    ],
)
def test_an_optional_phone_refuses_nothing(text: str, phone: str) -> None:
    assert find_phone(text) == phone
