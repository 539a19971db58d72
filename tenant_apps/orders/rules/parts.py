"""Compute the goods, costs and returns of bundles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

from kernel.core import money
from kernel.core.money import ZERO
from tenant_apps.orders.rules.refunds import cost_of_return


class FrozenPart(TypedDict, total=False):
    """A part as stored on the line: pieces in one bundle; `cost` (money as text) of all shipped pieces."""

    variant_id: int
    quantity: int
    cost: str


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """A shipped line: `pieces` of the variant itself, or of the bundle made of `parts`."""

    line_id: int
    variant_id: int
    pieces: int
    parts: Sequence[FrozenPart]


@dataclass(slots=True)
class LineCost:
    """Cost of a line's goods (money), and of each part."""

    cost: Decimal = ZERO
    parts: list[FrozenPart] = field(default_factory=list)


def spread_costs(lines: Sequence[ShippedLine], costs: Mapping[int, Decimal]) -> dict[int, LineCost]:
    """Allocate the cost of each variant to the lines by pieces, without remainder.

    The same variant may be on a line of its own and inside a bundle.
    """
    claims: dict[int, list[tuple[ShippedLine, FrozenPart | None, int]]] = {}
    found = {line.line_id: LineCost() for line in lines}
    for line in lines:
        if not line.parts:
            claims.setdefault(line.variant_id, []).append((line, None, line.pieces))
        for part in line.parts:
            frozen: FrozenPart = {"variant_id": part["variant_id"], "quantity": part["quantity"], "cost": "0.00"}
            found[line.line_id].parts.append(frozen)
            claims.setdefault(part["variant_id"], []).append((line, frozen, line.pieces * part["quantity"]))
    for variant_id, claimed in claims.items():
        if not any(pieces for _line, _part, pieces in claimed):
            continue
        shares = money.split(costs.get(variant_id, ZERO), [pieces for _line, _part, pieces in claimed])
        for (line, taken, _pieces), share in zip(claimed, shares, strict=True):
            found[line.line_id].cost += share
            if taken is not None:
                taken["cost"] = str(share)
    return found


def add_costs(before: Sequence[FrozenPart], added: Sequence[FrozenPart]) -> list[FrozenPart]:
    """Return the parts with the cost of one parcel more."""
    return [
        {**old, "cost": str(Decimal(old.get("cost", "0.00")) + Decimal(new["cost"]))}
        for old, new in zip(before, added, strict=True)
    ]


def returned_parts(
    parts: Sequence[FrozenPart], *, shipped: int, returned: int, pieces: int
) -> list[tuple[int, int, Decimal]]:
    """Return (variant id, pieces, cost) of the parts of `pieces` returned bundles.

    `returned` of the `shipped` bundles came back before; the last ones take the remainder of the cost.
    """
    found = []
    for part in parts:
        cost = Decimal(part["cost"])
        before = money.round_money(cost * returned / shipped) if returned else ZERO
        share = cost_of_return(cost=cost, shipped=shipped, returned=returned, returned_cost=before, pieces=pieces)
        found.append((part["variant_id"], part["quantity"] * pieces, share))
    return found
