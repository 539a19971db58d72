"""Brands' figures for the platform's console."""

from django_tenants.utils import get_tenant_model

from shared_apps.support.models import BrandFigures


def get_figures(*, brand_id: int) -> BrandFigures | None:
    """A brand's last figures, None for one that never reported."""
    return BrandFigures.objects.filter(pk=brand_id).first()


def list_schemas() -> dict[str, int]:
    """The schemas that stand, each with its brand's id."""
    brands = get_tenant_model()._default_manager.filter(provisioning_state="ready", schema_dropped_at__isnull=True)
    return dict(brands.order_by("id").values_list("schema_name", "id"))
