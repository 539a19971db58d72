"""Store a brand's copy of its plan, whose content the billing app decides."""

import copy
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kernel.core import audit
from kernel.tenancy.context import current_brand, enter_brand, public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services.lifecycle import lock_brand


@transaction.atomic
def set_entitlements(*, brand_id: int, entitlements: Mapping[str, Any]) -> Brand | None:
    """Set the brand's entitlements; return the brand, or None if they are unchanged.

    Other processes may cache the former ones for 30 seconds. Raises BrandNotFound.
    """
    at_work = current_brand()
    with public_schema():
        brand = lock_brand(brand_id=brand_id)
        before = brand.entitlements
        if before == entitlements:
            return None
        brand.entitlements = dict(entitlements)
        brand.save(update_fields=["entitlements"])
        audit.record(action="tenants.entitled", subject=f"brand:{brand_id}", before=before, after=brand.entitlements)
    if getattr(at_work, "pk", None) == brand_id:
        changed = copy.copy(at_work)  # whoever else holds the former object goes on with what it says
        changed.entitlements = brand.entitlements
        enter_brand(changed)
    transaction.on_commit(selectors.forget_hosts)
    return brand
