"""Console pages of the catalogue."""

from tenant_apps.catalog.admin import categories, products, variants  # noqa: F401 - Django finds them here
