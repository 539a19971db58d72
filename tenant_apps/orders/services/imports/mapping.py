"""Which column of a file holds what: guessed from the heading, corrected by the user, remembered by channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid

# What the common programs call each column: our own export, Excel lists of shops, Taobao, Pinduoduo, Youzan.
ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "order_number": (
        "order_number",
        "order no",
        "order id",
        "invoiceno",
        "invoice",
        "订单号",
        "订单编号",
        "主订单编号",
    ),
    "sku": ("sku", "stockcode", "product code", "商家编码", "规格编码", "商品编码", "货号", "sku编码"),
    "name": ("name", "description", "product", "product name", "商品名称", "宝贝标题", "商品", "品名"),
    "quantity": ("quantity", "qty", "数量", "购买数量", "商品数量"),
    "unit_price": ("unit_price", "unitprice", "price", "单价", "商品单价", "价格", "商品价格"),
    "placed_at": ("placed_at", "invoicedate", "date", "order date", "下单时间", "订单创建时间", "成交时间", "时间"),
    "customer": ("customer", "customerid", "customer id", "buyer", "买家", "买家会员名", "客户编号", "会员号"),
    "receiver_name": ("receiver_name", "receiver", "consignee", "收货人", "收货人姓名", "收件人"),
    "receiver_phone": ("receiver_phone", "phone", "mobile", "手机", "联系手机", "收货人手机号", "手机号", "电话"),
    "receiver_address": ("receiver_address", "address", "收货地址", "地址", "详细地址"),
    "agent_code": ("agent_code", "agent", "代理编号", "代理商编号", "代理"),
}
FIELD_LABELS: Final[dict[str, Promise]] = {
    "order_number": _("order number"),
    "sku": _("SKU"),
    "name": _("product name"),
    "quantity": _("quantity"),
    "unit_price": _("unit price"),
    "placed_at": _("time of the order"),
    "customer": _("customer's id in the channel"),
    "receiver_name": _("receiver"),
    "receiver_phone": _("receiver's phone"),
    "receiver_address": _("receiver's address"),
    "agent_code": _("agent's code"),
}
REQUIRED: Final = ("order_number", "sku", "quantity", "unit_price", "placed_at")


class UnmappedColumns(Invalid):
    code = "unmapped_columns"
    title = _("Some columns the import needs are not mapped")


@dataclass(frozen=True)
class ChannelRules:
    """What a channel's files mean beyond their columns. The defaults suit a file without peculiarities.

    `cancellation_prefix`: an order number that begins so is a return document with negative quantities.
    `adjustment_prefix`: an order number that begins so is bookkeeping (bad debt), never an order.
    `service_skus`: codes of postage, fees and the like: sold, but never in stock. A trailing `*` stands for any ending.
    `time_zone`: the zone of times without an offset; the brand's own when empty.
    """

    cancellation_prefix: str = ""
    adjustment_prefix: str = ""
    service_skus: tuple[str, ...] = ()
    time_zone: str = ""

    def is_service(self, sku: str) -> bool:
        """Whether the code (upper case) is one of the channel's services."""
        return any(
            sku.startswith(word[:-1]) if word.endswith("*") else sku == word
            for word in (service.upper() for service in self.service_skus)
        )


@dataclass(frozen=True)
class ColumnMapping:
    """Field → column position (from 0). `headings` are the words of the file's first row."""

    positions: Mapping[str, int]
    headings: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)

    def position(self, name: str) -> int | None:
        """Where the field stands, or None when the file has no such column."""
        return self.positions.get(name)


def map_columns(headings: Sequence[str], wanted: Mapping[str, str] | None = None) -> ColumnMapping:
    """Field by field: the heading the user named, else one of the usual names for it.

    Raises UnmappedColumns naming each field that is required and not found, and each named heading that is not there.
    """
    mapping, errors = match_columns(headings, wanted)
    if errors:
        raise UnmappedColumns(errors=errors)
    return mapping


def match_columns(
    headings: Sequence[str], wanted: Mapping[str, str] | None = None
) -> tuple[ColumnMapping, list[FieldError]]:
    """What could be matched, and what is missing: for the user to complete."""
    folded = {_fold(heading): position for position, heading in reversed(list(enumerate(headings)))}
    positions: dict[str, int] = {}
    errors: list[FieldError] = []
    for name, aliases in ALIASES.items():
        chosen = (wanted or {}).get(name, "")
        if chosen:
            if _fold(chosen) in folded:
                positions[name] = folded[_fold(chosen)]
            else:
                detail = _("The file has no column “%(column)s”.") % {"column": chosen}
                errors.append(FieldError(f"mapping.{name}", "unknown_column", detail))
            continue
        found = next((folded[_fold(alias)] for alias in aliases if _fold(alias) in folded), None)
        if found is not None:
            positions[name] = found
        elif name in REQUIRED:
            detail = _("No column holds %(field)s.") % {"field": name}
            errors.append(FieldError(f"mapping.{name}", "required_column", detail))
    named = {name: str(headings[position]).strip() for name, position in positions.items()}
    headings = tuple(str(heading) for heading in headings)
    return ColumnMapping(positions=positions, headings=headings, named=named), errors


def rules_from(options: Mapping[str, Any]) -> ChannelRules:
    """The channel's rules as they are kept in its profile."""
    return ChannelRules(
        cancellation_prefix=str(options.get("cancellation_prefix", "")),
        adjustment_prefix=str(options.get("adjustment_prefix", "")),
        service_skus=tuple(str(word) for word in options.get("service_skus", ())),
        time_zone=str(options.get("time_zone", "")),
    )


def _fold(heading: object) -> str:
    return str(heading).strip().lower().replace("_", " ").replace("：", "").strip()
