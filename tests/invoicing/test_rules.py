"""VAT arithmetic by example and by property."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.core.money import ZERO
from tenant_apps.invoicing import rules
from tenant_apps.invoicing.rules import VAT_RATES

MONEY = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)
LINES = st.lists(st.tuples(MONEY, st.sampled_from(VAT_RATES)), min_size=1, max_size=40)


def test_the_tax_in_a_gross_amount() -> None:
    assert rules.tax_within(Decimal("113.00"), Decimal("0.13")) == Decimal("13.00")
    assert rules.tax_within(Decimal("100.00"), Decimal("0.13")) == Decimal("11.50")
    assert rules.tax_within(Decimal("0.01"), Decimal("0.13")) == Decimal("0.00")
    assert rules.tax_within(Decimal("50.00"), Decimal("0")) == Decimal("0.00")


def test_three_equal_lines_share_a_fen_that_does_not_divide() -> None:
    lines = rules.split_tax([(Decimal("1.00"), Decimal("0.13"))] * 3)
    assert [line.tax for line in lines] == [Decimal("0.12"), Decimal("0.12"), Decimal("0.11")]
    assert sum(line.tax for line in lines) == rules.tax_within(Decimal("3.00"), Decimal("0.13"))


@given(lines=LINES)
def test_lines_add_up_to_the_document_and_each_is_exact(lines: list[tuple[Decimal, Decimal]]) -> None:
    amounts = rules.split_tax(lines)
    assert [amount.gross for amount in amounts] == [gross for gross, _rate in lines]
    assert all(amount.gross == amount.net + amount.tax for amount in amounts)
    for rate in VAT_RATES:
        of_rate = [amount for amount, line in zip(amounts, lines, strict=True) if line[1] == rate]
        gross = sum((amount.gross for amount in of_rate), ZERO)
        assert sum((amount.tax for amount in of_rate), ZERO) == rules.tax_within(gross, rate)


@given(lines=LINES)
def test_every_line_stays_within_the_tax_bureaus_tolerance(lines: list[tuple[Decimal, Decimal]]) -> None:
    drift = ZERO
    for amount, (_gross, rate) in zip(rules.split_tax(lines), lines, strict=True):
        assert ZERO <= amount.tax <= amount.gross
        difference = abs(amount.net * rate - amount.tax)
        assert difference <= Decimal("0.06")
        drift += difference
    assert drift <= Decimal("1.27")


@given(net=MONEY, quantity=st.integers(1, 1_000_000))
def test_unit_price_times_quantity_is_the_amount(net: Decimal, quantity: int) -> None:
    assert abs(rules.unit_price(net=net, quantity=quantity) * quantity - net) <= Decimal("0.01")
