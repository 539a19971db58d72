"""Facts about brands: those of a brand's people in its own outbox, those of its billing status in the platform's."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("tenants.owner_signed_up")
@dataclass(frozen=True)
class OwnerSignedUp:
    """A brand was created from outside; `home` is its address, scheme and port included."""

    user_id: int
    home: str


@event("tenants.billing_facts_changed")
@dataclass(frozen=True)
class BillingFactsChanged:
    """A fact changed that a brand's billing status follows from: its trial, a suspension, a restored archive."""

    brand_id: int
