"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "pricing.agreement": _("Price agreed with an agent"),
        "pricing.agreement_ended": _("Agreed price ended"),
        "pricing.change_drafted": _("Price change drafted"),
        "pricing.change_revised": _("Price change revised"),
        "pricing.change_planned": _("Prices of a change entered"),
        "pricing.change_scheduled": _("Price change scheduled"),
        "pricing.change_cancelled": _("Price change cancelled"),
        "pricing.discount": _("Discount by category set"),
        "pricing.discount_ended": _("Discount by category ended"),
        "pricing.level_prices": _("Prices by level set"),
        "pricing.level_price_deleted": _("Price by level deleted"),
        "pricing.lot": _("Minimum order quantity set"),
        "pricing.lot_removed": _("Minimum order quantity removed"),
        "pricing.suggested_range": _("Suggested retail range set"),
        "pricing.suggested_range_removed": _("Suggested retail range removed"),
    },
    facts={
        "effective_at": _("Effective from"),
        "highest": _("Highest"),
        "level": _("Level"),
        "lowest": _("Lowest"),
        "minimum": _("Minimum order quantity"),
        "prices": _("Prices"),
        "step": _("Step"),
        "valid_from": _("Valid from"),
    },
    subjects={
        "price_change": Subject(_("Price change"), model="pricing.pricechange"),
        "level_prices": Subject(_("Prices by level"), page="pricing:matrix", permission="pricing.view", is_single=True),
    },
)
