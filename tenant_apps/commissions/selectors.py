"""Read commissions: balances are sums of entries."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.core.money import ZERO
from tenant_apps.commissions import rules
from tenant_apps.commissions.models import (
    CommissionEntry,
    CommissionHold,
    CommissionPlan,
    CommissionPlanVersion,
    OpeningBalance,
    Payout,
)
from tenant_apps.commissions.states import RESERVING_STATES, EntryKind, PayoutState
from tenant_apps.ranks.selectors.compliance import PaidTiers


class PayoutNotFound(NotFound):
    code = "payout_not_found"
    title = _("No such payout")


@dataclass(frozen=True)
class Balance:
    """An agent's commission. accrued + reversed = held + released; available = opening + released − reserved − paid.

    `opening` was owed before the brand came here.

    `reversed_` and, after a clawback of money that was paid out, `available` are negative.
    """

    opening: Decimal
    accrued: Decimal
    reversed_: Decimal
    held: Decimal
    reserved: Decimal
    paid: Decimal
    available: Decimal


@dataclass(frozen=True)
class StatementLine:
    """One movement of an agent's account with the arithmetic that explains it. A payout has no order."""

    occurred_at: datetime
    kind: str
    order_number: str
    sku: str
    name: str
    tier: int | None
    explanation: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Statement:
    """An agent's account over the half-open period [since, until): closing = opening + Σ amounts."""

    opening: Decimal
    lines: tuple[StatementLine, ...]
    closing: Decimal


def list_plans() -> QuerySet[CommissionPlan]:
    return CommissionPlan.objects.select_related("level").order_by("level__rank", "id")


def get_rates(*, level_ids: Collection[int], as_of: datetime) -> dict[int, rules.PlanRates]:
    """Each level's rates at a moment; a level without a plan then is left out. One query."""
    versions = (
        CommissionPlanVersion.objects.filter(level_id__in=level_ids, valid_from__lte=as_of)
        .order_by("level_id", "-valid_from")
        .distinct("level_id")
    )
    return {
        version.level_id: rules.PlanRates(version.tier1_rate, version.tier2_rate, version.holding_days)
        for version in versions
    }


def balance_of(*, agent_id: int, as_of: datetime) -> Balance:
    """An agent's balance at a moment; payouts count by their present state. Three queries."""
    released = Q(hold__available_at__lte=as_of)
    entries = CommissionEntry.objects.filter(beneficiary_id=agent_id, occurred_at__lte=as_of).aggregate(
        accrued=Sum("amount", filter=Q(kind=EntryKind.ACCRUAL), default=ZERO),
        reversed_=Sum("amount", filter=Q(kind=EntryKind.REVERSAL), default=ZERO),
        released=Sum("amount", filter=released, default=ZERO),
    )
    payouts = Payout.objects.filter(agent_id=agent_id).aggregate(
        reserved=Sum("amount", filter=Q(state__in=RESERVING_STATES), default=ZERO),
        paid=Sum("amount", filter=Q(state=PayoutState.PAID), default=ZERO),
    )
    opening = _total(OpeningBalance.objects.filter(agent_id=agent_id, occurred_at__lte=as_of))
    return Balance(
        opening=opening,
        accrued=entries["accrued"],
        reversed_=entries["reversed_"],
        held=entries["accrued"] + entries["reversed_"] - entries["released"],
        reserved=payouts["reserved"],
        paid=payouts["paid"],
        available=opening + entries["released"] - payouts["reserved"] - payouts["paid"],
    )


def list_entries(*, agent_id: int | None = None, order_id: int | None = None) -> QuerySet[CommissionEntry]:
    entries = CommissionEntry.objects.select_related("order", "order_line", "beneficiary").order_by("-id")
    if agent_id is not None:
        entries = entries.filter(beneficiary_id=agent_id)
    return entries if order_id is None else entries.filter(hold__order_id=order_id)


def list_withheld(*, agent_id: int | None = None, order_id: int | None = None) -> QuerySet[CommissionHold]:
    """Commissions that agents did not get, with the reason, newest first."""
    holds = CommissionHold.objects.exclude(withheld_because="").select_related("order", "beneficiary").order_by("-id")
    if agent_id is not None:
        holds = holds.filter(beneficiary_id=agent_id)
    return holds if order_id is None else holds.filter(order_id=order_id)


