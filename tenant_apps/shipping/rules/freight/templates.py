"""Freight templates as they are stored (JSON) and as they are computed with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypedDict

from django.utils.translation import gettext_lazy as _

from kernel.china import divisions
from kernel.core.errors import FieldError
from kernel.core.money import MAX_MONEY, round_money

MAX_ZONES: Final = 60
MAX_COUNT: Final = 10_000_000
MAX_GROUPS: Final = 30


class ChargeValues(TypedDict, total=False):
    """Prices of a zone; money as text. `first` and `step` are pieces or grams."""

    first: int
    first_price: str
    step: int
    step_price: str
    free_amount: str | None
    free_pieces: int | None


class ZoneValues(ChargeValues, total=False):
    """A zone: codes of regions, names of region groups, and its prices unless it is not served."""

    regions: list[str]
    groups: list[str]
    is_served: bool


class GroupValues(TypedDict):
    """A group of regions under a name."""

    name: str
    regions: list[str]


# Usual sets of merchants, to begin with; each brand edits its own.
DEFAULT_GROUPS: Final[tuple[GroupValues, ...]] = (
    {"name": "偏远地区", "regions": ["65", "54"]},
    {"name": "西部地区", "regions": ["15", "63", "64", "62", "46"]},
    {"name": "较远地区", "regions": ["23", "22", "21", "53", "52", "45"]},
    {"name": "江浙沪皖", "regions": ["32", "33", "31", "34"]},
)


@dataclass(frozen=True, slots=True)
class Charge:
    """Prices: `first` units cost `first_price`, each further `step` begun `step_price`.

    Nothing is charged from `free_amount` (money of the goods after discounts) or `free_pieces` on.
    """

    first: int
    first_price: Decimal
    step: int
    step_price: Decimal
    free_amount: Decimal | None = None
    free_pieces: int | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Regions by code with their prices; None where nothing is delivered."""

    regions: frozenset[str]
    charge: Charge | None


@dataclass(frozen=True, slots=True)
class Template:
    """Prices by region. `default` holds where no zone does; None refuses every other place."""

    id: int
    name: str
    charge_by: str
    zones: tuple[Zone, ...]
    default: Charge | None


def find_charge(template: Template, district_code: str) -> tuple[str, Charge | None]:
    """Return the region that decides ("" for the default) and its prices: district before city before province.

    No prices mean that the place is not served.
    """
    for length in (6, 4, 2):
        code = district_code[:length]
        for zone in template.zones:
            if code in zone.regions:
                return code, zone.charge
    return "", template.default


def read_charge(values: Mapping[str, object]) -> Charge:
    """Read stored prices."""
    amount = values.get("free_amount")
    pieces = values.get("free_pieces")
    return Charge(
        first=int(str(values["first"])),
        first_price=Decimal(str(values["first_price"])),
        step=int(str(values["step"])),
        step_price=Decimal(str(values["step_price"])),
        free_amount=None if amount is None else Decimal(str(amount)),
        free_pieces=None if pieces is None else int(str(pieces)),
    )


def read_zone(values: ZoneValues, groups: Mapping[str, Sequence[str]]) -> Zone:
    """Read a stored zone, its groups resolved."""
    regions = set(values.get("regions", []))
    for name in values.get("groups", []):
        regions.update(groups.get(name, ()))
    return Zone(frozenset(regions), read_charge(values) if values.get("is_served", True) else None)


def write_charge(charge: Charge) -> ChargeValues:
    return {
        "first": charge.first,
        "first_price": str(charge.first_price),
        "step": charge.step,
        "step_price": str(charge.step_price),
        "free_amount": None if charge.free_amount is None else str(charge.free_amount),
        "free_pieces": charge.free_pieces,
    }


def find_charge_faults(charge: Charge, where: str) -> list[FieldError]:
    """Return the rules that prices break."""
    faults = [
        FieldError(f"{where}.{name}", "invalid_count", _("A whole number from 1 to 10,000,000."))
        for name, count in (("first", charge.first), ("step", charge.step), ("free_pieces", charge.free_pieces))
        if count is not None and not 1 <= count <= MAX_COUNT
    ]
    return faults + [
        FieldError(f"{where}.{name}", "invalid_money", _("An amount has at most two decimals and is not negative."))
        for name, amount in (
            ("first_price", charge.first_price),
            ("step_price", charge.step_price),
            ("free_amount", charge.free_amount),
        )
        if amount is not None and not (0 <= amount <= MAX_MONEY and amount == round_money(amount))
    ]


def find_zone_faults(zones: Sequence[ZoneValues], groups: Mapping[str, Sequence[str]]) -> list[FieldError]:
    """Return the rules that zones break: regions are known, each stands in one zone, groups exist."""
    faults: list[FieldError] = []
    seen: dict[str, int] = {}
    for place, zone in enumerate(zones):
        where = f"zones.{place}"
        for name in zone.get("groups", []):
            if name not in groups:
                faults.append(
                    FieldError(f"{where}.groups", "unknown_group", _("There is no group %(name)s.") % {"name": name})
                )
        codes = [*zone.get("regions", []), *(code for name in zone.get("groups", []) for code in groups.get(name, ()))]
        if not codes and not faults:
            faults.append(FieldError(f"{where}.regions", "no_region", _("A zone names at least one region.")))
        for code in dict.fromkeys(codes):
            if divisions.region_name(code) is None:
                detail = _("There is no region %(code)s.") % {"code": code}
                faults.append(FieldError(f"{where}.regions", "unknown_region", detail))
            elif seen.setdefault(code, place) != place:
                detail = _("%(region)s stands in two zones.") % {"region": divisions.region_name(code)}
                faults.append(FieldError(f"{where}.regions", "region_twice", detail))
    return faults
