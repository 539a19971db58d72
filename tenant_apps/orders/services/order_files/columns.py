"""Columns of order files, and import rules per channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from tenant_apps.imports.services.importer import InvalidOption, OptionField
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.orders.rules.file_states import FileState

MAX_SERVICES: Final = 500
MAX_STATES: Final = 200

REQUIRED: Final = ("order_number", "sku", "quantity", "unit_price", "placed_at")
# Facts of the whole order, in this order in `Line.facts`.
FACTS: Final = (
    "order_state",
    "payment_state",
    "fulfilment_state",
    "after_sale_state",
    "freight",
    "discount",
    "refund_amount",
    "line_discount",
    "line_refund_amount",
    "agent_code",
    "receiver_name",
    "receiver_phone",
    "receiver_address",
    "carrier",
    "tracking_number",
    "note",
)
AMOUNTS: Final = ("freight", "discount", "refund_amount", "line_discount", "line_refund_amount")
LINE_AMOUNTS: Final = frozenset({"line_discount", "line_refund_amount"})

COLUMNS: Final[Sequence[Column]] = (
    Column("order_number", required=True, example="T20260105001"),
    Column("sku", required=True, example="CREAM-50"),
    Column("name", example="面霜 50ml"),
    Column("quantity", required=True, example="2"),
    Column("unit_price", required=True, example="88.00"),
    Column("placed_at", required=True, example="2026-01-05 09:05"),
    Column("customer"),
    Column("order_state"),
    Column("payment_state"),
    Column("fulfilment_state"),
    Column("after_sale_state"),
    Column("freight", help=_("Of the order: on its first line, or the same on each of them.")),
    Column("discount", help=_("Borne by the shop. Of the order, unless the rules say that it is each line's.")),
    Column("refund_amount", help=_("Of the order, unless the rules say that it is each line's.")),
    Column("line_discount"),
    Column("line_refund_amount"),
    Column("agent_code"),
    Column("receiver_name"),
    Column("receiver_phone"),
    Column("receiver_address"),
    Column("carrier"),
    Column("tracking_number"),
    Column("note"),
)

OPTION_FIELDS: Final[Sequence[OptionField]] = (
    OptionField("cancellation_prefix", _("Order numbers of returns begin with")),
    OptionField("adjustment_prefix", _("Order numbers of bookkeeping begin with")),
    OptionField("service_skus", _("SKUs of postage and fees (commas between, * for any ending)"), is_list=True),
    OptionField("time_zone", _("Time zone of the times, such as Asia/Shanghai")),
    OptionField("first_year", _("Oldest year of the orders, where they span more than five years")),
    OptionField("per_line", _("Columns whose amounts are each line's: discount, refund_amount"), is_list=True),
    OptionField(
        "states",
        _("Words of states: word = unpaid, paid, shipped, completed, closed or refunded (commas between)"),
        is_list=True,
    ),
)


@dataclass(frozen=True)
class ChannelRules:
    """Conventions of a channel's files. The defaults suit plain files.

    `cancellation_prefix`: order numbers that begin so are returns with negative quantities.
    `adjustment_prefix`: order numbers that begin so are bookkeeping entries (bad debt), not orders.
    `service_skus`: codes of postage and fees, sold but not stocked. A trailing `*` matches any ending.
    `time_zone`: zone of times without an offset; empty for the brand's own. `first_year`: 0 for no shift.
    `per_line`: amounts stated per line instead of per order. `states`: the channel's words, by meaning.
    """

    cancellation_prefix: str = ""
    adjustment_prefix: str = ""
    service_skus: tuple[str, ...] = ()
    time_zone: str = ""
    first_year: int = 0
    per_line: frozenset[str] = frozenset()
    states: Mapping[str, str] = field(default_factory=dict)

    def is_service(self, sku: str) -> bool:
        return any(
            sku.startswith(word[:-1]) if word.endswith("*") else sku == word
            for word in (service.upper() for service in self.service_skus)
        )


def rules_from(options: Mapping[str, Any]) -> ChannelRules:
    return ChannelRules(
        cancellation_prefix=str(options.get("cancellation_prefix", "")),
        adjustment_prefix=str(options.get("adjustment_prefix", "")),
        service_skus=tuple(str(word) for word in options.get("service_skus", ())),
        time_zone=str(options.get("time_zone", "")),
        first_year=int(options.get("first_year") or 0),
        per_line=frozenset(options.get("per_line", ())),
        states=_states(options.get("states", ())),
    )


def ensure_options(options: Mapping[str, Any]) -> None:
    """Raises InvalidOption."""
    unknown = sorted(set(options) - {one.name for one in OPTION_FIELDS})
    if unknown:
        raise InvalidOption(_("There is no rule of this name."), field=f"options.{unknown[0]}"[:100])
    zone = options.get("time_zone") or "UTC"
    year = str(options.get("first_year") or "2000")
    per_line = options.get("per_line", ())
    states = options.get("states", ())
    rules = {
        "cancellation_prefix": (_is_word(options.get("cancellation_prefix", "")), _TOO_LONG),
        "adjustment_prefix": (_is_word(options.get("adjustment_prefix", "")), _TOO_LONG),
        "service_skus": (_is_list(options.get("service_skus", ()), MAX_SERVICES), _("This must be a list of SKUs.")),
        "time_zone": (_is_zone(zone), _("This is not a time zone.")),
        "first_year": (
            year.isascii() and year.isdigit() and 1990 <= int(year[:5]) <= 2100,
            _("This is not a year."),
        ),
        "per_line": (
            _is_list(per_line, len(AMOUNTS)) and set(per_line) <= {"discount", "refund_amount"},
            _("This names discount, refund_amount, or both."),
        ),
        "states": (
            _is_list(states, MAX_STATES) and len(_states(states)) == len(set(states)),
            _("A state is written as word = closed."),
        ),
    }
    for name, (is_kept, detail) in rules.items():
        if not is_kept:
            raise InvalidOption(detail, field=f"options.{name}")


_TOO_LONG: Final = _("This must be a text of at most 64 characters.")


def _is_zone(value: object) -> bool:
    try:
        ZoneInfo(str(value) if _is_word(value) else "")
    except (KeyError, ValueError, OSError):
        return False
    return True


def _states(words: Sequence[str]) -> dict[str, str]:
    known = {state.value for state in FileState}
    pairs = (word.partition("=") for word in words)
    return {
        word.strip(): meaning.strip() for word, _sign, meaning in pairs if word.strip() and meaning.strip() in known
    }


def _is_list(value: object, most: int) -> bool:
    return isinstance(value, list | tuple) and len(value) <= most and all(map(_is_word, value))


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 64 and "\x00" not in value
