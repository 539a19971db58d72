"""Roles, and the permissions for which the brand's plan must include a feature."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# A role has these only where the brand's plan includes the feature. What depends on a value (a second tier, a second
# warehouse) is no permission, and is asked by the service.
FEATURE_OF_PERMISSION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invoicing.issue": "invoicing",
        "orders.import": "order_import",
    }
)


class Role(TextChoices):
    """Role of a person or key. The first eight belong to brands, the last four to Banyan's own staff."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    SALES = "sales", pgettext_lazy("role", "Sales")
    WAREHOUSE = "warehouse", _("Warehouse")
    FINANCE = "finance", _("Finance")
    SERVICE = "service", _("Service (API key)")
    VISITOR = "visitor", _("Visiting support")
    AGENT = "agent", _("Agent")
    SUPPORT = "support", _("Support")
    BILLING = "billing", _("Billing")
    AUDITOR = "auditor", _("Auditor (reads only)")
    PLATFORM_ADMIN = "platform_admin", _("Platform administrator")


PLATFORM_ROLES: Final = frozenset({Role.SUPPORT, Role.BILLING, Role.AUDITOR, Role.PLATFORM_ADMIN})
# No staff of the brand, though they sign in there. A visitor is somebody of Banyan's staff, under a grant; an agent's
# login comes and goes with the agent. Nobody is given these roles by hand, and the plan does not count them.
NOT_STAFF: Final = frozenset({Role.VISITOR, Role.AGENT})
BRAND_ROLES: Final = frozenset(Role) - PLATFORM_ROLES - NOT_STAFF
# A service has no password and no face: it exists as an API key only.
BRAND_PERSON_ROLES: Final = BRAND_ROLES - {Role.SERVICE}