def list_holds(*, order_id: int) -> list[tuple[CommissionHold, Decimal]]:
    """Return the commissions on one order by tier, each with its amount so far, refunds taken off. Two queries."""
    holds = CommissionHold.objects.filter(order_id=order_id).select_related("beneficiary").order_by("tier")
    entries = CommissionEntry.objects.filter(hold__order_id=order_id).order_by("hold_id")
    amounts = dict(entries.values("hold_id").annotate(total=Sum("amount")).values_list("hold_id", "total"))
    return [(hold, amounts.get(hold.pk, ZERO)) for hold in holds]


def list_payouts(*, agent_id: int | None = None, state: str | None = None) -> QuerySet[Payout]:
    payouts = Payout.objects.select_related("agent").order_by("-id")
    if agent_id is not None:
        payouts = payouts.filter(agent_id=agent_id)
    return payouts if state is None else payouts.filter(state=state)


def get_payout(*, payout_id: int) -> Payout:
    """Raises PayoutNotFound."""
    payout = Payout.objects.select_related("agent").filter(pk=payout_id).first()
    if payout is None:
        raise PayoutNotFound
    return payout


def get_statement(*, agent_id: int, since: datetime, until: datetime) -> Statement:
    """An agent's entries and paid payouts in [since, until), oldest first, with the balance after each."""
    earned = CommissionEntry.objects.filter(beneficiary_id=agent_id)
    paid = Payout.objects.filter(agent_id=agent_id, state=PayoutState.PAID)
    opened = OpeningBalance.objects.filter(agent_id=agent_id)
    opening = _total(earned.filter(occurred_at__lt=since)) - _total(paid.filter(paid_at__lt=since))
    opening += _total(opened.filter(occurred_at__lt=since))
    movements = [
        *_opened(opened.filter(occurred_at__gte=since, occurred_at__lt=until)),
        *_earned(earned.filter(occurred_at__gte=since, occurred_at__lt=until)),
        *_paid(paid.filter(paid_at__gte=since, paid_at__lt=until)),
    ]
    lines: list[StatementLine] = []
    balance = opening
    for line in sorted(movements, key=lambda line: line.occurred_at):
        balance += line.amount
        lines.append(replace(line, balance=balance))
    return Statement(opening=opening, lines=tuple(lines), closing=balance)


def _total(rows: QuerySet[CommissionEntry] | QuerySet[Payout] | QuerySet[OpeningBalance]) -> Decimal:
    total: Decimal = rows.aggregate(total=Sum("amount", default=ZERO))["total"]
    return total


def _opened(balances: QuerySet[OpeningBalance]) -> list[StatementLine]:
    return [
        StatementLine(
            occurred_at=opened.occurred_at,
            kind="opening",
            order_number="",
            sku="",
            name="",
            tier=None,
            explanation="",
            amount=opened.amount,
            balance=ZERO,
        )
        for opened in balances.order_by("id")
    ]


def _earned(entries: QuerySet[CommissionEntry]) -> list[StatementLine]:
    return [
        StatementLine(
            occurred_at=entry.occurred_at,
            kind=entry.kind,
            order_number=entry.order.number,
            sku=entry.order_line.sku,
            name=entry.order_line.name,
            tier=entry.tier,
            explanation=rules.explain(base=entry.base_amount, rate=entry.rate, amount=entry.amount),
            amount=entry.amount,
            balance=ZERO,
        )
        for entry in entries.select_related("order", "order_line").order_by("occurred_at", "id")
    ]


def _paid(payouts: QuerySet[Payout]) -> list[StatementLine]:
    return [
        StatementLine(
            occurred_at=payout.paid_at or payout.requested_at,
            kind="payout",
            order_number="",
            sku="",
            name="",
            tier=None,
            explanation=payout.number,
            amount=-payout.amount,
            balance=ZERO,
        )
        for payout in payouts.order_by("paid_at", "id")
    ]


def get_paid_tiers() -> PaidTiers:
    """Count the tiers that earn on one sale under any level's plan, with the highest share of each beside its cap."""
    highest = CommissionPlan.objects.aggregate(first=Max("tier1_rate"), second=Max("tier2_rate"))
    rates = tuple(rate or ZERO for rate in (highest["first"], highest["second"]))
    paid = max((tier for tier, rate in enumerate(rates, start=1) if rate), default=0)
    return PaidTiers(paid, rates[:paid], (rules.TIER1_CAP, rules.TIER2_CAP)[:paid])
