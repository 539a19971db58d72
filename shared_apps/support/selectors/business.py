"""Report the business: sign-ups, trials that became customers, monthly revenue, churn; by week and by plan.

A week begins on Monday, 0:00 on the platform's clock. MRR is money a month, a year's price counting a twelfth, before
tax is taken out of it; ARR is twelve times that. A brand pays while its MRR is above zero.

| figure | of a week |
| --- | --- |
| conversion | of the brands that signed up in it: how many pay or ever paid, until now |
| new | MRR of brands that did not pay when the week began and do at its end |
| expansion, contraction | more, or less, from brands that pay at both ends |
| lost | MRR of brands that paid when it began and do not at its end |
| logo churn | brands lost, of those that paid when it began |
| revenue churn | lost and contraction, of the MRR when it began |
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django_tenants.utils import get_tenant_model

from kernel.core import clock
from kernel.core.money import ZERO
from kernel.tenancy.context import public_schema
from shared_apps.billing.selectors import money_flow
from shared_apps.billing.selectors.money_flow import Move
from shared_apps.tenants.states import BrandState

WEEKS: Final = 26
MAX_WEEKS: Final = 156


@dataclass
class Week:
    """The figures of one week, half-open from `starts_at`. Money in CNY a month; `mrr` is that of the week's end."""

    starts_at: datetime
    ends_at: datetime
    sign_ups: int = 0
    converted: int = 0
    mrr: Decimal = ZERO
    mrr_by_plan: dict[str, Decimal] = field(default_factory=dict)
    paying: int = 0
    paying_before: int = 0
    mrr_before: Decimal = ZERO
    new: Decimal = ZERO
    expansion: Decimal = ZERO
    contraction: Decimal = ZERO
    lost: Decimal = ZERO
    brands_lost: int = 0
    fell_due: int = 0

    @property
    def conversion(self) -> Decimal | None:
        """Per cent of the week's sign-ups that pay or ever paid; None without sign-ups."""
        return _percent(self.converted, self.sign_ups)

    @property
    def arr(self) -> Decimal:
        """Revenue a year at the week's end."""
        return self.mrr * 12

    @property
    def logo_churn(self) -> Decimal | None:
        """Per cent of the paying brands that were lost; None where nobody paid."""
        return _percent(self.brands_lost, self.paying_before)

    @property
    def revenue_churn(self) -> Decimal | None:
        """Per cent of the MRR that was lost or shrank; None where there was none."""
        return _percent(self.lost + self.contraction, self.mrr_before)


@dataclass(frozen=True)
class PlanFigures:
    """Present revenue of a plan."""

    code: str
    brands: int
    mrr: Decimal


@dataclass(frozen=True)
class Business:
    """Everything the page shows. `mrr` and `paying` are of this moment, not of the last week's end."""

    weeks: list[Week]
    plans: list[PlanFigures]
    mrr: Decimal
    paying: int
    past_due: int
    past_due_mrr: Decimal
    sign_ups: int
    converted: int

    @property
    def arr(self) -> Decimal:
        """Revenue a year at this moment."""
        return self.mrr * 12

    @property
    def conversion(self) -> Decimal | None:
        """Per cent of the sign-ups of all weeks shown that pay or ever paid."""
        return _percent(self.converted, self.sign_ups)


def get_business(*, now: datetime, weeks: int = WEEKS) -> Business:
    """The figures of the last `weeks` weeks, the one that runs included. Five statements, however many brands."""
    calendar = make_weeks(now, weeks)
    moves = money_flow.list_moves(until=now)
    with public_schema():
        brands = get_tenant_model()._default_manager
        signed_up = list(brands.filter(created_at__gte=calendar[0].starts_at).values_list("id", "created_at"))
        past_due = list(brands.filter(state=BrandState.PAST_DUE).order_by("id").values_list("id", flat=True))
    _count_sign_ups(calendar, signed_up, {move.brand_id for move in moves if move.amount > 0})
    for at in money_flow.list_fell_due(since=calendar[0].starts_at, until=now):
        calendar[_index(calendar, at)].fell_due += 1
    flow = _Flow()
    flow.run(calendar, moves)
    by_brand = flow.brands
    return Business(
        weeks=calendar,
        plans=[PlanFigures(code, flow.count_brands(code), mrr) for code, mrr in sorted(flow.plans.items()) if mrr],
        mrr=sum(by_brand.values(), ZERO),
        paying=sum(1 for mrr in by_brand.values() if mrr > 0),
        past_due=len(past_due),
        past_due_mrr=sum((by_brand.get(brand_id, ZERO) for brand_id in past_due), ZERO),
        sign_ups=sum(week.sign_ups for week in calendar),
        converted=sum(week.converted for week in calendar),
    )


def make_weeks(now: datetime, weeks: int) -> list[Week]:
    """So many weeks, the last one being the week of `now`."""
    today = clock.business_date(now)
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=max(1, min(weeks, MAX_WEEKS)) - 1)
    starts = [first + timedelta(weeks=number) for number in range((monday - first).days // 7 + 1)]
    return [Week(clock.day_bounds(day)[0], clock.day_bounds(day + timedelta(days=7))[0]) for day in starts]


def _index(weeks: Sequence[Week], at: datetime) -> int:
    return (at - weeks[0].starts_at) // timedelta(weeks=1)


def _count_sign_ups(weeks: Sequence[Week], signed_up: Sequence[tuple[int, datetime]], payers: set[int]) -> None:
    for brand_id, at in signed_up:
        number = _index(weeks, at)
        if 0 <= number < len(weeks):
            weeks[number].sign_ups += 1
            weeks[number].converted += brand_id in payers


class _Flow:
    """Goes through the moves once, in the order of time, and closes each week as it comes to its end."""

    def __init__(self) -> None:
        self.brands: dict[int, Decimal] = defaultdict(lambda: ZERO)
        self.plans: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._by_both: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
        self._at_start: dict[int, Decimal] = {}  # of the brands that moved in the present week

    def run(self, weeks: Sequence[Week], moves: Sequence[Move]) -> None:
        number = 0
        while number < len(moves) and moves[number].at < weeks[0].starts_at:
            self._apply(moves[number])
            number += 1
        for week in weeks:
            self._open(week)
            while number < len(moves) and moves[number].at < week.ends_at:
                self._apply(moves[number])
                number += 1
            self._close(week)

    def count_brands(self, code: str) -> int:
        return sum(1 for (_brand, plan), mrr in self._by_both.items() if plan == code and mrr > 0)

    def _apply(self, move: Move) -> None:
        self._at_start.setdefault(move.brand_id, self.brands[move.brand_id])
        self.brands[move.brand_id] += move.amount
        self.plans[move.plan_code] += move.amount
        self._by_both[move.brand_id, move.plan_code] += move.amount

    def _open(self, week: Week) -> None:
        self._at_start.clear()
        week.mrr_before = sum(self.plans.values(), ZERO)
        week.paying_before = sum(1 for mrr in self.brands.values() if mrr > 0)

    def _close(self, week: Week) -> None:
        for brand_id, before in self._at_start.items():
            after = self.brands[brand_id]
            if before <= 0 < after:
                week.new += after
            elif after <= 0 < before:
                week.lost += before
                week.brands_lost += 1
            elif after > before > 0:
                week.expansion += after - before
            elif before > after > 0:
                week.contraction += before - after
        week.mrr = sum(self.plans.values(), ZERO)
        week.mrr_by_plan = {code: mrr for code, mrr in self.plans.items() if mrr}
        week.paying = sum(1 for mrr in self.brands.values() if mrr > 0)


def _percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
