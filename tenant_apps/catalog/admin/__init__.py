"""The catalogue in the brand's console."""

from tenant_apps.catalog.admin import categories, imports, products, variants  # noqa: F401 - Django finds them here
