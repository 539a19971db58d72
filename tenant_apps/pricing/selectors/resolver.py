"""Resolve prices and their reasons: one query for one line or for a thousand.

The strongest rule that holds at the moment decides; within it, the highest quantity break that the line reaches, and of
that break the row that began last:

1. what was agreed with the agent;
2. the price of the level for the variant;
3. the level's discount on the variant's category, or on the nearest category above that has one;
4. the level's discount on everything;
5. the retail price.

The agent's personal discount comes off what a level pays (2, 3 and 4), before the one rounding. An agreement is a final
figure, and the retail price is what everybody pays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import NotFound
from kernel.core.money import round_money
from tenant_apps.pricing.rules import FROM_THE_BEGINNING
from tenant_apps.pricing.states import PriceSource

Line = tuple[int, int]  # variant and pieces

# No personal discount comes off these.
_FINAL = frozenset({PriceSource.AGREEMENT, PriceSource.RETAIL})
_NOTHING = Decimal(0)

# A weaker rule is looked for only where no stronger one was found, so a row has one rule at most. The height bounds the
# walk up the categories, so that even a damaged tree ends it.
_RESOLVE = """
WITH RECURSIVE buyer AS MATERIALIZED (
    SELECT agent.id AS agent_id, COALESCE(asked.level_id, agent.level_id) AS level_id,
           COALESCE(agent.personal_discount, 0) AS personal_discount
    FROM (SELECT %(agent_id)s::bigint AS agent_id, %(level_id)s::bigint AS level_id) AS asked
    LEFT JOIN agents_agent AS agent ON agent.id = asked.agent_id
), wanted AS MATERIALIZED (
    SELECT wanted.variant_id, wanted.quantity, variant.retail_price, product.category_id,
           CASE WHEN %(is_basket)s THEN SUM(wanted.quantity) OVER (PARTITION BY variant.product_id)
                ELSE wanted.quantity END AS product_quantity
    FROM unnest(%(variant_ids)s::bigint[], %(quantities)s::int[]) AS wanted (variant_id, quantity)
    JOIN catalog_variant AS variant ON variant.id = wanted.variant_id
    JOIN catalog_product AS product ON product.id = variant.product_id
), agreed AS (
    SELECT DISTINCT ON (wanted.variant_id, wanted.quantity) wanted.variant_id, wanted.quantity,
           'agreement' AS source, rule.id, rule.valid_from, rule.min_quantity, rule.price
    FROM wanted CROSS JOIN buyer
    JOIN pricing_agentprice AS rule ON rule.agent_id = buyer.agent_id AND rule.variant_id = wanted.variant_id
      AND rule.min_quantity <= wanted.quantity
    WHERE rule.valid_from <= %(as_of)s AND (rule.valid_until IS NULL OR %(as_of)s < rule.valid_until)
    ORDER BY wanted.variant_id, wanted.quantity, rule.min_quantity DESC, rule.valid_from DESC
), shelf (category_id, above_id, height) AS (
    SELECT DISTINCT category_id, category_id, 0 FROM wanted WHERE category_id IS NOT NULL
    UNION ALL
    SELECT shelf.category_id, category.parent_id, shelf.height + 1
    FROM shelf JOIN catalog_category AS category ON category.id = shelf.above_id
    WHERE category.parent_id IS NOT NULL AND shelf.height < 20
), discount AS MATERIALIZED (
    SELECT rule.id, rule.category_id, rule.rate, rule.valid_from
    FROM pricing_categorydiscount AS rule JOIN buyer ON buyer.level_id = rule.level_id
    WHERE rule.valid_from <= %(as_of)s AND (rule.valid_until IS NULL OR %(as_of)s < rule.valid_until)
), by_category AS (
    SELECT DISTINCT ON (shelf.category_id)
           'category_discount' AS source, shelf.category_id, discount.id, discount.rate, discount.valid_from
    FROM shelf JOIN discount ON discount.category_id = shelf.above_id
    ORDER BY shelf.category_id, shelf.height, discount.valid_from DESC
), by_level AS (
    SELECT 'level_discount' AS source, id, rate, valid_from
    FROM discount WHERE category_id IS NULL ORDER BY valid_from DESC LIMIT 1
)
SELECT buyer.agent_id, wanted.variant_id, wanted.quantity, wanted.retail_price, buyer.personal_discount,
       COALESCE(agreed.source, priced.source, by_category.source, by_level.source, 'retail'),
       COALESCE(agreed.id, priced.id, by_category.id, by_level.id),
       COALESCE(agreed.valid_from, priced.valid_from, by_category.valid_from, by_level.valid_from),
       COALESCE(agreed.min_quantity, priced.min_quantity, 1),
       COALESCE(agreed.price, priced.price), COALESCE(by_category.rate, by_level.rate)
