"""Parcels in the brand's console."""

from tenant_apps.shipping.admin import parcels

__all__ = ["parcels"]
