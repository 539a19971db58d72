"""The arithmetic of commissions, by example and by property."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.core.money import ZERO, split
from tenant_apps.commissions import rules
from tenant_apps.commissions.states import PAYOUT_TRANSITIONS, RESERVING_STATES, PayoutState

MONEY = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)
RATES = st.decimals(min_value=Decimal("0"), max_value=rules.TIER1_CAP, places=4)


def refund_in_parts(base: Decimal, amount: Decimal, parts: list[Decimal]) -> list[Decimal]:
    state = rules.Accrued(base=base, amount=amount)
    taken: list[Decimal] = []
    for part in parts:
        back = rules.reversal_of(state, refunded=part)
        taken.append(back)
        state = rules.Accrued(base, amount, state.refunded_base + part, state.reversed_amount - back)
    return taken


def test_commission_is_a_share_of_goods_money_rounded_half_up() -> None:
    assert rules.commission_of(base=Decimal("80.00"), rate=Decimal("0.10")) == Decimal("8.00")
    assert rules.commission_of(base=Decimal("0.25"), rate=Decimal("0.10")) == Decimal("0.03")


def test_a_part_refund_takes_back_its_share_and_the_last_takes_the_rest() -> None:
    assert refund_in_parts(Decimal("80.00"), Decimal("8.00"), [Decimal("40.00"), Decimal("40.00")]) == [
        Decimal("-4.00"),
        Decimal("-4.00"),
    ]
    assert refund_in_parts(Decimal("1.00"), Decimal("0.10"), [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]) == [
        Decimal("-0.03"),
        Decimal("-0.04"),
        Decimal("-0.03"),
    ]


@given(base=MONEY, rate=RATES, weights=st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_a_full_refund_in_any_parts_leaves_exactly_nothing(base: Decimal, rate: Decimal, weights: list[int]) -> None:
    amount = rules.commission_of(base=base, rate=rate)
    assert amount + sum(refund_in_parts(base, amount, split(base, weights)), ZERO) == ZERO


@given(base=MONEY, rate=RATES, weights=st.lists(st.integers(1, 1000), min_size=2, max_size=12))
def test_every_reversal_takes_and_never_gives_and_stays_within_a_fen_of_the_share(
    base: Decimal, rate: Decimal, weights: list[int]
) -> None:
    amount = rules.commission_of(base=base, rate=rate)
    parts = split(base, weights)
    refunded = taken = ZERO
    for part, back in zip(parts, refund_in_parts(base, amount, parts), strict=True):
        assert back <= ZERO
        refunded = refunded + part
        taken = taken - back
        assert abs(taken - amount * refunded / base) <= Decimal("0.005")


@given(base=MONEY, rate=RATES, excess=MONEY)
def test_a_refund_above_the_line_takes_no_more_than_was_earned(base: Decimal, rate: Decimal, excess: Decimal) -> None:
    amount = rules.commission_of(base=base, rate=rate)
    assert refund_in_parts(base, amount, [base + excess, excess]) == [ZERO - amount, ZERO]


@given(base=MONEY, tier1=RATES, tier2=st.decimals(min_value=Decimal(0), max_value=rules.TIER2_CAP, places=4))
def test_two_tiers_never_cost_more_than_half_of_the_line(base: Decimal, tier1: Decimal, tier2: Decimal) -> None:
    cost = rules.commission_of(base=base, rate=tier1) + rules.commission_of(base=base, rate=tier2)
    assert cost <= base / 2 + Decimal("0.01")


def test_a_line_without_goods_money_reverses_nothing() -> None:
    assert rules.reversal_of(rules.Accrued(base=ZERO, amount=ZERO), refunded=Decimal("5.00")) == ZERO


def test_commission_waits_for_the_holding_days_after_receipt() -> None:
    received = datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert rules.available_from(delivered_at=received, holding_days=7) == received + timedelta(days=7)


def test_the_explanation_shows_the_arithmetic() -> None:
    text = rules.explain(base=Decimal("199.00"), rate=Decimal("0.080000"), amount=Decimal("15.92"))
    assert text == "199.00 × 8 % = 15.92"
    assert "12.5 %" in rules.explain(base=Decimal("8.00"), rate=Decimal("0.125"), amount=Decimal("1.00"))
    assert "10 %" in rules.explain(base=Decimal("8.00"), rate=Decimal("0.10"), amount=Decimal("0.80"))


def test_money_is_netted_by_agent() -> None:
    pairs = [(2, Decimal("1.00")), (1, Decimal("0.50")), (2, Decimal("-0.25"))]
    assert rules.net_by_agent(pairs) == {1: Decimal("0.50"), 2: Decimal("0.75")}


def test_paid_and_rejected_payouts_are_final_and_failed_ones_keep_their_money_reserved() -> None:
    assert set(PAYOUT_TRANSITIONS) == set(PayoutState)
    assert not PAYOUT_TRANSITIONS[PayoutState.PAID]
    assert not PAYOUT_TRANSITIONS[PayoutState.REJECTED]
    assert PayoutState.FAILED in RESERVING_STATES
    assert PayoutState.APPROVED in PAYOUT_TRANSITIONS[PayoutState.FAILED]
