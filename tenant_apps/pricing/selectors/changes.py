"""Read price changes, and preview their effect."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.agents.selectors.counts import count_active_by_level
from tenant_apps.pricing.models import AgentPrice, LevelPrice, PlannedPrice, PriceChange
from tenant_apps.pricing.rules import change_in_percent
from tenant_apps.pricing.selectors.level_prices import holding
from tenant_apps.pricing.selectors.resolver import Line, ResolvedPrice, resolve_prices
from tenant_apps.pricing.states import ChangeState


class PriceChangeNotFound(NotFound):
    code = "price_change_not_found"
    title = _("There is no such price change")


@dataclass(frozen=True, slots=True)
class TouchedPrice:
    """One price of a change beside what holds until its moment. Money a piece; `percent` is None from nothing.

    `cost` is None where nobody knows it. `agents` are the active ones of the level without an agreement for the
    variant; `also_in` names other scheduled changes of the same price.
    """

    planned_id: int
    level_id: int
    level_name: str
    variant_id: int
    sku: str
    product_name: str
    min_quantity: int
    old: ResolvedPrice
    new: Decimal
    percent: Decimal | None
    cost: Decimal | None
    agents: int
    also_in: tuple[str, ...]

    @property
    def is_below_cost(self) -> bool:
        return self.cost is not None and self.new < self.cost


@dataclass(frozen=True, slots=True)
class TouchedLevel:
    """Number of active agents of a level who pay other prices, and of variants."""

    level_id: int
    name: str
    agents: int
    variants: int


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """Agents and prices a change touches. Orders placed before its moment keep their prices."""

    change: PriceChange
    levels: tuple[TouchedLevel, ...]
    prices: tuple[TouchedPrice, ...]

    @property
    def variants(self) -> int:
        return len({one.variant_id for one in self.prices})

    @property
    def agents(self) -> int:
        return sum(level.agents for level in self.levels)

    @property
    def below_cost(self) -> int:
        return sum(one.is_below_cost for one in self.prices)

    @property
    def unchanged(self) -> int:
        return sum(one.new == one.old.price for one in self.prices)


def get_change(*, change_id: int) -> PriceChange:
    """Raises PriceChangeNotFound."""
    change = PriceChange.objects.filter(id=change_id).first()
    if change is None:
        raise PriceChangeNotFound
    return change


def list_changes(*, state: str | None = None) -> QuerySet[PriceChange]:
    changes = PriceChange.objects.order_by("-id")
    return changes.filter(state=state) if state else changes


def is_in_force(change: PriceChange, now: datetime) -> bool:
    return change.state == ChangeState.SCHEDULED and change.effective_at <= now


def preview_change(*, change_id: int) -> ChangePreview:
    """Compare old and new price of everything in the change, a constant number of queries for each level.

    Raises PriceChangeNotFound.
    """
    change = get_change(change_id=change_id)
    planned = list(
        PlannedPrice.objects.filter(change=change)
        .select_related("level", "variant__product")
        .order_by("level__rank", "variant__sku", "min_quantity")
    )
    old = _old_prices(planned, change.effective_at)
    active = count_active_by_level(level_ids={one.level_id for one in planned})
    excepted = _agreements(planned, change.effective_at)
    others = _other_changes(change, planned)
    prices = tuple(
        TouchedPrice(
            planned_id=one.pk,
            level_id=one.level_id,
            level_name=one.level.name,
            variant_id=one.variant_id,
            sku=one.variant.sku,
            product_name=f"{one.variant.product.name} {one.variant.name}".strip(),
            min_quantity=one.min_quantity,
            old=(before := old[one.level_id][one.variant_id, one.min_quantity]),
            new=one.price,
            percent=change_in_percent(before.price, one.price),
            cost=one.variant.cost_price,
            agents=active[one.level_id] - excepted[one.level_id, one.variant_id],
            also_in=tuple(others[one.level_id, one.variant_id, one.min_quantity]),
        )
        for one in planned
    )
    return ChangePreview(change, _levels(prices), prices)


def _old_prices(planned: Sequence[PlannedPrice], moment: datetime) -> dict[int, dict[Line, ResolvedPrice]]:
    lines: dict[int, list[Line]] = defaultdict(list)
    for one in planned:
        lines[one.level_id].append((one.variant_id, one.min_quantity))
    just_before = moment - timedelta(microseconds=1)
    return {level: resolve_prices(level_id=level, lines=wanted, as_of=just_before) for level, wanted in lines.items()}


def _agreements(planned: Sequence[PlannedPrice], moment: datetime) -> Counter[tuple[int, int]]:
    """Count the active agents of a level with an agreement for the variant, from the first piece on."""
    rows = AgentPrice.objects.filter(
        holding(moment),
        variant_id__in={one.variant_id for one in planned},
        agent__level_id__in={one.level_id for one in planned},
        agent__state="active",
        min_quantity=1,
    )
    names = ("agent__level_id", "variant_id", "agent_id")
    found = rows.order_by().values_list(*names).distinct()
    return Counter((level_id, variant_id) for level_id, variant_id, _agent_id in found)


def _other_changes(change: PriceChange, planned: Sequence[PlannedPrice]) -> dict[tuple[int, int, int], list[str]]:
    rows = (
        LevelPrice.objects.filter(
            change__state=ChangeState.SCHEDULED,
            valid_from__gte=change.created_at,
            variant_id__in={one.variant_id for one in planned},
            level_id__in={one.level_id for one in planned},
        )
        .exclude(change=change)
        .order_by("valid_from")
    )
    found: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    for level_id, variant_id, pieces, name in rows.values_list(
        "level_id", "variant_id", "min_quantity", "change__name"
    ):
        found[level_id, variant_id, pieces].append(name)
    return found


def _levels(prices: Sequence[TouchedPrice]) -> tuple[TouchedLevel, ...]:
    names = {one.level_id: one.level_name for one in prices}
    return tuple(
        TouchedLevel(
            level_id,
            name,
            max(one.agents for one in prices if one.level_id == level_id),
            len({one.variant_id for one in prices if one.level_id == level_id}),
        )
        for level_id, name in names.items()
    )