FROM wanted CROSS JOIN buyer
LEFT JOIN agreed USING (variant_id, quantity)
LEFT JOIN LATERAL (
    SELECT 'level_price' AS source, rule.id, rule.valid_from, rule.min_quantity, rule.price
    FROM pricing_levelprice AS rule
    WHERE agreed.id IS NULL AND rule.level_id = buyer.level_id AND rule.variant_id = wanted.variant_id
      AND rule.min_quantity <= CASE WHEN rule.counts_product THEN wanted.product_quantity ELSE wanted.quantity END
      AND rule.valid_from <= %(as_of)s AND (rule.valid_until IS NULL OR %(as_of)s < rule.valid_until)
    ORDER BY rule.min_quantity DESC, rule.valid_from DESC LIMIT 1
) AS priced ON true
LEFT JOIN by_category ON agreed.id IS NULL AND priced.id IS NULL AND by_category.category_id = wanted.category_id
LEFT JOIN by_level ON agreed.id IS NULL AND priced.id IS NULL AND by_category.id IS NULL
"""


class PricedAgentNotFound(NotFound):
    code = "agent_not_found"
    title = _("There is no such agent")


class ResolvedPrice(NamedTuple):
    """Price of a piece (money), and the rule behind it.

    `rule_id` is the id of the rule's row and `valid_from` its moment; both are None for the retail price. `rate` is the
    fraction of the retail price a discount leaves, `personal_discount` what came off besides.
    """

    variant_id: int
    quantity: int
    price: Decimal
    source: PriceSource
    rule_id: int | None
    valid_from: datetime | None
    retail_price: Decimal
    min_quantity: int = 1
    rate: Decimal | None = None
    personal_discount: Decimal = Decimal(0)

    def reason_text(self) -> str:
        words = [str(self.source.label)]
        if self.rate is not None:
            words.append(gettext("%(percent)s%% of the retail price") % {"percent": _percent(self.rate)})
        if self.min_quantity > 1:
            words.append(gettext("from %(count)d pieces") % {"count": self.min_quantity})
        if self.personal_discount:
            words.append(
                gettext("less a personal discount of %(percent)s%%") % {"percent": _percent(self.personal_discount)}
            )
        if self.valid_from is not None and self.valid_from > FROM_THE_BEGINNING:
            words.append(
                gettext("since %(day)s")
                % {"day": date_format(timezone.localtime(self.valid_from, clock.brand_zone()), "Y-m-d H:i")}
            )
        if self.rule_id is not None:
            words.append(gettext("rule %(id)d") % {"id": self.rule_id})
        return " · ".join(words)

    def as_reason(self) -> dict[str, object]:
        """Return the rule for the audit log."""
        reason: dict[str, object] = {"price": str(self.price), "source": self.source.value}
        if self.rule_id is not None:
            reason |= {"rule": self.rule_id, "since": self.valid_from.isoformat() if self.valid_from else None}
        if self.personal_discount:
            reason["personal_discount"] = str(self.personal_discount)
        return reason


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


def resolve_prices(
    *,
    agent_id: int | None = None,
    level_id: int | None = None,
    lines: Collection[Line],
    as_of: datetime,
    is_basket: bool = False,
) -> dict[Line, ResolvedPrice]:
    """Map each line (variant, pieces) to its price at the moment `as_of`; lines of unknown variants are absent.

    With an agent, the agent's agreements, level and personal discount count (a `level_id` beside it asks what the agent
    would pay on that level); with a level alone what its agents pay who have neither; with neither, the retail price.
    With `is_basket` the lines are bought together: breaks that count a whole product see the pieces of all its
    variants. ONE query, whatever the number of lines. Raises PricedAgentNotFound.
    """
    wanted = sorted(set(lines))
    if not wanted:
        return {}
    values = {
        "agent_id": agent_id,
        "level_id": level_id,
        "variant_ids": _as_array(variant_id for variant_id, _quantity in wanted),
        "quantities": _as_array(quantity for _variant_id, quantity in wanted),
        "as_of": as_of,
        "is_basket": is_basket,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESOLVE, values)
        rows = cursor.fetchall()
    if agent_id is not None and rows and rows[0][0] is None:
        raise PricedAgentNotFound
    resolved = (_resolved(row) for row in rows)
    return {(one.variant_id, one.quantity): one for one in resolved}


def _as_array(numbers: Iterable[int]) -> str:
    """Return the numbers as Postgres writes an array: a list of thousands takes the driver three times as long."""
    return f"{{{','.join(map(str, numbers))}}}"


def _resolved(row: Sequence[Any]) -> ResolvedPrice:
    """Read a row of `_RESOLVE`: the rule has a price or a rate of the retail price, or there is no rule."""
    _agent, variant_id, quantity, retail_price, personal, word, rule_id, valid_from, min_quantity, price, rate = row
    source = PriceSource(word)
    if source in _FINAL:
        personal = _NOTHING
    if price is None:
        price = retail_price if rate is None else retail_price * rate
    if rate is not None or personal:
        price = round_money(price * (1 - personal))
    return ResolvedPrice(
        variant_id, quantity, price, source, rule_id, valid_from, retail_price, min_quantity, rate, personal
    )


def resolve_list(
    *, variant_ids: Collection[int], level_ids: Collection[int], as_of: datetime
) -> Mapping[int, dict[int, ResolvedPrice]]:
    """Map level id to variant id to the price of one piece: one query for each level."""
    lines = [(variant_id, 1) for variant_id in variant_ids]
    return {
        level_id: {
            variant_id: one
            for (variant_id, _pieces), one in resolve_prices(level_id=level_id, lines=lines, as_of=as_of).items()
        }
        for level_id in level_ids
    }
