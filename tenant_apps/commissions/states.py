"""States of payouts and sources of entries."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class EntryKind(models.TextChoices):
    ACCRUAL = "accrual", _("Accrual")
    REVERSAL = "reversal", _("Reversal")


class WithheldBecause(models.TextChoices):
    """Reason for which an agent of the order's upline does not earn on it."""

    SUSPENDED = "suspended", _("The agent was suspended")
    ENDED = "ended", _("The agent had left")
    EXPIRED = "expired", _("The agent's contract had expired")
    OWN_PURCHASE = "own_purchase", _("The agent's own purchase")


class SourceType(models.TextChoices):
    """Cause of an entry: one line of a paid order, or of a refund."""

    ORDER = "order", _("Order")
    REFUND = "refund", _("Refund")


class PayoutState(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    PAID = "paid", _("Paid")
    REJECTED = "rejected", _("Rejected")
    FAILED = "failed", _("Failed")


class PayoutMethod(models.TextChoices):
    BANK = "bank", _("Bank transfer")
    ALIPAY = "alipay", _("Alipay")
    WECHAT = "wechat", _("WeChat")


# A transfer that failed keeps its number: it is approved again under the same one, so that the channel's own duplicate
# check still protects, or it is rejected and the money returns to the agent.
PAYOUT_TRANSITIONS: Mapping[PayoutState, frozenset[PayoutState]] = {
    PayoutState.REQUESTED: frozenset({PayoutState.APPROVED, PayoutState.REJECTED}),
    PayoutState.APPROVED: frozenset({PayoutState.PAID, PayoutState.FAILED}),
    PayoutState.FAILED: frozenset({PayoutState.APPROVED, PayoutState.REJECTED}),
    PayoutState.PAID: frozenset(),
    PayoutState.REJECTED: frozenset(),
}

# In these states the money is taken out of what the agent may still ask for.
RESERVING_STATES = frozenset({PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.FAILED})
