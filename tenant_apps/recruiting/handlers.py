"""Post to the ledger what happens to agents' deposits."""

from kernel.events.outbox import handles
from tenant_apps.agents.events import DepositRecorded
from tenant_apps.recruiting.services import deposits


@handles(DepositRecorded, name="recruiting.post_deposit")
def post_deposit(event: DepositRecorded) -> None:
    """Post the payment, or the return."""
    if event.what == "paid":
        deposits.post_paid(agent_id=event.agent_id, term_id=event.term_id, amount=event.amount, paid_at=event.paid_at)
    else:
        deposits.post_returned(
            agent_id=event.agent_id,
            term_id=event.term_id,
            amount=event.amount,
            paid_at=event.paid_at,
            returned_at=event.occurred_at,
        )
