"""Set prices agreed with one agent, whatever the level says."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from kernel.core import audit
from tenant_apps.agents.selectors import agents
from tenant_apps.pricing.models import AgentPrice
from tenant_apps.pricing.services import checking


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """Price of a piece for one agent and variant, from so many pieces on, in a half-open period."""

    agent_id: int
    variant_id: int
    price: Decimal
    min_quantity: int = 1
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    note: str = ""


@transaction.atomic
def set_agreement(*, agreement: NewAgreement, now: datetime) -> AgentPrice:
    """Agree a price. Without a `valid_from` the first one holds from the beginning, a later one from `now` on.

    Raises InvalidPriceRule, AgentNotFound.
    """
    new = agreement
    agents.get_agent(agent_id=new.agent_id)
    complaints = checking.Complaints()
    complaints.variant(new.variant_id)
    complaints.price(new.price)
    complaints.pieces(new.min_quantity)
    complaints.period(valid_from=new.valid_from, valid_until=new.valid_until, now=now)
    complaints.raise_any()
    rows = _rows(new.agent_id, new.variant_id, new.min_quantity)
    row, _made = AgentPrice.objects.update_or_create(
        agent_id=new.agent_id,
        variant_id=new.variant_id,
        min_quantity=new.min_quantity,
        valid_from=checking.beginning(rows, valid_from=new.valid_from, now=now),
        defaults={"price": new.price, "valid_until": new.valid_until, "note": new.note},
    )
    audit.record(action="pricing.agreement", subject=f"agent:{new.agent_id}", after=_facts(row))
    return row


@transaction.atomic
def end_agreement(*, agreement_id: int, now: datetime) -> None:
    """End an agreement now; one that is still to come disappears. Raises PriceRuleNotFound."""
    row = AgentPrice.objects.select_for_update().filter(id=agreement_id).first()
    if row is None:
        raise checking.PriceRuleNotFound
    before = _facts(row)
    checking.end_rule(row, rows=_rows(row.agent_id, row.variant_id, row.min_quantity), now=now)
    audit.record(action="pricing.agreement_ended", subject=f"agent:{row.agent_id}", before=before)


def _rows(agent_id: int, variant_id: int, min_quantity: int) -> QuerySet[AgentPrice]:
    return AgentPrice.objects.filter(agent_id=agent_id, variant_id=variant_id, min_quantity=min_quantity)


def _facts(row: AgentPrice) -> dict[str, object]:
    names = ("variant_id", "min_quantity", "price", "valid_from", "valid_until", "note")
    return {name: getattr(row, name) for name in names}
