"""States of brands, and the transitions between them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class BrandState(models.TextChoices):
    """Commercial state of a brand."""

    TRIALING = "trialing", _("On trial")
    ACTIVE = "active", _("Active")
    TRIAL_EXPIRED = "trial_expired", _("Trial expired")
    PAST_DUE = "past_due", _("Payment overdue")
    READ_ONLY = "read_only", _("Read-only")
    SUSPENDED = "suspended", _("Suspended")
    ARCHIVED = "archived", _("Archived")


class ProvisioningState(models.TextChoices):
    """Progress of making the brand's schema."""

    REQUESTED = "requested", _("Requested")
    PROVISIONING = "provisioning", _("Being set up")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Set-up failed")


class SuspensionCause(models.TextChoices):
    """Cause of a suspension. A payment lifts one for non-payment, never one that staff decided."""

    NONE = "", _("Not suspended")
    STAFF = "staff", _("By support")
    UNPAID = "unpaid", _("Not paid")
    CLOSING = "closing", _("Account closed by its owner")


class ExportState(models.TextChoices):
    """Progress of a full export."""

    REQUESTED = "requested", _("Requested")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    DELETED = "deleted", _("Deleted")


class ArchiveState(models.TextChoices):
    """Progress of an archive (a dump with its checksum)."""

    DUMPED = "dumped", _("Dumped")
    VERIFIED = "verified", _("Verified by restoring")
    FAILED = "failed", _("Failed")
    RESTORED = "restored", _("Restored")


class ClaimState(models.TextChoices):
    """Progress of a claim to a domain."""

    PENDING = "pending", _("Waiting for the DNS record")
    VERIFIED = "verified", _("Verified")
    REMOVED = "removed", _("Removed")


_COMMERCIAL: Final = frozenset(BrandState) - {BrandState.ARCHIVED}

# Where a brand stands is found from facts (billing's rules), and a job that did not run for weeks finds several steps
# at once. So any commercial state may follow another; what no fact and no person may do is missing here: work on after
# the archive without being restored, and archive somebody who can still write.
BRAND_TRANSITIONS: Final[Mapping[BrandState, frozenset[BrandState]]] = {
    BrandState.TRIALING: _COMMERCIAL - {BrandState.TRIALING},
    BrandState.TRIAL_EXPIRED: frozenset(BrandState) - {BrandState.TRIAL_EXPIRED},
    BrandState.ACTIVE: _COMMERCIAL - {BrandState.ACTIVE},
    BrandState.PAST_DUE: _COMMERCIAL - {BrandState.PAST_DUE},
    BrandState.READ_ONLY: frozenset(BrandState) - {BrandState.READ_ONLY},
    BrandState.SUSPENDED: frozenset(BrandState) - {BrandState.SUSPENDED},
    # Restored, it is suspended until the facts are looked at again.
    BrandState.ARCHIVED: frozenset({BrandState.SUSPENDED}),
}

PROVISIONING_TRANSITIONS: Final[Mapping[ProvisioningState, frozenset[ProvisioningState]]] = {
    ProvisioningState.REQUESTED: frozenset({ProvisioningState.PROVISIONING}),
    ProvisioningState.PROVISIONING: frozenset({ProvisioningState.READY, ProvisioningState.FAILED}),
    ProvisioningState.FAILED: frozenset({ProvisioningState.PROVISIONING}),
    ProvisioningState.READY: frozenset(),
}

# Who stands elsewhere can still read (or, suspended, at least export) everything, and sign in to do so.
WRITABLE: Final = frozenset({BrandState.TRIALING, BrandState.ACTIVE, BrandState.PAST_DUE})
READABLE: Final = WRITABLE | {BrandState.TRIAL_EXPIRED, BrandState.READ_ONLY, BrandState.SUSPENDED}


def state_at(state: str, trial_ends_at: datetime, now: datetime) -> BrandState:
    """Return the effective state: a trial ends at its time, before a task records it."""
    if state == BrandState.TRIALING and trial_ends_at <= now:
        return BrandState.TRIAL_EXPIRED
    return BrandState(state)
