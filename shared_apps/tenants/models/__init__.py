"""Tables of brands, their hosts, and records about them, in the public schema."""

from shared_apps.tenants.models.belongings import BrandArchive, BrandExport, BrandMove, DomainClaim
from shared_apps.tenants.models.brands import Brand, BrandQuerySet, Domain, SchemaDump, everything_included

__all__ = [
    "Brand",
    "BrandArchive",
    "BrandExport",
    "BrandMove",
    "BrandQuerySet",
    "Domain",
    "DomainClaim",
    "SchemaDump",
    "everything_included",
]
