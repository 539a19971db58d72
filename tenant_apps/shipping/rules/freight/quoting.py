"""Compute the freight of goods under one or several templates.

Formula per template: first price + ⌈(units − first) / step⌉ × step price, units summed over its lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypedDict

from kernel.core.money import ZERO
from tenant_apps.shipping.rules.freight.templates import Charge, Template, find_charge
from tenant_apps.shipping.states import ChargeBy, Combining


class ShareValues(TypedDict):
    """Reckoning of one template's amount, as it is kept with an order. Money as text.

    `begins` tells whether the template's first price was charged; `free` is "", "amount" or "pieces".
    """

    template: str
    charge_by: str
    units: int
    region: str
    begins: bool
    first: int
    first_price: str
    steps: int
    step: int
    step_price: str
    free: str
    limit: str
    combining: str
    amount: str


@dataclass(frozen=True, slots=True)
class Load:
    """Goods of one template: pieces, grams and their money after discounts."""

    template: Template
    pieces: int
    grams: int
    money: Decimal

    @property
    def units(self) -> int:
        return self.grams if self.template.charge_by == ChargeBy.WEIGHT else self.pieces


@dataclass(frozen=True, slots=True)
class Quote:
    """The freight and how it came about, a share per template."""

    amount: Decimal
    shares: tuple[ShareValues, ...]


class PlaceNotServed(Exception):
    """A template does not deliver to the place."""

    def __init__(self, template: Template) -> None:
        super().__init__(template.name)
        self.template = template


FREE_BY_AMOUNT: Final = "amount"
FREE_BY_PIECES: Final = "pieces"


def quote(loads: Sequence[Load], *, district_code: str, combining: str) -> Quote:
    """Compute the freight. Raises PlaceNotServed for the first template that has no price for the place.

    SUM adds every template's whole charge. COMBINE charges the dearest first price once, and every unit of the other
    templates as a further one; of equal first prices the template that charges more units keeps its own.
    """
    found = [(load, *find_charge(load.template, district_code)) for load in loads]
    for load, _region, charge in found:
        if charge is None:
            raise PlaceNotServed(load.template)
    priced = [(load, region, charge, _free_by(load, charge)) for load, region, charge in found if charge is not None]
    paid = [
        (charge.first_price, load.units, place) for place, (load, _r, charge, free) in enumerate(priced) if not free
    ]
    dearest = max(paid, default=(ZERO, 0, -1))[2]
    shares = [
        _share(load, region, charge, free, begins=combining == Combining.SUM or place == dearest, combining=combining)
        for place, (load, region, charge, free) in enumerate(priced)
    ]
    return Quote(sum((Decimal(share["amount"]) for share in shares), ZERO), tuple(shares))


def _free_by(load: Load, charge: Charge) -> str:
    if charge.free_amount is not None and load.money >= charge.free_amount:
        return FREE_BY_AMOUNT
    if charge.free_pieces is not None and load.pieces >= charge.free_pieces:
        return FREE_BY_PIECES
    return ""


def _share(load: Load, region: str, charge: Charge, free: str, *, begins: bool, combining: str) -> ShareValues:
    left = max(load.units - charge.first, 0) if begins else load.units
    steps = -(-left // charge.step)
    amount = (charge.first_price if begins else ZERO) + steps * charge.step_price
    limit = {FREE_BY_AMOUNT: charge.free_amount, FREE_BY_PIECES: charge.free_pieces}.get(free)
    return {
        "template": load.template.name,
        "charge_by": load.template.charge_by,
        "units": load.units,
        "region": region,
        "begins": begins,
        "first": charge.first,
        "first_price": str(charge.first_price),
        "steps": steps,
        "step": charge.step,
        "step_price": str(charge.step_price),
        "free": free,
        "limit": "" if limit is None else str(limit),
        "combining": combining,
        "amount": "0.00" if free else str(amount),
    }
