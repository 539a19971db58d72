"""API schemas of commissions."""

from datetime import datetime
from typing import Annotated, Any, Self

from ninja import Schema
from pydantic import Field, model_validator

from kernel.http.schemas import Id, MoneyIn, MoneyText, RateIn, RateText, Strict, Text100, Text200
from kernel.privacy.masking import mask_bank_card
from tenant_apps.agents.services.compliance import refuse_unlawful_terms
from tenant_apps.commissions import rules
from tenant_apps.commissions.models import CommissionEntry, CommissionHold, CommissionPlan, Payout
from tenant_apps.commissions.states import PayoutMethod

# An id in a path or a query.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PlanIn(Strict):
    tier1_rate: RateIn = Field(description="Share of the line's goods money for the nearest agent; 0.08 is 8 %")
    tier2_rate: RateIn = Field(description="Share for this agent's sponsor")
    holding_days: int = Field(
        rules.DEFAULT_HOLDING_DAYS, strict=True, ge=0, le=365, description="Days from receipt to availability"
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unlawful_terms(cls, values: Any) -> Any:
        """Refuse a third tier and pay for recruiting with the law's name, not as a misspelt field."""
        refuse_unlawful_terms(values, known=cls.model_fields)
        return values


class PlanOut(Schema):
    level_id: int
    level_name: str
    tier1_rate: RateText
    tier2_rate: RateText
    holding_days: int
    valid_from: datetime

    @classmethod
    def of(cls, plan: CommissionPlan) -> Self:
        return cls(
            level_id=plan.level_id,
            level_name=plan.level.name,
            tier1_rate=plan.tier1_rate,
            tier2_rate=plan.tier2_rate,
            holding_days=plan.holding_days,
            valid_from=plan.valid_from,
        )


class BalanceOut(Schema):
    agent_id: int
    as_of: datetime
    opening: MoneyText = Field(description="Owed before the brand came here")
    accrued: MoneyText
    reversed: MoneyText
    held: MoneyText
    reserved: MoneyText
    paid: MoneyText
    available: MoneyText = Field(
        description="May be negative after a refund of what was paid out; it is then carried forward"
    )


class CommissionEntryOut(Schema):
    id: int
    agent_id: int
    order_id: int
    order_number: str
    sku: str
    tier: int
    kind: str
    base_amount: MoneyText
    rate: RateText
    amount: MoneyText
    explanation: str
    occurred_at: datetime

    @classmethod
    def of(cls, entry: CommissionEntry) -> Self:
        return cls(
            id=entry.pk,
            agent_id=entry.beneficiary_id,
            order_id=entry.order_id,
            order_number=entry.order.number,
            sku=entry.order_line.sku,
            tier=entry.tier,
            kind=entry.kind,
            base_amount=entry.base_amount,
            rate=entry.rate,
            amount=entry.amount,
            explanation=rules.explain(base=entry.base_amount, rate=entry.rate, amount=entry.amount),
            occurred_at=entry.occurred_at,
        )


class WithheldCommissionOut(Schema):
    """Commission that an agent of the upline did not get."""

    agent_id: int
    order_id: int
    order_number: str
    tier: int
    because: str = Field(description="suspended, ended, expired or own_purchase")
    amount: MoneyText

    @classmethod
    def of(cls, hold: CommissionHold) -> Self:
        return cls(
            agent_id=hold.beneficiary_id,
            order_id=hold.order_id,
            order_number=hold.order.number,
            tier=hold.tier,
            because=hold.withheld_because,
            amount=hold.withheld_amount,
        )


class CommissionStatementLineOut(Schema):
    occurred_at: datetime
    kind: str
    order_number: str
    sku: str
    name: str
    tier: int | None
    explanation: str
    amount: MoneyText
    balance: MoneyText


class CommissionStatementOut(Schema):
    opening: MoneyText
    items: list[CommissionStatementLineOut]
    closing: MoneyText


class PayoutIn(Strict):
    agent_id: Id
    amount: MoneyIn
    method: PayoutMethod
    payee_name: Text100
    payee_account: Text100


class ReferenceIn(Strict):
    reference: Text100


class PayoutReasonIn(Strict):
    reason: Text200


class PayeeOut(Schema):
    method: PayoutMethod
    payee_name: str
    payee_account: str = Field(description="In full")


class PayoutOut(Schema):
    id: int
    number: str
    agent_id: int
    amount: MoneyText
    state: str
    method: str
    payee_name: str
    payee_account: str = Field(description="Masked")
    requested_at: datetime
    approved_at: datetime | None
    paid_at: datetime | None
    reference: str
    reason: str

    @classmethod
    def of(cls, payout: Payout) -> Self:
        names = (
            "number",
            "agent_id",
            "state",
            "method",
            "payee_name",
            "requested_at",
            "approved_at",
            "paid_at",
            "reference",
            "reason",
        )
        return cls(
            id=payout.pk,
            amount=payout.amount,
            payee_account=mask_bank_card(payout.payee_account),
            **{name: getattr(payout, name) for name in names},
        )
