"""Quote an order: the prices, reasons and totals that placing it now would have. Nothing is written or reserved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, Text
from kernel.core.money import ZERO
from tenant_apps.agents.selectors import agents
from tenant_apps.inventory.selectors import stock as inventory
from tenant_apps.inventory.selectors.backorders import Allowance, get_allowances
from tenant_apps.inventory.selectors.cloud import get_cloud_balances
from tenant_apps.orders.rules.lines import (
    InvalidAdjustments,
    InvalidLines,
    NewLine,
    OrderAdjustments,
    PricedLine,
    Receiver,
    TooManyLines,
    normalise_lines,
)
from tenant_apps.orders.services import line_prices, restock_rules
from tenant_apps.orders.services.line_prices import Basket
from tenant_apps.orders.services.order_freight import settle_freight
from tenant_apps.orders.states import OrderKind
from tenant_apps.pricing.states import PriceSource
from tenant_apps.shipping.services.freight import ShareValues

Pricing = Callable[[Sequence[NewLine], OrderAdjustments], Basket]
_PLAIN = {OrderKind.SAMPLE: line_prices.price_sample, OrderKind.DISPATCH: line_prices.price_dispatch}


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line as it would be placed. `place` is its place in the question, from 0.

    `reason` says which rule made the price; `available` are the pieces that can be reserved (None: a service). `beyond`
    more may be sold beyond stock, promised by `promised_on` (None: none may).
    """

    place: int
    line: PricedLine
    reason: Text
    available: int | None
    beyond: int | None = None
    promised_on: date | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Totals (money) and lines; `errors` are what placing would refuse, by field. Refused lines are left out.

    `freight_basis` tells how the templates came to the freight; it is empty where they did not.
    """

    lines: tuple[QuotedLine, ...]
    goods_amount: Decimal
    discount: Decimal
    freight: Decimal
    errors: tuple[FieldError, ...]
    freight_basis: Sequence[ShareValues] = ()

    @property
    def total(self) -> Decimal:
        return self.goods_amount + self.freight


def quote_order(
    *,
    kind: str,
    lines: Sequence[NewLine],
    agent_id: int | None = None,
    receiver: Receiver | None = None,
    adjustments: OrderAdjustments | None = None,
    now: datetime,
) -> Quote:
    """Price the lines of an order, a restock or dispatch for the agent `agent_id`, and their way to `receiver`.

    What is missing in stock is no error of a quote: `available` says it. Raises TooManyLines, and what agents raise for
    `agent_id`.
    """
    terms = adjustments or OrderAdjustments()
    if kind != OrderKind.RESTOCK or agent_id is None:
        price_plain = _PLAIN.get(OrderKind(kind), line_prices.price_retail)
        plain = _quote(lines, terms, lambda some, adjusted: price_plain(lines=some, adjustments=adjusted, now=now), now)
        if kind == OrderKind.DISPATCH and agent_id is not None:
            plain = _out_of_cloud(plain, agents.get_agent(agent_id=agent_id).pk)
        return _with_freight(plain, kind, receiver or Receiver(), terms)
    agent = agents.get_selling_agent(agent_id=agent_id, as_of=clock.business_date(now))

    def price(some: Sequence[NewLine], adjusted: OrderAdjustments) -> Basket:
        return line_prices.price_restock(
            agent_id=agent.pk, level_id=agent.level_id, lines=some, adjustments=adjusted, now=now
        )

    quote = _with_freight(_quote(lines, terms, price, now), kind, receiver or Receiver(), terms)
    return replace(quote, errors=(*quote.errors, *_broken_restock_rules(agent.pk, agent.level_id, quote)))


def _out_of_cloud(quote: Quote, agent_id: int) -> Quote:
    """Replace the pieces available by those that are kept for the agent."""
    kept = get_cloud_balances(agent_id=agent_id, variant_ids=_variant_ids([one.line for one in quote.lines]))
    return replace(
        quote,
        lines=tuple(
            replace(one, available=kept.get(one.line.article.variant_id, 0), beyond=None, promised_on=None)
            for one in quote.lines
        ),
    )


def _quote(lines: Sequence[NewLine], adjustments: OrderAdjustments, price: Pricing, now: datetime) -> Quote:
    """Price the lines that can be priced; those that a rule refuses are named and left out."""
    if not lines:
        raise TooManyLines(field="lines")
    errors: list[FieldError] = []
    places = list(range(len(lines)))
    basket = Basket(())
    while places:
        asked = [lines[place] for place in places]
        try:
            basket = price(normalise_lines(asked), adjustments)
            break
        except InvalidLines as refusal:
            found = [(_index(error), error) for error in refusal.errors]
            errors += [replace(error, field=_moved(error.field, places[index])) for index, error in found]
            wrong = {index for index, _error in found}
            places = [place for index, place in enumerate(places) if index not in wrong]
        except InvalidAdjustments as refusal:
            errors += refusal.errors
            adjustments = replace(adjustments, discount=ZERO, freight=ZERO)
    available = inventory.get_available(variant_ids=_variant_ids(basket.lines))
    allowed = get_allowances(variant_ids=_variant_ids(basket.lines), now=now)
    quoted = tuple(
        QuotedLine(
            place,
            line,
            _reason(line, lines[place], basket),
            _pieces_available(line, available),
            *_beyond(line, available, allowed),
        )
        for place, line in zip(places, basket.lines, strict=False)
    )
    goods_amount = sum((line.goods_amount for line in basket.lines), ZERO)
    return Quote(quoted, goods_amount, adjustments.discount, adjustments.freight or ZERO, tuple(errors))


def _with_freight(quote: Quote, kind: str, receiver: Receiver, adjustments: OrderAdjustments) -> Quote:
    """Add the freight that placing would settle; what it would refuse is an error of the quote."""
    priced = [one.line for one in quote.lines]
    try:
        settled = settle_freight(
            head={"kind": OrderKind(kind), "receiver": asdict(receiver)}, adjustments=adjustments, lines=priced
        )
    except Invalid as refusal:
        found = [
            replace(one, field=_moved(one.field, quote.lines[_index(one)].place))
            if one.field.startswith("lines.")
            else one
            for one in refusal.errors
        ]
        return replace(quote, errors=(*quote.errors, *found))
    return replace(quote, freight=settled.amount, freight_basis=settled.shares)


def _broken_restock_rules(agent_id: int, level_id: int, quote: Quote) -> list[FieldError]:
    """Return what the agent's level asks of quantities and of a first order, by the question's places."""
    lines = [one.line for one in quote.lines]
    errors: list[FieldError] = []
    try:
        restock_rules.ensure_whole_lots(level_id=level_id, lines=lines)
    except InvalidLines as refusal:
        errors += [replace(one, field=_moved(one.field, quote.lines[_index(one)].place)) for one in refusal.errors]
    try:
        restock_rules.ensure_first_order(agent_id=agent_id, level_id=level_id, lines=lines)
    except restock_rules.FirstOrderTooSmall as refusal:
        errors += refusal.errors
    return errors


def _index(error: FieldError) -> int:
    return int(error.field.split(".")[1])


def _moved(field: str, place: int) -> str:
    return f"lines.{place}.{field.rsplit('.', 1)[-1]}"


def _reason(line: PricedLine, asked: NewLine, basket: Basket) -> Text:
    if asked.unit_price is not None:
        return _("Price by hand")
    rule = basket.rules.get(line.sku)
    return PriceSource.RETAIL.label if rule is None else rule.reason_text()


def _variant_ids(lines: Sequence[PricedLine]) -> set[int]:
    return {variant_id for line in lines for variant_id, _pieces in _goods_of(line)}


def _goods_of(line: PricedLine) -> Sequence[tuple[int, int]]:
    """Return what one piece takes out of stock: (variant id, pieces)."""
    if not line.article.is_stocked:
        return ()
    return line.article.parts or ((line.article.variant_id, 1),)


def _beyond(
    line: PricedLine, available: Mapping[int, int], allowed: Mapping[int, Allowance]
) -> tuple[int | None, date | None]:
    """Return how many more may be sold beyond stock, and the latest day promised for a part of it."""
    made_of = _goods_of(line)
    days = [allowed[variant_id].promised_on for variant_id, _pieces in made_of if variant_id in allowed]
    here = _pieces_available(line, available)
    if not days or here is None:
        return None, None
    reach = {pk: max(available.get(pk, 0), 0) + (allowed[pk].left if pk in allowed else 0) for pk, _pieces in made_of}
    most = min(reach[variant_id] // pieces for variant_id, pieces in made_of)
    return (most - here, max(days)) if most > here else (None, None)


def _pieces_available(line: PricedLine, available: Mapping[int, int]) -> int | None:
    made_of = _goods_of(line)
    if not made_of:
        return None
    return min(max(available.get(variant_id, 0), 0) // pieces for variant_id, pieces in made_of)
