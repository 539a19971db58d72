"""Bindings of customers, as they stood."""

from datetime import datetime

from django.db.models import Q

from tenant_apps.attribution.models import Binding


def binding_at(customer_id: int, moment: datetime) -> Binding | None:
    """The customer's binding at that moment."""
    held = Binding.objects.filter(customer_id=customer_id, bound_at__lte=moment, expires_at__gt=moment)
    return held.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=moment)).order_by("-id").first()
