"""Quote freight, and explain it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kernel.china import divisions
from kernel.core.errors import FieldError, Invalid
from tenant_apps.shipping.rules.freight import quoting
from tenant_apps.shipping.rules.freight.quoting import FREE_BY_AMOUNT, Load, PlaceNotServed, Quote, ShareValues
from tenant_apps.shipping.rules.freight.templates import Template
from tenant_apps.shipping.selectors import freight as selectors
from tenant_apps.shipping.states import ChargeBy

__all__ = ["FreightGoods", "FreightRefused", "Quote", "ShareValues", "explain_freight", "quote_freight"]


class FreightRefused(Invalid):
    code = "freight_refused"
    title = _("The freight cannot be computed")


@dataclass(frozen=True, slots=True)
class FreightGoods:
    """Goods of one line: pieces of one article, grams of a piece (None: unknown), money after discounts.

    `label` names the article in refusals, `field` the input they belong to.
    """

    pieces: int
    grams: int | None
    money: Decimal
    template_id: int | None = None
    label: str = ""
    field: str = ""


def quote_freight(*, goods: Sequence[FreightGoods], district_code: str, field: str = "district_code") -> Quote | None:
    """Compute the freight of goods to a district by the brand's templates; None where no template holds for any.

    Goods whose template is unknown or unnamed take the default one. Raises FreightRefused: a place that is not served
    or unknown (`place_not_served`, `unknown_place` at `field`), goods without the weight their template counts
    (`weight_missing`). The freight of a place without a price is never 0.
    """
    ids = {one.template_id for one in goods if one.template_id is not None}
    templates, default, combining = selectors.load_templates(template_ids=ids)
    grouped: dict[int, list[FreightGoods]] = {}
    chosen: dict[int, Template] = {}
    for one in goods:
        template = templates.get(one.template_id or 0, default)
        if template is not None:
            chosen[template.id] = template
            grouped.setdefault(template.id, []).append(one)
    if not chosen:
        return None
    if divisions.find_district(district_code) is None:
        raise _refuse(field, "unknown_place", gettext("The freight needs the district of the address."))
    loads = [_load(chosen[template_id], lines) for template_id, lines in sorted(grouped.items())]
    try:
        return quoting.quote(loads, district_code=district_code, combining=combining)
    except PlaceNotServed as refusal:
        place = divisions.region_name(district_code)
        detail = gettext("“%(template)s” does not deliver to %(place)s.")
        raise _refuse(
            field, "place_not_served", detail % {"template": refusal.template.name, "place": place}
        ) from refusal


def _load(template: Template, goods: Sequence[FreightGoods]) -> Load:
    if template.charge_by == ChargeBy.WEIGHT:
        errors = [
            FieldError(one.field, "weight_missing", _("%(article)s has no weight.") % {"article": one.label})
            for one in goods
            if one.grams is None
        ]
        if errors:
            raise FreightRefused(errors=errors)
    return Load(
        template,
        pieces=sum(one.pieces for one in goods),
        grams=sum(one.pieces * (one.grams or 0) for one in goods),
        money=sum((one.money for one in goods), Decimal(0)),
    )


def _refuse(field: str, code: str, detail: str) -> FreightRefused:
    return FreightRefused(detail, errors=[FieldError(field, code, detail)])


def explain_freight(*, shares: Sequence[ShareValues]) -> list[str]:
    """Return a sentence per template, in the reader's language."""
    return [_explain(share) for share in shares]


def _explain(share: ShareValues) -> str:
    units = _units(share["charge_by"], share["units"])
    head = f"{share['template']} · {units}"
    if share["region"]:
        head = f"{head} · {divisions.region_name(share['region']) or share['region']}"
    if share["free"]:
        limit = share["limit"]
        if share["free"] == FREE_BY_AMOUNT:
            return f"{head}: " + gettext("free from %(amount)s of goods on") % {"amount": limit}
        return f"{head}: " + gettext("free from %(count)s pieces on") % {"count": limit}
    parts = []
    if share["begins"]:
        first = _units(share["charge_by"], share["first"])
        parts.append(gettext("first %(units)s %(price)s") % {"units": first, "price": share["first_price"]})
    if share["steps"]:
        step = _units(share["charge_by"], share["step"])
        further = gettext("%(steps)s × %(price)s for each further %(units)s")
        parts.append(further % {"steps": share["steps"], "price": share["step_price"], "units": step})
    sentence = f"{head}: {' + '.join(parts)} = {share['amount']}"
    if not share["begins"]:
        sentence += gettext(" (the first price is charged once, on the dearest template)")
    return sentence


def _units(charge_by: str, count: int) -> str:
    if charge_by == ChargeBy.WEIGHT:
        return f"{count} g"
    return ngettext("%(count)s piece", "%(count)s pieces", count) % {"count": count}
