"""API of commissions."""

from dataclasses import asdict
from datetime import timedelta

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Status

from kernel.core import clock
from kernel.core.errors import Invalid
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.schemas import MomentIn, Page
from tenant_apps.agents.selectors import agents
from tenant_apps.commissions import rules, selectors
from tenant_apps.commissions.schemas import (
    BalanceOut,
    CommissionEntryOut,
    CommissionStatementLineOut,
    CommissionStatementOut,
    PayeeOut,
    PayoutIn,
    PayoutOut,
    PayoutReasonIn,
    PlanIn,
    PlanOut,
    ReferenceIn,
    RowId,
    WithheldCommissionOut,
)
from tenant_apps.commissions.services import payouts, plans
from tenant_apps.commissions.states import PayoutState

router = Router(tags=["commissions"])
MAX_STATEMENT_PERIOD = timedelta(days=366)


class InvalidPeriod(Invalid):
    code = "invalid_period"
    title = _("The period must run forward and cover 366 days at most")


@router.get("/commission-plans", response=Page[PlanOut], summary="List commission plans")
@requires("commissions.view")
def list_plans(request: HttpRequest) -> Page[PlanOut]:
    return Page[PlanOut](items=[PlanOut.of(plan) for plan in selectors.list_plans()])


@router.put("/commission-plans/{level_id}", response=PlanOut, summary="Set a level's commission plan")
@requires("commissions.edit")
def set_plan(request: HttpRequest, level_id: RowId, payload: PlanIn) -> PlanOut:
    """Applies to orders paid from now on. Two tiers at most; tier 1 up to 30 %, tier 2 up to 20 % of goods money."""
    rates = rules.PlanRates(payload.tier1_rate, payload.tier2_rate, payload.holding_days)
    return PlanOut.of(plans.set_plan(level_id=level_id, rates=rates, now=clock.now()))


@router.get("/commission-entries", response=Page[CommissionEntryOut], summary="List commission entries")
@requires("commissions.view")
def list_entries(
    request: HttpRequest,
    agent_id: RowId | None = None,
    order_id: RowId | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CommissionEntryOut]:
    entries = selectors.list_entries(agent_id=agent_id, order_id=order_id)
    rows, next_cursor = paginate(entries, cursor=cursor, limit=limit)
    return Page[CommissionEntryOut](items=[CommissionEntryOut.of(row) for row in rows], next_cursor=next_cursor)


@router.get("/withheld-commissions", response=Page[WithheldCommissionOut], summary="List withheld commissions")
@requires("commissions.view")
def list_withheld(
    request: HttpRequest,
    agent_id: RowId | None = None,
    order_id: RowId | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[WithheldCommissionOut]:
    """List commission withheld from agents who could not sell when the order was paid, or bought themselves."""
    holds = selectors.list_withheld(agent_id=agent_id, order_id=order_id)
    rows, next_cursor = paginate(holds, cursor=cursor, limit=limit)
    return Page[WithheldCommissionOut](items=[WithheldCommissionOut.of(row) for row in rows], next_cursor=next_cursor)


@router.get("/agents/{agent_id}/commission-balance", response=BalanceOut, summary="Get an agent's balance")
@requires("commissions.view")
def get_balance(request: HttpRequest, agent_id: RowId, as_of: MomentIn | None = None) -> BalanceOut:
    agents.get_agent(agent_id=agent_id)
    moment = as_of or clock.now()
    balance = asdict(selectors.balance_of(agent_id=agent_id, as_of=moment))
    return BalanceOut(agent_id=agent_id, as_of=moment, reversed=balance.pop("reversed_"), **balance)


@router.get(
    "/agents/{agent_id}/commission-statement", response=CommissionStatementOut, summary="Get an agent's statement"
)
@requires("commissions.view")
def get_statement(request: HttpRequest, agent_id: RowId, since: MomentIn, until: MomentIn) -> CommissionStatementOut:
    """Entries and payouts in [since, until), oldest first, each with the arithmetic behind it."""
    agents.get_agent(agent_id=agent_id)
    if not timedelta(0) < until - since <= MAX_STATEMENT_PERIOD:
        raise InvalidPeriod(field="until")
    statement = selectors.get_statement(agent_id=agent_id, since=since, until=until)
    lines = [CommissionStatementLineOut(**asdict(line)) for line in statement.lines]
    return CommissionStatementOut(opening=statement.opening, items=lines, closing=statement.closing)


@router.get("/payouts", response=Page[PayoutOut], summary="List payouts")
@requires("commissions.view")
def list_payouts(
    request: HttpRequest,
    agent_id: RowId | None = None,
    state: PayoutState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PayoutOut]:
    rows, next_cursor = paginate(selectors.list_payouts(agent_id=agent_id, state=state), cursor=cursor, limit=limit)
    return Page[PayoutOut](items=[PayoutOut.of(row) for row in rows], next_cursor=next_cursor)


@router.get("/payouts/{payout_id}", response=PayoutOut, summary="Get a payout")
@requires("commissions.view")
def get_payout(request: HttpRequest, payout_id: RowId) -> PayoutOut:
    return PayoutOut.of(selectors.get_payout(payout_id=payout_id))


@router.get("/payouts/{payout_id}/payee", response=PayeeOut, summary="Get a payout's payee in full")
@requires("commissions.payout")
def get_payee(request: HttpRequest, payout_id: RowId) -> PayeeOut:
    """The account to transfer an approved payout to. Each look stands in the audit log."""
    payee = payouts.show_payee(payout_id=payout_id)
    return PayeeOut(method=payee.method, payee_name=payee.name, payee_account=payee.account)


@router.post("/payouts", response={201: PayoutOut}, summary="Request a payout")
@requires("commissions.payout")
def request_payout(request: HttpRequest, payload: PayoutIn) -> Status[PayoutOut]:
    payout = payouts.request_payout(
        agent_id=payload.agent_id,
        amount=payload.amount,
        payee=payouts.Payee(payload.method, payload.payee_name, payload.payee_account),
        now=clock.now(),
    )
    return Status(201, PayoutOut.of(payout))


@router.post("/payouts/{payout_id}/approve", response=PayoutOut, summary="Approve a payout")
@requires("commissions.payout")
def approve_payout(request: HttpRequest, payout_id: RowId) -> PayoutOut:
    """Somebody else than who requested it approves; a failed transfer is approved again under the same number."""
    return PayoutOut.of(payouts.approve_payout(payout_id=payout_id, now=clock.now()))


@router.post("/payouts/{payout_id}/reject", response=PayoutOut, summary="Reject a payout")
@requires("commissions.payout")
def reject_payout(request: HttpRequest, payout_id: RowId, payload: PayoutReasonIn) -> PayoutOut:
    return PayoutOut.of(payouts.reject_payout(payout_id=payout_id, reason=payload.reason))


@router.post("/payouts/{payout_id}/pay", response=PayoutOut, summary="Mark a payout as paid")
@requires("commissions.payout")
def mark_payout_paid(request: HttpRequest, payout_id: RowId, payload: ReferenceIn) -> PayoutOut:
    return PayoutOut.of(payouts.mark_payout_paid(payout_id=payout_id, reference=payload.reference, now=clock.now()))


@router.post("/payouts/{payout_id}/fail", response=PayoutOut, summary="Mark a payout as failed")
@requires("commissions.payout")
def mark_payout_failed(request: HttpRequest, payout_id: RowId, payload: PayoutReasonIn) -> PayoutOut:
    return PayoutOut.of(payouts.mark_payout_failed(payout_id=payout_id, reason=payload.reason))
