"""Events about brands, published in the brand's or the platform's outbox."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("tenants.owner_signed_up")
@dataclass(frozen=True)
class OwnerSignedUp:
    """A brand signed up; `home` is its address with scheme and port."""

    user_id: int
    home: str


@event("tenants.billing_facts_changed")
@dataclass(frozen=True)
class BillingFactsChanged:
    """A fact behind the brand's billing status changed: its trial, a suspension, a restored archive."""

    brand_id: int
