"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.ranks.states import Period

WORDS: Final = ActWords(
    acts={
        "ranks.proposal_applied": _("Level changed"),
        "ranks.proposal_declined": _("Change of level declined"),
        "ranks.rule_saved": _("Level rule saved"),
        "ranks.rule_retired": _("Level rule ended"),
    },
    facts={
        "is_active": _("Active"),
        "net_sales": _("Net sales"),
        "period": pgettext_lazy("measured", "Period"),
        "rule": _("Rule"),
        "threshold": _("Threshold"),
    },
    choices={
        "period": (Period,),
    },
    subjects={
        "level_rule": Subject(_("Level rule"), page="ranks:rule_edit", permission="agents.levels"),
    },
)
