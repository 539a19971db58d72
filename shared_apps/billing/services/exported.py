"""Billing's rows about a brand, for the brand's full export."""

from shared_apps.billing.models import OfflinePayment, PlanPeriod, PlanVersion, StripeInvoice, Subscription
from shared_apps.tenants.services.export_shared import SharedTable

_OF_BRAND = "this_row.brand_id = %(brand)s"
# Versions that were ever published are on the price list.
_PUBLISHED = "this_row.published_at IS NOT NULL AND %(brand)s > 0"


def tell_everything() -> list[SharedTable]:
    """Plans by their published versions, subscriptions, invoices, bank transfers with their proofs, and periods.

    Left out: what staff notes for itself, and ids of staff.
    """
    return [
        SharedTable(PlanVersion, _PUBLISHED),
        SharedTable(Subscription, _OF_BRAND),
        SharedTable(StripeInvoice, _OF_BRAND),
        SharedTable(
            OfflinePayment, _OF_BRAND, frozenset({"recorded_by_id", "decided_by_id", "note"}), file_column="proof_path"
        ),
        SharedTable(PlanPeriod, _OF_BRAND),
    ]
