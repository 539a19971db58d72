"""Read the cloud stock of agents and its movements."""

from collections.abc import Collection

from django.db.models import QuerySet

from tenant_apps.inventory.models import CloudMovement, CloudStock


def list_cloud_stock(*, agent_id: int | None = None, sku: str = "") -> QuerySet[CloudStock]:
    """List what is kept for agents, with agents and goods; what is used up is left out."""
    found = CloudStock.objects.select_related("agent", "variant__product").filter(balance__gt=0)
    if agent_id is not None:
        found = found.filter(agent_id=agent_id)
    if sku:
        found = found.filter(variant__sku=sku.strip().upper())
    return found.order_by("-id")


def list_cloud_movements(*, agent_id: int | None = None, sku: str = "", kind: str = "") -> QuerySet[CloudMovement]:
    """List the movements of cloud stock, the latest first, with agents and goods."""
    found = CloudMovement.objects.select_related("agent", "variant__product")
    if agent_id is not None:
        found = found.filter(agent_id=agent_id)
    if sku:
        found = found.filter(variant__sku=sku.strip().upper())
    if kind:
        found = found.filter(kind=kind)
    return found.order_by("-id")


def get_cloud_balances(*, agent_id: int, variant_ids: Collection[int]) -> dict[int, int]:
    """Map the variants to the pieces kept for the agent; 0 where there are none."""
    rows = CloudStock.objects.filter(agent_id=agent_id, variant_id__in=variant_ids).order_by("id")
    held = dict(rows.values_list("variant_id", "balance"))
    return {one: held.get(one, 0) for one in variant_ids}
