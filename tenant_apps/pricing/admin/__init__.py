"""Prices in the brand's console."""

from tenant_apps.pricing.admin import changes, level_prices, terms

__all__ = ["changes", "level_prices", "terms"]
