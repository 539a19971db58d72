"""Post agents' deposits (保证金) to the ledger: money in the bank that is owed back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode


@transaction.atomic
def post_paid(*, agent_id: int, term_id: int, amount: Decimal, paid_at: datetime) -> None:
    """Post Dr 1002 bank, Cr 2241 other payables, once; the party is the deposit's, apart from the commission owed."""
    finance.post_entry(
        source=f"deposit:{term_id}:paid",
        occurred_at=paid_at,
        memo=gettext("Deposit of an agent"),
        transfers=[finance.NewTransfer(AccountCode.BANK, AccountCode.OTHER_PAYABLES, amount, f"deposit:{agent_id}")],
    )


@transaction.atomic
def post_returned(*, agent_id: int, term_id: int, amount: Decimal, paid_at: datetime, returned_at: datetime) -> None:
    """Post the opposite, once; before it what was paid, should the ledger not have it yet."""
    post_paid(agent_id=agent_id, term_id=term_id, amount=amount, paid_at=paid_at)
    finance.reverse_entry(
        source=f"deposit:{term_id}:paid",
        reversal_source=f"deposit:{term_id}:returned",
        occurred_at=returned_at,
        memo=gettext("Deposit returned to an agent"),
    )
