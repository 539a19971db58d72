"""Accrue commission at payment, release it after receipt, take it back on refund.

Every function may be repeated, and they may arrive in any order: each first makes sure that the accrual stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.agents.selectors import agents
from tenant_apps.agents.states import AgentStatus
from tenant_apps.commissions import rules, selectors
from tenant_apps.commissions.models import CommissionEntry, CommissionHold, CommissionWallet
from tenant_apps.commissions.states import EntryKind, SourceType, WithheldBecause
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.selectors import after_sales as order_after_sales
from tenant_apps.orders.selectors import facts as order_facts
from tenant_apps.orders.selectors.facts import OrderFacts, RefundFacts


@transaction.atomic
def accrue_order(*, order_id: int) -> int:
    """Write what the order's upline earns by the rates of the moment of payment; returns the number of new entries.

    Each agent is judged alone: who may not sell at that moment, or bought himself, earns nothing; the hold keeps why.

    An order that is unpaid, earns nothing or was accrued before changes nothing.
    """
    if CommissionHold.objects.filter(order_id=order_id).exists():
        return 0
    facts = order_facts.get_order_facts(order_id=order_id)
    if facts.paid_at is None:
        return 0
    upline = _beneficiaries(facts)
    rates = selectors.get_rates(level_ids={member.level_id for member in upline}, as_of=facts.paid_at)
    earning = [(member, rates[member.level_id]) for member in upline if member.level_id in rates]
    earning = [(member, plan) for member, plan in earning if plan.rate(member.tier) > 0]
    if not earning:
        return 0
    withheld = _judge([member.agent_id for member, _plan in earning], facts, clock.business_date(facts.paid_at))
    holds = _open_holds(facts, earning, withheld)
    if CommissionEntry.objects.filter(hold__in=holds.values()).exists():
        return 0
    entries = [
        _accrual(line, holds[member.tier], member, plan.rate(member.tier), facts.paid_at)
        for member, plan in earning
        if member.agent_id not in withheld
        for line in facts.lines
        if line.goods_amount > 0
    ]
    CommissionEntry.objects.bulk_create(entries)
    _post(f"commission:order:{order_id}:accrued", facts.paid_at, facts.number, entries)
    return len(entries)


@transaction.atomic
def release_order(*, order_id: int, delivered_at: datetime) -> None:
    """Let the order's commission become available when its holding days after receipt are over.

    An after-sale that was asked for before then keeps it frozen, and the days run anew from its end.
    """
    accrue_order(order_id=order_id)
    _set_availability(order_id, delivered_at, is_first=True)


@transaction.atomic
def follow_after_sales(*, order_id: int) -> None:
    """Freeze or free the order's commission as its after-sales begin and end."""
    accrue_order(order_id=order_id)
    delivered_at = order_facts.get_order_facts(order_id=order_id).delivered_at
    if delivered_at is not None:
        _set_availability(order_id, delivered_at, is_first=False)


def _set_availability(order_id: int, delivered_at: datetime, *, is_first: bool) -> None:
    """Set when the order's commission is free; the first receipt counts, however often it is told."""
    # Locked before the after-sales are read: of two events at once, the later one sees what the other saw.
    holds = CommissionHold.objects.select_for_update().filter(order_id=order_id, withheld_because="").order_by("id")
    waiting = [hold for hold in holds if hold.available_at is None or not is_first]
    spans = [(one.requested_at, one.closed_at) for one in order_after_sales.list_after_sale_spans(order_id=order_id)]
    for hold in waiting:
        moment = rules.frozen_until(delivered_at=delivered_at, holding_days=hold.holding_days, after_sales=spans)
        if moment != hold.available_at:
            CommissionHold.objects.filter(pk=hold.pk).update(available_at=moment)


@transaction.atomic
def reverse_refund(*, refund_id: int) -> int:
    """Take back the commission on refunded goods money, from the frozen facts; returns the number of new entries.

    The money leaves the agent's balance at once, even below zero: what was paid out already is carried forward.
    """
    refund = order_facts.get_refund_facts(refund_id=refund_id)
    accrue_order(order_id=refund.order_id)
    # Two refunds of one order share its remainder, so they are worked off one after the other.
    holds = list(CommissionHold.objects.select_for_update().filter(order_id=refund.order_id).order_by("id"))
    history = list(CommissionEntry.objects.filter(hold__in=holds).order_by("id"))
    entries = _reversals(refund, history)
    if entries:
        CommissionEntry.objects.bulk_create(entries)
        number = order_facts.get_order_facts(order_id=refund.order_id).number
        _post(f"commission:refund:{refund_id}:reversed", refund.refunded_at, number, entries)
    return len(entries)


def _beneficiaries(facts: OrderFacts) -> list[rules.Beneficiary]:
    members = (rules.Beneficiary(member.tier, member.agent_id, member.level_id) for member in facts.upline)
    return [member for member in members if member.tier in rules.TIERS]


_REASONS = {
    AgentStatus.SUSPENDED: WithheldBecause.SUSPENDED,
    AgentStatus.ENDED: WithheldBecause.ENDED,
    AgentStatus.EXPIRED: WithheldBecause.EXPIRED,
}


def _judge(agent_ids: Sequence[int], facts: OrderFacts, day: date) -> dict[int, WithheldBecause]:
    """Map the agents who do not earn on the order to the reason."""
    withheld = {one.agent_id: WithheldBecause.OWN_PURCHASE for one in facts.upline if one.is_buyer}
    statuses = agents.get_statuses(agent_ids=agent_ids, as_of=day)
    return withheld | {one: _REASONS[status] for one, status in statuses.items() if status in _REASONS}


