"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords

WORDS: Final = ActWords(
    acts={
        "agents.customers_handed_over": _("Customers handed over"),
        "agents.attribution_policy": _("Attribution policy changed"),
        "agents.poster_picture": _("Picture of posters changed"),
        "agents.customer_bound": _("Customer bound by hand"),
        "agents.customer_released": _("Customer released"),
    },
    facts={
        "agent_id": _("Agent"),
        "customers": _("Customers"),
        "has_picture": _("Has a picture"),
    },
)
