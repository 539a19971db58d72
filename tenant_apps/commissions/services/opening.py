"""Bring in the commission that agents had earned before, and take it back while it is unspent."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import CommissionWallet, OpeningBalance
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode


class BalanceSpent(Conflict):
    code = "balance_spent"
    title = _("Some of these balances were asked for or paid out: the import cannot be undone")


def find_opened(*, agent_ids: Collection[int]) -> set[int]:
    """Return the agents that have an opening balance already."""
    sums = OpeningBalance.objects.filter(agent_id__in=agent_ids).values("agent_id").annotate(total=Sum("amount"))
    return {row["agent_id"] for row in sums if row["total"]}


@transaction.atomic
def open_balances(*, amounts: Mapping[int, Decimal], reference: str, now: datetime) -> None:
    """Note what each agent (by id) is owed, available at once. Posts Dr 3104 retained earnings, Cr 2241 payables.

    Earlier years' commission is no expense of this year. Amounts are positive, in fen.
    """
    if not amounts:
        return
    source = _source(reference)
    rows = [
        OpeningBalance(agent_id=agent_id, amount=amount, source=source, occurred_at=now)
        for agent_id, amount in sorted(amounts.items())
    ]
    OpeningBalance.objects.bulk_create(rows, batch_size=1_000)
    wallets = [CommissionWallet(agent_id=agent_id) for agent_id in sorted(amounts)]
    CommissionWallet.objects.bulk_create(wallets, ignore_conflicts=True, batch_size=1_000)
    transfers = [
        finance.NewTransfer(
            AccountCode.RETAINED_EARNINGS, AccountCode.OTHER_PAYABLES, row.amount, f"agent:{row.agent_id}"
        )
        for row in rows
    ]
    memo = str(_("Opening balances of agents"))
    finance.post_entry(source=source, occurred_at=now, memo=memo, transfers=transfers)
    after = {"agents": len(rows), "total": sum(amounts.values())}
    audit.record(action="commissions.opened", subject=source, after=after)


@transaction.atomic
def take_back_balances(*, reference: str, now: datetime) -> None:
    """Take the opening balances away again. Raises BalanceSpent where an agent has less available than that."""
    source = _source(reference)
    opened = list(OpeningBalance.objects.filter(source=source).order_by("agent_id"))
    if not opened:
        return
    # Requests for payout lock the wallets one at a time; here all of them, in the order of their agents.
    agent_ids = [row.agent_id for row in opened]
    list(CommissionWallet.objects.select_for_update().filter(agent_id__in=agent_ids).order_by("agent_id"))
    for row in opened:
        if selectors.balance_of(agent_id=row.agent_id, as_of=now).available < row.amount:
            raise BalanceSpent
    undone = f"{source}:undone"
    OpeningBalance.objects.bulk_create(
        OpeningBalance(agent_id=row.agent_id, amount=-row.amount, source=undone, occurred_at=now) for row in opened
    )
    memo = str(_("Opening balances taken back"))
    finance.reverse_entry(source=source, reversal_source=undone, occurred_at=now, memo=memo)
    audit.record(action="commissions.opening_undone", subject=source, after={"agents": len(opened)})


def _source(reference: str) -> str:
    return f"commission:opening:{reference}"
