"""Pay commission out: requested, approved by a second person, paid; or rejected, or failed and tried again."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock, numbering
from kernel.core.errors import Conflict, FieldError, Forbidden, Invalid
from kernel.core.money import ZERO, round_money
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.tenancy.actors import current_actor
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.selectors import agents
from tenant_apps.agents.states import AgentState
from tenant_apps.commissions import rules, selectors
from tenant_apps.commissions.models import CommissionWallet, Payout
from tenant_apps.commissions.states import PAYOUT_TRANSITIONS, PayoutMethod, PayoutState
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode

PERMISSION = "commissions.payout"


class InsufficientCommission(Conflict):
    code = "insufficient_commission"
    title = _("The agent's available commission is lower than this")


class InvalidPayoutAmount(Invalid):
    code = "invalid_payout_amount"
    title = _("A payout is of at least 0.01, with two decimals at most")


class AgentMayNotWithdraw(Conflict):
    code = "agent_may_not_withdraw"
    title = _("The agent is suspended; his commission waits")


class SecondPersonNeeded(Forbidden):
    code = "second_person_needed"
    title = _("Somebody else than who requested it must approve a payout")


class PayeeIncomplete(Invalid):
    code = "payee_incomplete"
    title = _("Enter the payee and the account")


class PayeeNotNeeded(Conflict):
    code = "payee_not_needed"
    title = _("The account is shown in full only while an approved payout waits for its transfer")


@dataclass(frozen=True)
class Payee:
    """Receiver of a payout. The account is stored encrypted and shown masked."""

    method: PayoutMethod
    name: str
    account: str


_MONEY_ACCOUNTS = {
    PayoutMethod.BANK: AccountCode.BANK,
    PayoutMethod.ALIPAY: AccountCode.PLATFORM_CLEARING,
    PayoutMethod.WECHAT: AccountCode.PLATFORM_CLEARING,
}


@transaction.atomic
def request_payout(*, agent_id: int, amount: Decimal, payee: Payee, now: datetime) -> Payout:
    """Ask for `amount` of an agent's available commission; it is taken out of what is available at once.

    Raises InvalidPayoutAmount, PayeeIncomplete, InsufficientCommission, AgentMayNotWithdraw and agents' AgentNotFound.
    """
    if amount <= ZERO or amount != round_money(amount):
        raise InvalidPayoutAmount(field="amount")
    missing = [name for name in ("name", "account") if not getattr(payee, name).strip()]
    if missing:
        raise PayeeIncomplete(
            errors=[FieldError(f"payee_{name}", "required", _("This field is required.")) for name in missing]
        )
    if agents.get_agent(agent_id=agent_id).state == AgentState.SUSPENDED:
        raise AgentMayNotWithdraw(field="agent_id")
    _lock_wallet(agent_id)
    available = selectors.balance_of(agent_id=agent_id, as_of=now).available
    if amount > available:
        detail = _("Available: %(available)s.") % {"available": available}
        raise InsufficientCommission(detail, field="amount", available=str(available))
    return Payout.objects.create(
        number=numbering.take_number(kind="TX", day=clock.business_date(now)),
        agent_id=agent_id,
        amount=amount,
        method=payee.method,
        payee_name=payee.name.strip(),
        payee_account=payee.account.strip(),
        requested_by=_actor(),
        requested_at=now,
    )


@transaction.atomic
def approve_payout(*, payout_id: int, now: datetime) -> Payout:
    """Release a requested (or failed) payout for transfer.

    In a brand where one person alone may approve, this person may do both, and the payout says so. A clawback since
    the request that pushed the agent's balance below zero blocks the approval.
    Raises SecondPersonNeeded, InsufficientCommission, IllegalTransition.
    """
    payout = _lock_payout(payout_id)
    ensure_allowed(PAYOUT_TRANSITIONS, now=PayoutState(payout.state), wanted=PayoutState.APPROVED)
    approver = _actor()
    is_second = rules.is_second_person(requester=payout.requested_by, approver=approver)
    if not is_second and _count_approvers() > 1:
        raise SecondPersonNeeded
    if selectors.balance_of(agent_id=payout.agent_id, as_of=now).available < ZERO:
        raise InsufficientCommission(_("Refunds since the request used up this commission."))
    return _move(
        payout,
        PayoutState.APPROVED,
        approved_by=approver,
        approved_at=now,
        is_sole_approval=not is_second,
        reason="",
    )


@transaction.atomic
def reject_payout(*, payout_id: int, reason: str) -> Payout:
    """Refuse a requested or failed payout; its money is available to the agent again."""
    return _move(_lock_payout(payout_id), PayoutState.REJECTED, reason=reason)


@transaction.atomic
def mark_payout_paid(*, payout_id: int, reference: str, now: datetime) -> Payout:
    """Record that the transfer of an approved payout was made, and post it to the ledger."""
    payout = _move(_lock_payout(payout_id), PayoutState.PAID, paid_at=now, reference=reference)
    finance.post_entry(
        source=f"commission:payout:{payout.pk}:paid",
        occurred_at=now,
        memo=str(_("Payout %(number)s") % {"number": payout.number}),
        transfers=[
            finance.NewTransfer(
                AccountCode.OTHER_PAYABLES,
                _MONEY_ACCOUNTS[PayoutMethod(payout.method)],
                payout.amount,
                f"agent:{payout.agent_id}",
            )
        ],
    )
    return payout


@transaction.atomic
def show_payee(*, payout_id: int) -> Payee:
    """Return the payee of an approved payout with the account in full, for the transfer; the look is audited.

    Raises PayoutNotFound, PayeeNotNeeded.
    """
    payout = selectors.get_payout(payout_id=payout_id)
    if payout.state != PayoutState.APPROVED:
        raise PayeeNotNeeded
    audit.record(action="commissions.payee_seen", subject=f"payout:{payout.number}")
    return Payee(PayoutMethod(payout.method), payout.payee_name, payout.payee_account)


@transaction.atomic
def mark_payout_failed(*, payout_id: int, reason: str) -> Payout:
    """Record that the transfer of an approved payout came back. It can be approved again under the same number."""
    return _move(_lock_payout(payout_id), PayoutState.FAILED, reason=reason)


def _lock_payout(payout_id: int) -> Payout:
    payout = selectors.get_payout(payout_id=payout_id)
    _lock_wallet(payout.agent_id)
    return Payout.objects.select_for_update().get(pk=payout_id)


def _lock_wallet(agent_id: int) -> None:
    CommissionWallet.objects.bulk_create([CommissionWallet(agent_id=agent_id)], ignore_conflicts=True)
    CommissionWallet.objects.select_for_update().get(agent_id=agent_id)


def _move(payout: Payout, wanted: PayoutState, **updates: object) -> Payout:
    before = PayoutState(payout.state)
    ensure_allowed(PAYOUT_TRANSITIONS, now=before, wanted=wanted)
    compare_and_set(Payout.objects.filter(pk=payout.pk), field="state", expected=before, wanted=wanted, **updates)
    audit.record(
        action=f"commissions.payout_{wanted}",
        subject=f"payout:{payout.number}",
        before={"state": before},
        after={"state": wanted, "amount": str(payout.amount)},
    )
    payout.refresh_from_db()
    return payout


def _count_approvers() -> int:
    people = accounts.list_users().filter(is_active=True)
    return sum(PERMISSION in user.permissions for user in people)


def _actor() -> str:
    actor = current_actor()
    return f"{actor.kind}:{actor.id if actor.id is not None else ''}"
