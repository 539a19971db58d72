"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "attribution.customers_handed_over": _("Customers handed over"),
        "attribution.policy_changed": _("Attribution policy changed"),
        "attribution.poster_picture": _("Picture of posters changed"),
        "attribution.customer_bound": _("Customer bound by hand"),
        "attribution.customer_released": _("Customer released"),
    },
    facts={
        "agent_id": _("Agent"),
        "customers": _("Customers"),
        "has_picture": _("Has a picture"),
    },
    subjects={
        "attribution": Subject(
            _("Attribution policy"), page="attribution:policy", permission="agents.view", is_single=True
        ),
    },
)
