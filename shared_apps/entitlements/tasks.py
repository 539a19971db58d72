"""Bring counts in line with data and plans every night."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from shared_apps.entitlements.services import quotas


@due_work("entitlements.recount_quotas", queue=HOUSEKEEPING, every=time(18, 40), writes=False)
def recount_quotas(now: datetime) -> None:
    """Compare this brand's counts with its data and correct them, whoever pays."""
    quotas.recount_brand(now=now)
