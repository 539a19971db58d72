"""Change the brand's settings of shipping, each part as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.china.divisions import find_regions, region_name
from kernel.core import audit
from kernel.core.errors import FieldError, Invalid
from tenant_apps.shipping.models import ShippingSettings
from tenant_apps.shipping.rules.carriers import BY_CODE, find_carrier
from tenant_apps.shipping.rules.choosing import REGION_GROUPS, CarrierRule
from tenant_apps.shipping.rules.labels import MAX_OWN_TEXT, LabelBlock
from tenant_apps.shipping.rules.settings import (
    MAX_RULES,
    LabelTemplate,
    Sender,
    ShippingOptions,
    WaybillAccount,
    read_options,
    write_options,
)

__all__ = [
    "CarrierRule",
    "LabelTemplate",
    "Sender",
    "WaybillKeys",
    "change_account",
    "change_carriers",
    "change_rules",
    "change_template",
]


class InvalidShippingSettings(Invalid):
    code = "invalid_shipping_settings"
    title = _("The settings break a rule")


def read_region_words(text: str) -> tuple[str, ...]:
    """Return the codes of the regions that words name: groups such as 江浙沪, or provinces, cities, districts.

    Raises InvalidShippingSettings (regions) for a word that names none or several.
    """
    codes: list[str] = []
    for word in text.replace("，", " ").replace(",", " ").replace("、", " ").split():
        found = REGION_GROUPS.get(word) or tuple(find_regions(word))
        if not found or (word not in REGION_GROUPS and len(found) > 1):
            detail = _("“%(word)s” is not one region") % {"word": word}
            raise InvalidShippingSettings(detail, field="regions")
        codes += found
    return tuple(dict.fromkeys(codes))


@transaction.atomic
def change_rules(*, rules: Sequence[CarrierRule], usual_carrier: str) -> ShippingOptions:
    """Replace the rules that choose carriers, in their order. Raises InvalidShippingSettings, naming rule and field."""
    if len(rules) > MAX_RULES:
        raise InvalidShippingSettings(_("At most %(most)d rules") % {"most": MAX_RULES}, field="rules")
    errors = [error for index, rule in enumerate(rules) for error in _find_faults(f"rules.{index}", rule)]
    if usual_carrier and len(usual_carrier) > 40:
        errors.append(FieldError("usual_carrier", "too_long", _("A carrier's name has at most 40 characters")))
    if errors:
        raise InvalidShippingSettings(errors=errors)
    changed = replace(_lock_options(), rules=tuple(rules), usual_carrier=usual_carrier.strip())
    return _write("shipping.change_rules", changed, ("rules", "usual_carrier"))


def _find_faults(place: str, rule: CarrierRule) -> list[FieldError]:
    faults = []
    if not rule.name.strip() or len(rule.name) > 60:
        faults.append(FieldError(f"{place}.name", "invalid_name", _("A rule has a name of at most 60 characters")))
    if not rule.carrier.strip() or len(rule.carrier) > 40:
        faults.append(FieldError(f"{place}.carrier", "invalid_carrier", _("Enter the carrier.")))
    for code in rule.regions:
        if region_name(code) is None:
            detail = _("%(code)s is not the code of a region") % {"code": code}
            faults.append(FieldError(f"{place}.regions", "unknown_region", detail))
    pairs = (("to_grams", rule.from_grams, rule.to_grams), ("to_value", rule.from_value, rule.to_value))
    for name, least, below in pairs:
        if below is not None and below <= (least or 0):
            faults.append(FieldError(f"{place}.{name}", "empty_range", _("The range holds nothing")))
    return faults


@transaction.atomic
def change_carriers(*, carriers: Sequence[str], sender: Sender) -> ShippingOptions:
    """Replace which carriers (by code) the brand uses, and its sender. Raises InvalidShippingSettings."""
    unknown = [code for code in carriers if code not in BY_CODE]
    if unknown:
        detail = _("There is no carrier with the code %(code)s") % {"code": unknown[0]}
        raise InvalidShippingSettings(detail, field="carriers")
    changed = replace(_lock_options(), carriers=tuple(dict.fromkeys(carriers)), sender=sender)
    return _write("shipping.change_carriers", changed, ("carriers", "sender"))


@transaction.atomic
def change_template(*, template: LabelTemplate) -> ShippingOptions:
    """Replace the arrangement of labels. Raises InvalidShippingSettings."""
    errors = []
    if len(set(template.blocks)) < len(template.blocks) or not set(template.blocks) <= set(LabelBlock.values):
        errors.append(FieldError("blocks", "invalid_blocks", _("Each block is one that is known, and stands once")))
    if len(template.text) > MAX_OWN_TEXT:
        detail = _("The own text has at most %(most)d characters") % {"most": MAX_OWN_TEXT}
        errors.append(FieldError("text", "too_long", detail))
    if errors:
        raise InvalidShippingSettings(errors=errors)
    changed = replace(_lock_options(), template=template)
    return _write("shipping.change_template", changed, ("template",))


@dataclass(frozen=True, slots=True)
class WaybillKeys:
    """Account at 快递鸟. `app_key` None keeps the key that is there, "" removes it."""

    business_id: str
    customers: dict[str, str]
    app_key: str | None = None


@transaction.atomic
def change_account(*, account: WaybillKeys) -> ShippingOptions:
    """Replace the account for electronic waybills; its key is kept encrypted. Raises InvalidShippingSettings."""
    unknown = [code for code in account.customers if find_carrier(code) is None]
    if unknown:
        detail = _("There is no carrier with the code %(code)s") % {"code": unknown[0]}
        raise InvalidShippingSettings(detail, field="customers")
    kept = WaybillAccount(account.business_id.strip(), account.customers)
    options = _write("shipping.change_account", replace(_lock_options(), account=kept), ("account",))
    if account.app_key is not None:
        ShippingSettings.objects.filter(pk=1).update(waybill_key=account.app_key.strip())
    return options


def _lock_options() -> ShippingOptions:
    ShippingSettings.objects.get_or_create(pk=1)
    return read_options(ShippingSettings.objects.select_for_update().get(pk=1).values)


def _write(action: str, options: ShippingOptions, parts: Sequence[str]) -> ShippingOptions:
    """Write the settings, whose row is locked, and what changed to the audit log."""
    before = ShippingSettings.objects.values_list("values", flat=True).get(pk=1)
    written = write_options(options)
    ShippingSettings.objects.filter(pk=1).update(values=written)
    audit.record(
        action=action,
        subject="shipping:1",
        before={part: before.get(part) for part in parts},
        after={part: written[part] for part in parts},
    )
    return options
