"""Read discounts, agreements and suggested retail prices."""

from django.db.models import Q, QuerySet

from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, SuggestedRetailRange


def list_discounts(*, level_id: int | None = None, category_id: int | None = None) -> QuerySet[CategoryDiscount]:
    rows = CategoryDiscount.objects.select_related("level", "category").order_by("-id")
    rows = rows.filter(level_id=level_id) if level_id else rows
    return rows.filter(category_id=category_id) if category_id else rows


def list_agreements(*, agent_id: int | None = None, variant_id: int | None = None) -> QuerySet[AgentPrice]:
    rows = AgentPrice.objects.select_related("agent", "variant").defer("agent__id_number", "agent__bank_card")
    rows = rows.order_by("-id")
    rows = rows.filter(agent_id=agent_id) if agent_id else rows
    return rows.filter(variant_id=variant_id) if variant_id else rows


def list_ranges(*, level_id: int | None = None, variant_id: int | None = None) -> QuerySet[SuggestedRetailRange]:
    rows = SuggestedRetailRange.objects.select_related("level", "variant").order_by("-id")
    rows = rows.filter(Q(level_id=level_id) | Q(level_id=None)) if level_id else rows
    return rows.filter(variant_id=variant_id) if variant_id else rows
