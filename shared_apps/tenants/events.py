"""Facts about brands, published in the brand's own outbox."""

from dataclasses import dataclass

from kernel.outbox import event


@event("tenants.owner_signed_up")
@dataclass(frozen=True)
class OwnerSignedUp:
    """A brand was founded from outside; `home` is its address, scheme and port included."""

    user_id: int
    home: str
