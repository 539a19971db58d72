"""Rounding is one function; a split loses nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.core.money import CENT, ZERO, MoneyField, RateField, UnitPriceField, round_money, split

amounts = st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False, allow_infinity=False)
weights = st.lists(
    st.one_of(
        st.integers(min_value=0, max_value=10**9),
        st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False, allow_infinity=False),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.125", "0.13"), ("-0.125", "-0.13"), ("0.135", "0.14"), ("2.675", "2.68"), ("-0.004", "0.00"), ("1", "1.00")],
)
def test_halves_are_rounded_away_from_zero(value: str, rounded: str) -> None:
    assert str(round_money(Decimal(value))) == rounded


@pytest.mark.parametrize("value", [1.1, True, "1.10", None])
def test_only_decimals_and_whole_numbers_are_money(value: object) -> None:
    with pytest.raises(TypeError):
        round_money(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        round_money(Decimal(value))


@given(total=amounts, shares=weights)
def test_a_split_adds_up_and_stays_within_a_cent(total: Decimal, shares: list[Decimal | int]) -> None:
    parts = split(total, shares)
    assert sum(parts) == total
    assert len(parts) == len(shares)
    whole = sum(Decimal(share) for share in shares)
    for part, share in zip(parts, shares, strict=True):
        exact = total * Decimal(share) / whole if whole else total / len(shares)
        assert abs(part - exact) < CENT + Decimal("1e-9")
        assert part == part.quantize(CENT)
        assert part * total >= 0  # never of the other sign


@given(total=amounts, shares=weights)
def test_a_negative_total_splits_like_the_positive_one(total: Decimal, shares: list[Decimal | int]) -> None:
    assert split(-total, shares) == [-part if part else ZERO for part in split(total, shares)]


@given(total=amounts, count=st.integers(min_value=1, max_value=30))
def test_weights_of_nothing_split_evenly(total: Decimal, count: int) -> None:
    parts = split(total, [0] * count)
    assert sum(parts) == total
    assert max(parts) - min(parts) <= CENT


def test_the_earlier_part_gets_the_odd_cent() -> None:
    assert split(Decimal("100.00"), [1, 1, 1]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_proportions_beyond_the_decimal_context_are_exact() -> None:
    tiny = Decimal("1e-30")
    huge = Decimal("1e30")
    assert split(Decimal("0.01"), [tiny, huge]) == [ZERO, Decimal("0.01")]


@pytest.mark.parametrize(
    ("total", "shares"), [("1.00", []), ("1.00", [1, -1]), ("1.001", [1, 2]), ("NaN", [1]), ("1.00", ["NaN"])]
)
def test_senseless_splits_are_refused(total: str, shares: list[object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        split(Decimal(total), [Decimal(share) if isinstance(share, str) else share for share in shares])  # type: ignore[misc]


def test_fields_have_one_size() -> None:
    sizes = {kind: (kind().max_digits, kind().decimal_places) for kind in (MoneyField, UnitPriceField, RateField)}
    assert sizes == {MoneyField: (14, 2), UnitPriceField: (14, 4), RateField: (9, 6)}
    with pytest.raises(TypeError):
        MoneyField().to_python(1.5)
