"""Facts about brands: those of a brand's people in its own outbox, those of its standing in the platform's."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("tenants.owner_signed_up")
@dataclass(frozen=True)
class OwnerSignedUp:
    """A brand was founded from outside; `home` is its address, scheme and port included."""

    user_id: int
    home: str


@event("tenants.standing_touched")
@dataclass(frozen=True)
class StandingTouched:
    """Something changed from which follows where a brand stands: its trial, a suspension, a restored archive."""

    brand_id: int
