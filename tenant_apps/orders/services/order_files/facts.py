"""Parse the fields of a whole order, once per order: state, amounts, agent, receiver, parcel."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from kernel.core.money import MAX_MONEY, ZERO
from tenant_apps.imports.services.reading import cells
from tenant_apps.imports.services.reading.cells import NOTHING, CellRefused
from tenant_apps.imports.services.reading.rows import find_phone
from tenant_apps.orders.rules.file_states import STATE_COLUMNS, FileState, judge_states
from tenant_apps.orders.services.order_files.columns import AMOUNTS, FACTS, LINE_AMOUNTS, ChannelRules

NO_REFUND: Final = frozenset({"无退款申请", "无退款", "没有申请退款"})


class FactsRefused(ValueError):
    """Contradictory fields of an order: a code of `REASONS` and the column."""

    def __init__(self, reason: str, column: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


@dataclass(frozen=True)
class OrderFacts:
    """Fields of an order besides its lines. `state` None: not stated. Amounts have two places."""

    state: FileState | None = None
    is_partly_refunded: bool = False
    freight: Decimal = ZERO
    discount: Decimal = ZERO
    refund: Decimal = ZERO
    agent_code: str = ""
    receiver_name: str = ""
    receiver_phone: str = ""  # as it may be dialled or as text, where it is masked or extended
    receiver_address: str = ""
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Serialise without empty fields."""
        plain = {**asdict(self), "state": self.state.value if self.state else ""}
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in plain.items() if value}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "OrderFacts":
        values: dict[str, Any] = dict(stored)
        if state := values.pop("state", ""):
            values["state"] = FileState(state)
        for name in ("freight", "discount", "refund"):
            if name in values:
                values[name] = Decimal(values[name])
        return cls(**values)


NO_FACTS: Final = OrderFacts()


def read_facts(rows: Sequence[tuple[str, ...]], rules: ChannelRules) -> OrderFacts:
    """Parse the order's fields from the cells of its lines. Raises FactsRefused.

    An amount is on the first line or repeated on each, unless the rules say that it is per line.
    """
    said = {name: [_said(row[place]) for row in rows] for place, name in enumerate(FACTS)}
    words = {name: _one(said[name], name) for name in (*STATE_COLUMNS, "agent_code")}
    verdict = judge_states(words, taught=rules.states)
    if verdict.reason:
        raise FactsRefused(verdict.reason, verdict.column)
    per_line = rules.per_line | LINE_AMOUNTS
    amounts = {name: _amount(said[name], name, is_per_line=name in per_line) for name in AMOUNTS}
    numbers = _distinct(_identifiers(said["tracking_number"], "tracking_number"))
    notes = [*_distinct(said["note"]), *numbers[1:]]  # more parcels than one are noted
    facts = OrderFacts(
        state=verdict.state,
        is_partly_refunded=verdict.is_partly_refunded,
        freight=amounts["freight"],
        discount=amounts["discount"] + amounts["line_discount"],
        refund=amounts["refund_amount"] + amounts["line_refund_amount"],
        agent_code=next(_identifiers([words["agent_code"]], "agent_code"), ""),
        receiver_name=_first(said["receiver_name"])[:100],
        receiver_address=_first(said["receiver_address"])[:200],
        carrier=_first(said["carrier"])[:40],
        tracking_number=numbers[0] if numbers else "",
        note="; ".join(notes)[:500],
    )
    phone = _first(said["receiver_phone"])
    return replace(facts, receiver_phone=find_phone(phone) or cells.clean_identifier(phone)[:40])


@lru_cache(maxsize=50_000)
def _said(text: str) -> str:
    """Clean the cell; placeholders for an empty value become ""."""
    cleaned = cells.clean_text(text)
    return "" if cleaned.casefold() in NOTHING else cleaned


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _one(values: Sequence[str], column: str) -> str:
    distinct = _distinct(values)
    if len(distinct) > 1:
        raise FactsRefused("facts_differ", column)
    return distinct[0] if distinct else ""


def _identifiers(values: Sequence[str], column: str) -> Iterator[str]:
    try:
        return iter([cells.read_identifier(value) for value in values if value])
    except CellRefused as refusal:
        raise FactsRefused(refusal.code if refusal.code == "damaged_identifier" else "facts_differ", column) from None


def _amount(values: Sequence[str], column: str, *, is_per_line: bool) -> Decimal:
    amounts = [_money(value, column) for value in values if value and value not in NO_REFUND]
    if is_per_line:
        return sum(amounts, ZERO)
    distinct = {amount for amount in amounts if amount}
    if len(distinct) > 1:
        raise FactsRefused("facts_differ", column)
    return distinct.pop() if distinct else ZERO


def _money(text: str, column: str) -> Decimal:
    try:
        amount = cells.read_decimal(text)
    except CellRefused:
        raise FactsRefused("bad_amount", column) from None
    if amount != round(amount, 2) or not 0 <= amount <= MAX_MONEY:
        raise FactsRefused("bad_amount", column)
    return round(amount, 2)
