"""Note which customers have bought: some policies bind new customers only."""

from collections.abc import Collection

from django.db import transaction

from tenant_apps.attribution.models import Purchaser

_BATCH_SIZE = 5_000


def note_purchasers(*, customer_ids: Collection[int]) -> None:
    """Note that these customers have bought; who is noted already stays."""
    rows = (Purchaser(customer_id=customer_id) for customer_id in sorted(set(customer_ids)))
    Purchaser.objects.bulk_create(rows, batch_size=_BATCH_SIZE, ignore_conflicts=True)


@transaction.atomic
def forget_purchaser(*, customer_id: int) -> None:
    """Make the customer new again: every order was called off."""
    Purchaser.objects.filter(customer_id=customer_id).delete()
