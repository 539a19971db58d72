"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "shipping.issue_waybill": _("Waybill issued"),
        "shipping.void_parcel": _("Parcel voided"),
        "shipping.change_rules": _("Rules for carriers changed"),
        "shipping.change_carriers": _("Carriers and sender changed"),
        "shipping.change_template": _("Label template changed"),
        "shipping.change_account": _("Waybill account changed"),
    },
    facts={
        "account": _("Account"),
        "carriers": _("Carriers"),
        "carrier": _("Carrier"),
        "rules": _("Rules"),
        "sender": _("Sender"),
        "template": _("Label template"),
        "usual_carrier": _("Usual carrier"),
    },
    subjects={
        "parcel": Subject(_("Parcel"), model="shipping.parcel"),
        "shipping": Subject(_("Shipping"), page="shipping:rules", permission="shipping.view", is_single=True),
    },
)
