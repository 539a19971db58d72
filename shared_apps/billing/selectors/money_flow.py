"""Moves of the monthly revenue: every change of what a brand pays a month, from Stripe and from bank transfers.

The revenue at a moment is the sum of all moves until then: in all, of one brand, or on one plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.core.money import ZERO, round_money
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanPeriod, SubscriptionChange
from shared_apps.billing.rules.plan_periods import months_between
from shared_apps.billing.states import ChangeKind, PlanPeriodKind


@dataclass(frozen=True)
class Move:
    """From `at` on, the brand pays `amount` more a month (less where it is negative) on this plan."""

    at: datetime
    brand_id: int
    plan_code: str
    amount: Decimal


def list_moves(*, until: datetime) -> list[Move]:
    """All moves before `until`, the earliest first. Two statements."""
    with public_schema():
        moves = [move for move in (*_of_subscriptions(), *_of_transfers()) if move.at < until and move.amount]
    return sorted(moves, key=lambda move: (move.at, move.brand_id, move.plan_code, move.amount))


def _of_subscriptions() -> Iterator[Move]:
    """A change takes what was paid off the former plan and puts what is paid on the present one.

    The rows of a subscription add up in the order in which they were noted; each is dated when it happened.
    """
    rows = SubscriptionChange.objects.order_by("id").values_list(
        "source", "occurred_at", "brand_id", "plan_version__plan__code", "mrr_before", "mrr_after"
    )
    plans: dict[str, str] = {}
    for source, at, brand_id, plan_code, before, after in rows.iterator():
        subscription = source.rpartition(":")[0]
        former = plans.get(subscription, plan_code)
        plans[subscription] = plan_code
        if former == plan_code:
            yield Move(at, brand_id, plan_code, after - before)
        else:
            yield Move(at, brand_id, former, -before)
            yield Move(at, brand_id, plan_code, after)


def _of_transfers() -> Iterator[Move]:
    """A transfer counts per month while its period runs. Time that was given is worth nothing here."""
    periods = PlanPeriod.objects.filter(kind=PlanPeriodKind.OFFLINE).select_related("payment", "plan_version__plan")
    for period in periods.order_by("id").iterator():
        end = min(period.ends_at, period.revoked_at or period.ends_at)
        if end <= period.starts_at or period.payment is None:
            continue
        months = months_between(period.payment.starts_on, period.payment.ends_on)
        monthly = round_money(period.payment.amount / months) if months > 0 else ZERO
        code = period.plan_version.plan.code
        yield Move(period.starts_at, period.brand_id, code, monthly)
        yield Move(end, period.brand_id, code, -monthly)


def list_fell_due(*, since: datetime, until: datetime) -> list[datetime]:
    """List payments that fell due and were not made, in a period."""
    with public_schema():
        rows = SubscriptionChange.objects.filter(
            kind=ChangeKind.FELL_DUE, occurred_at__gte=since, occurred_at__lt=until
        )
        return list(rows.order_by("occurred_at", "id").values_list("occurred_at", flat=True))
