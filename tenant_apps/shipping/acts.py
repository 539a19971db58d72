"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.shipping.states import ChargeBy, Combining

WORDS: Final = ActWords(
    acts={
        "shipping.issue_waybill": _("Waybill issued"),
        "shipping.void_parcel": _("Parcel voided"),
        "shipping.change_rules": _("Rules for carriers changed"),
        "shipping.change_carriers": _("Carriers and sender changed"),
        "shipping.change_template": _("Label template changed"),
        "shipping.change_account": _("Waybill account changed"),
        "shipping.freight_template": _("Freight template saved"),
        "shipping.freight_template_deleted": _("Freight template deleted"),
        "shipping.freight_settings": _("Freight settings changed"),
    },
    facts={
        "account": _("Account"),
        "carriers": _("Carriers"),
        "carrier": _("Carrier"),
        "rules": _("Rules"),
        "sender": _("Sender"),
        "template": _("Label template"),
        "usual_carrier": _("Usual carrier"),
        "zones": _("Regions"),
        "default": _("Everywhere else"),
        "charge_by": _("Charged"),
        "combining": _("Several templates"),
        "groups": _("Region groups"),
    },
    choices={"charge_by": (ChargeBy,), "combining": (Combining,)},
    subjects={
        "freight_template": Subject(_("Freight template"), page="shipping:freight_edit", permission="shipping.edit"),
        "freight_settings": Subject(
            _("Freight settings"), page="shipping:freight_settings", permission="shipping.view", is_single=True
        ),
        "parcel": Subject(_("Parcel"), model="shipping.parcel"),
        "shipping": Subject(_("Shipping"), page="shipping:rules", permission="shipping.view", is_single=True),
    },
)
