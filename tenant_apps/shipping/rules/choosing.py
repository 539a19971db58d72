"""Choose the carrier of a parcel by the brand's ordered rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from kernel.china.divisions import find_districts, region_name


@dataclass(frozen=True, slots=True)
class CarrierRule:
    """Conditions that all have to hold, and the carrier then. An empty condition holds always.

    `regions` are codes of provinces, cities and districts; weights are grams and values money, both from (inclusive)
    up to (exclusive).
    """

    name: str
    carrier: str
    regions: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    from_grams: int | None = None
    to_grams: int | None = None
    from_value: Decimal | None = None
    to_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """Facts of a parcel that rules ask for.

    `regions` are the codes of the receiver's province, city and district, if known; `warehouse` and `channel` are
    codes. `grams` is None where nobody knows the weight.
    """

    regions: frozenset[str] = frozenset()
    warehouse: str = ""
    channel: str = ""
    grams: int | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CarrierChoice:
    """A carrier and why it was chosen."""

    carrier: str
    reason: str


def regions_of(province: str, city: str, district: str) -> frozenset[str]:
    """Return the codes of the receiver's province, city and district; those that the names do not tell are left out."""
    found = find_districts(province=province, city=city, district=district) if province else []
    for read in ("district_code", "city_code", "province_code"):
        codes = {getattr(place, read) for place in found}
        if len(codes) == 1:
            code = codes.pop()
            return frozenset({code[:2], code[:4], code} if len(code) > 2 else {code})
    return frozenset()


def choose_carrier(rules: Sequence[CarrierRule], fallback: str, facts: ParcelFacts) -> CarrierChoice | None:
    """Return the carrier of the first rule that holds, else the fallback; None where there is neither."""
    for rule in rules:
        if holds(rule, facts):
            return CarrierChoice(rule.carrier, gettext("Rule “%(name)s”") % {"name": rule.name})
    return CarrierChoice(fallback, gettext("No rule holds: the usual carrier")) if fallback else None


def holds(rule: CarrierRule, facts: ParcelFacts) -> bool:
    """Tell whether all conditions of the rule hold. An unknown weight or value is in no range."""
    return (
        (not rule.regions or not facts.regions.isdisjoint(rule.regions))
        and (not rule.warehouses or facts.warehouse in rule.warehouses)
        and (not rule.channels or facts.channel in rule.channels)
        and _is_within(facts.grams, rule.from_grams, rule.to_grams)
        and _is_within(facts.value, rule.from_value, rule.to_value)
    )


def _is_within(value: Decimal | int | None, least: Decimal | int | None, below: Decimal | int | None) -> bool:
    if least is None and below is None:
        return True
    return value is not None and (least is None or value >= least) and (below is None or value < below)


# What a clerk writes instead of a list of provinces; written out when the rule is saved.
REGION_GROUPS = {
    "江浙沪": ("31", "32", "33"),
    "江浙沪皖": ("31", "32", "33", "34"),
    "京津冀": ("11", "12", "13"),
    "东三省": ("21", "22", "23"),
    "珠三角": ("4401", "4403", "4404", "4406", "4407", "4412", "4413", "4419", "4420"),
    "新疆西藏": ("65", "54"),
    "偏远": ("15", "46", "54", "62", "63", "64", "65"),
}


def spell_regions(codes: Sequence[str]) -> str:
    """Return the regions' names, or the group's where they are one."""
    for group, members in REGION_GROUPS.items():
        if sorted(members) == sorted(codes):
            return group
    return " ".join(region_name(code) or code for code in codes)
