"""Commission arithmetic, free of the database.

The base is the goods money of a line after every discount, as the buyer paid it: freight earns nothing. Amounts are
rounded half up to the fen, per line, beneficiary and tier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from kernel.core.money import ZERO, round_money

# 禁止传销条例 art. 7 forbids pay over many levels of a down-line and pay for recruiting. So there are two tiers and no
# third, the pay depends on sales alone, and whatever plans two agents are on, one line never costs the brand more than
# half of its goods money: 30 % is the mark of 直销管理条例 art. 24 for one person's pay.
TIERS = (1, 2)
TIER1_CAP = Decimal("0.30")
TIER2_CAP = Decimal("0.20")
DEFAULT_HOLDING_DAYS = 7  # the consumer's right of return runs seven days from receipt


@dataclass(frozen=True)
class Beneficiary:
    """Agent who earns on an order, as frozen at placing: tier 1 the nearest agent, tier 2 that one's sponsor."""

    tier: int
    agent_id: int
    level_id: int


@dataclass(frozen=True)
class PlanRates:
    """A level's plan as it stood at one moment. Rates are fractions: 0.08 is eight per cent."""

    tier1_rate: Decimal
    tier2_rate: Decimal
    holding_days: int

    def rate(self, tier: int) -> Decimal:
        return self.tier1_rate if tier == 1 else self.tier2_rate


@dataclass(frozen=True)
class Accrued:
    """Amount of one entry, and how much of it refunds have taken back so far. `reversed_amount` is positive."""

    base: Decimal
    amount: Decimal
    refunded_base: Decimal = ZERO
    reversed_amount: Decimal = ZERO


def commission_of(*, base: Decimal, rate: Decimal) -> Decimal:
    return round_money(base * rate)


def reversal_of(accrued: Accrued, *, refunded: Decimal) -> Decimal:
    """Money (zero or negative) that a refund of `refunded` goods money takes back, from the frozen facts alone.

    After every refund the total taken back is round(amount × refunded so far ÷ base). One refund therefore takes its
    share, rounded; many small ones never take more than the share due so far; and the last takes exactly the
    remainder, whatever order the refunds arrive in.
    """
    if accrued.base <= ZERO:
        return ZERO
    so_far = min(accrued.refunded_base + refunded, accrued.base)
    due = round_money(accrued.amount * so_far / accrued.base)
    return accrued.reversed_amount - due


def available_from(*, delivered_at: datetime, holding_days: int) -> datetime:
    """The moment from which commission on a delivered order may be paid out."""
    return delivered_at + timedelta(days=holding_days)


def frozen_until(
    *, delivered_at: datetime, holding_days: int, after_sales: Sequence[tuple[datetime, datetime | None]]
) -> datetime | None:
    """Return the moment from which commission may be paid out; None while an after-sale keeps it frozen.

    `after_sales` are (requested, closed or None) in the order of the requests. One that began before the commission was
    free holds it, and after its end the holding days run anew; a later one changes nothing.
    """
    moment = available_from(delivered_at=delivered_at, holding_days=holding_days)
    for requested_at, closed_at in after_sales:
        if requested_at >= moment:
            continue
        if closed_at is None:
            return None
        moment = max(moment, available_from(delivered_at=closed_at, holding_days=holding_days))
    return moment


def is_second_person(*, requester: str, approver: str) -> bool:
    """Tell whether two actors (`user:7`, `api_key:3`, `system:`) are two people."""
    return requester != approver


def explain(*, base: Decimal, rate: Decimal, amount: Decimal) -> str:
    """Return the arithmetic of one entry: `100.00 × 8 % = 8.00`."""
    percent = (rate * 100).normalize()
    return f"{base:.2f} × {percent:f} % = {amount:.2f}"


def net_by_agent(amounts: Sequence[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """Sum of `(agent id, money)` pairs by agent, in order of the agents' ids."""
    totals: dict[int, Decimal] = {}
    for agent_id, amount in sorted(amounts):
        totals[agent_id] = totals.get(agent_id, ZERO) + amount
    return totals
