"""Map the states written in channels' files to states of orders."""

import re
import unicodedata
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple


class FileState(Enum):
    """State of an order in a file: money and goods together."""

    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CLOSED = "closed"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly_refunded"
    IN_AFTER_SALE = "in_after_sale"
    NOTHING = "nothing"


_ORDER_WORDS: Final[Mapping[FileState, tuple[str, ...]]] = {
    FileState.UNPAID: (
        "等待买家付款",
        "待付款",
        "待支付",
        "未付款",
        "未支付",
        "pending",
        "pending payment",
        "on-hold",
        "unpaid",
    ),
    FileState.PAID: (
        "买家已付款,等待卖家发货",
        "等待卖家发货",
        "待发货",
        "已成团待发货",
        "已支付/待发货",
        "已支付",
        "已付款",
        "备货中",
        "配货中",
        "paid",
        "processing",
        "open",
    ),
    FileState.SHIPPED: (
        "卖家已发货,等待买家确认",
        "等待买家确认收货",
        "已发货",
        "已发货,待签收",
        "已发货,待收货",
        "待收货",
        "待签收",
        "shipped",
        "fulfilled",
    ),
    FileState.COMPLETED: (
        "交易成功",
        "已完成",
        "已签收",
        "已收货",
        "完成",
        "completed",
        "complete",
        "delivered",
        "closed by customer",
    ),
    FileState.CLOSED: (
        "交易关闭",
        "已关闭",
        "已取消",
        "关闭",
        "取消",
        "未支付,交易关闭",
        "未成交",
        "cancelled",
        "canceled",
        "closed",
        "failed",
        "voided",
        "expired",
    ),
    FileState.REFUNDED: (
        "付款以后用户退款成功,交易自动关闭",
        "未发货,退款成功",
        "已取消,退款成功",
        "未成交,退款成功",
        "已发货,退款成功",
        "已签收,退款成功",
        "已收货,退款成功",
        "退款成功",
        "已退款",
        "refunded",
    ),
}
_PAYMENT_WORDS: Final[Mapping[FileState, tuple[str, ...]]] = {
    FileState.UNPAID: ("unpaid", "pending", "authorized", "未付款", "待付款", "未支付", "待支付"),
    FileState.PAID: ("paid", "已付款", "已支付", "支付成功"),
    FileState.REFUNDED: ("refunded", "已退款", "退款成功", "全额退款"),
    FileState.PARTLY_REFUNDED: ("partially refunded", "partly refunded", "部分退款"),
    FileState.CLOSED: ("voided", "expired", "已关闭"),
}
_FULFILMENT_WORDS: Final[Mapping[FileState, tuple[str, ...]]] = {
    FileState.PAID: ("unfulfilled", "未发货", "待发货"),
    FileState.SHIPPED: ("fulfilled", "shipped", "已发货", "运输中", "待收货"),
    FileState.COMPLETED: ("delivered", "returned", "已签收", "已收货"),
}
_AFTER_SALE_WORDS: Final[Mapping[FileState, tuple[str, ...]]] = {
    FileState.NOTHING: (
        "无售后",
        "无售后或售后取消",
        "无售后/取消售后",
        "没有申请退款",
        "售后关闭",
        "退款关闭",
        "无",
        "none",
        "退款取消",
        "换货成功",
    ),
    FileState.REFUNDED: ("退款成功", "同意退款,退款成功", "已退款", "售后完成", "refunded"),
    FileState.PARTLY_REFUNDED: ("部分退款", "部分退款成功", "partially refunded"),
    FileState.IN_AFTER_SALE: ("售后处理中", "退款中", "退款处理中", "待商家处理", "售后中", "退货中", "requested"),
}
STATE_COLUMNS: Final = ("order_state", "payment_state", "fulfilment_state", "after_sale_state")


def fold_state(word: str) -> str:
    """Normalise a state's text: width, case, underscores and blanks are ignored."""
    text = unicodedata.normalize("NFKC", word).casefold().replace("_", " ").replace("，", ",")
    return re.sub(r"\s+", " ", re.sub(r"\s*,\s*", ",", text)).strip()


def _table(words: Mapping[FileState, tuple[str, ...]]) -> dict[str, FileState]:
    return {fold_state(word): state for state, group in words.items() for word in group}


_TABLES: Final = {
    "order_state": _table(_ORDER_WORDS),
    "payment_state": _table(_PAYMENT_WORDS),
    "fulfilment_state": _table(_FULFILMENT_WORDS),
    "after_sale_state": _table(_AFTER_SALE_WORDS),
}


# In the order in which they are asked.
_REFUSALS: Final = {
    FileState.CLOSED: "order_closed",
    FileState.UNPAID: "order_unpaid",
    FileState.IN_AFTER_SALE: "order_in_after_sale",
}


class Verdict(NamedTuple):
    """Resulting state, or the code of the refusal and the column that causes it."""

    state: FileState | None
    reason: str = ""
    column: str = ""
    is_partly_refunded: bool = False


def find_state(column: str, word: str, *, taught: Mapping[str, str] | None = None) -> FileState | None:
    """Look a state's text up, in the brand's own words first; None when unknown."""
    folded = fold_state(word)
    own = {fold_state(one): meaning for one, meaning in (taught or {}).items()}
    if folded in own:
        return FileState(own[folded])
    return _TABLES[column].get(folded)


def judge_states(words: Mapping[str, str], *, taught: Mapping[str, str] | None = None) -> Verdict:
    """Combine the texts of an order's state columns. Closed, unpaid and unknown states are refused.

    Without any text the state is None, and the import mode decides.
    """
    found: dict[str, FileState] = {}
    for column in STATE_COLUMNS:
        if word := words.get(column, ""):
            state = find_state(column, word, taught=taught)
            if state is None:
                return Verdict(None, "unknown_state", column)
            found[column] = state
    refusal = next(
        ((reason, column) for said, reason in _REFUSALS.items() for column, state in found.items() if state == said),
        None,
    )
    if refusal is not None:
        return Verdict(None, *refusal)
    states = set(found.values())
    if FileState.REFUNDED in states:
        return Verdict(FileState.REFUNDED)
    # The furthest that any column says of the goods.
    goods = (FileState.COMPLETED, FileState.SHIPPED, FileState.PAID)
    furthest = next((state for state in goods if state in states), None)
    return Verdict(furthest, is_partly_refunded=FileState.PARTLY_REFUNDED in states)