def _open_holds(
    facts: OrderFacts,
    earning: Sequence[tuple[rules.Beneficiary, rules.PlanRates]],
    withheld: Mapping[int, WithheldBecause],
) -> dict[int, CommissionHold]:
    """Lock the order's holds by tier. A twin that works on the same order waits here until the other is done."""
    spans = [
        (one.requested_at, one.closed_at) for one in order_after_sales.list_after_sale_spans(order_id=facts.order_id)
    ]
    CommissionHold.objects.bulk_create(
        [
            CommissionHold(
                order_id=facts.order_id,
                beneficiary_id=member.agent_id,
                tier=member.tier,
                holding_days=plan.holding_days,
                available_at=rules.frozen_until(
                    delivered_at=facts.delivered_at, holding_days=plan.holding_days, after_sales=spans
                )
                if facts.delivered_at and member.agent_id not in withheld
                else None,
                withheld_because=withheld.get(member.agent_id, ""),
                withheld_amount=_commission(facts, plan.rate(member.tier)) if member.agent_id in withheld else ZERO,
            )
            for member, plan in earning
        ],
        ignore_conflicts=True,
    )
    CommissionWallet.objects.bulk_create(
        [CommissionWallet(agent_id=agent_id) for agent_id in sorted({member.agent_id for member, _plan in earning})],
        ignore_conflicts=True,
    )
    locked = CommissionHold.objects.select_for_update().filter(order_id=facts.order_id).order_by("id")
    return {hold.tier: hold for hold in locked}


def _commission(facts: OrderFacts, rate: Decimal) -> Decimal:
    """Return the order's commission at this rate, rounded line by line as entries are."""
    amounts = (rules.commission_of(base=line.goods_amount, rate=rate) for line in facts.lines if line.goods_amount > 0)
    return sum(amounts, ZERO)


def _accrual(
    line: order_facts.LineFacts, hold: CommissionHold, member: rules.Beneficiary, rate: Decimal, paid_at: datetime
) -> CommissionEntry:
    return CommissionEntry(
        source_type=SourceType.ORDER,
        source_id=hold.order_id,
        beneficiary_id=member.agent_id,
        tier=member.tier,
        kind=EntryKind.ACCRUAL,
        hold=hold,
        order_id=hold.order_id,
        order_line_id=line.line_id,
        level_id=member.level_id,
        base_amount=line.goods_amount,
        rate=rate,
        amount=rules.commission_of(base=line.goods_amount, rate=rate),
        occurred_at=paid_at,
    )


def _reversals(refund: RefundFacts, history: Sequence[CommissionEntry]) -> list[CommissionEntry]:
    if any(entry.kind == EntryKind.REVERSAL and entry.source_id == refund.refund_id for entry in history):
        return []
    accrued = _accrued_by_line(history)
    accruals = [entry for entry in history if entry.kind == EntryKind.ACCRUAL]
    return [
        CommissionEntry(
            source_type=SourceType.REFUND,
            source_id=refund.refund_id,
            beneficiary_id=accrual.beneficiary_id,
            tier=accrual.tier,
            kind=EntryKind.REVERSAL,
            hold_id=accrual.hold_id,
            order_id=accrual.order_id,
            order_line_id=accrual.order_line_id,
            level_id=accrual.level_id,
            base_amount=-line.amount,
            rate=accrual.rate,
            amount=rules.reversal_of(accrued[accrual.order_line_id, accrual.tier], refunded=line.amount),
            occurred_at=refund.refunded_at,
        )
        for line in refund.lines
        if line.amount > 0
        for accrual in accruals
        if accrual.order_line_id == line.line_id
    ]


def _accrued_by_line(history: Sequence[CommissionEntry]) -> dict[tuple[int, int], rules.Accrued]:
    accrued: dict[tuple[int, int], rules.Accrued] = {}
    for entry in history:
        key = entry.order_line_id, entry.tier
        if entry.kind == EntryKind.ACCRUAL:
            accrued[key] = rules.Accrued(base=entry.base_amount, amount=entry.amount)
            continue
        before = accrued[key]
        accrued[key] = rules.Accrued(
            base=before.base,
            amount=before.amount,
            refunded_base=before.refunded_base - entry.base_amount,
            reversed_amount=before.reversed_amount - entry.amount,
        )
    return accrued


def _post(source: str, occurred_at: datetime, number: str, entries: Iterable[CommissionEntry]) -> None:
    """Post the entries' money, one transfer for each agent: cost to the brand, owed to the agent (or the opposite)."""
    totals = rules.net_by_agent([(entry.beneficiary_id, entry.amount) for entry in entries])
    transfers = [_transfer(agent_id, amount) for agent_id, amount in totals.items() if amount != ZERO]
    if transfers:
        memo = gettext("Commission on order %(number)s") % {"number": number}
        finance.post_entry(source=source, occurred_at=occurred_at, memo=memo, transfers=transfers)


def _transfer(agent_id: int, amount: Decimal) -> finance.NewTransfer:
    party = f"agent:{agent_id}"
    if amount > ZERO:
        return finance.NewTransfer(AccountCode.SELLING_EXPENSE, AccountCode.OTHER_PAYABLES, amount, party)
    return finance.NewTransfer(AccountCode.OTHER_PAYABLES, AccountCode.SELLING_EXPENSE, -amount, party)
