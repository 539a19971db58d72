"""Headings that files of the trade use, by meaning. An importer takes some of the meanings as its columns.

A heading of a meaning that the importer does not take is never ignored in silence: the file waits for an answer.
What only one channel says is added in `CHANNEL_ALIASES`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.errors import Text


class Meaning(NamedTuple):
    """A fact of the trade: its label, and the headings under which it is written."""

    label: Text
    aliases: tuple[str, ...]


# Our own export, Excel lists, Taobao, Pinduoduo, Douyin, Kuaishou, JD, Xiaohongshu, Youzan, Shopify, WooCommerce.
VOCABULARY: Final[Mapping[str, Meaning]] = {
    "order_number": Meaning(
        _("order number"),
        ("order no", "order id", "order number", "invoiceno", "invoice", "订单号", "订单编号", "主订单编号"),
    ),
    "sku": Meaning(
        _("SKU"),
        (
            "stockcode",
            "product code",
            "lineitem sku",
            "商家编码",
            "规格编码",
            "商品编码",
            "货号",
            "sku编码",
            "商家编码-规格维度",
            "商家编码-sku维度",
        ),
    ),
    "barcode": Meaning(_("barcode"), ("ean", "upc", "gtin", "条码", "条形码", "商品条码", "商品69码")),
    "name": Meaning(
        _("product name"),
        (
            "description",
            "product",
            "product name",
            "lineitem name",
            "商品名称",
            "宝贝标题",
            "商品标题",
            "选购商品",
            "商品",
            "品名",
        ),
    ),
    "quantity": Meaning(
        _("quantity"),
        ("qty", "lineitem quantity", "数量", "购买数量", "商品数量", "商品数量(件)", "成交数量", "件数"),
    ),
    "unit_price": Meaning(
        _("unit price"),
        ("unitprice", "price", "lineitem price", "单价", "商品单价", "价格", "商品价格", "商品单价(元)"),
    ),
    "line_amount": Meaning(
        _("amount of the line"),
        ("amount", "line total", "order line total", "金额", "小计", "商品金额", "商品总价", "商品总价(元)"),
    ),
    "paid_amount": Meaning(
        _("amount paid"),
        (
            "total",
            "paid",
            "实付款",
            "实付金额",
            "买家实付金额",
            "买家实际支付金额",
            "用户实付金额(元)",
            "订单应付金额",
            "买家应付货款",
            "总金额",
            "订单金额",
        ),
    ),
    "placed_at": Meaning(
        _("time of the order"),
        (
            "invoicedate",
            "date",
            "order date",
            "created at",
            "下单时间",
            "订单创建时间",
            "订单提交时间",
            "成交时间",
            "订单成交时间",
            "时间",
        ),
    ),
    "customer": Meaning(
        _("customer's id in the channel"),
        ("customerid", "customer id", "buyer", "买家", "买家会员名", "买家昵称", "客户编号", "会员号"),
    ),
    "receiver_name": Meaning(
        pgettext_lazy("person", "receiver"),
        ("receiver", "consignee", "shipping name", "收货人", "收货人姓名", "收件人", "收件人姓名"),
    ),
    "receiver_phone": Meaning(
        _("receiver's phone"),
        (
            "phone",
            "mobile",
            "shipping phone",
            "手机",
            "联系手机",
            "联系电话",
            "收货人手机号",
            "收货人手机",
            "收货人电话",
            "收件人手机号",
            "手机号",
            "电话",
        ),
    ),
    "receiver_address": Meaning(
        _("receiver's address"), ("address", "shipping street", "收货地址", "地址", "详细地址", "收件地址")
    ),
    "agent_code": Meaning(_("agent's code"), ("agent", "代理编号", "代理商编号", "代理", "代理商", "分销员编号")),
    "order_state": Meaning(
        _("state of the order"), ("order status", "status", "state", "订单状态", "交易状态", "状态")
    ),
    "payment_state": Meaning(_("state of the payment"), ("financial status", "payment status", "付款状态", "支付状态")),
    "fulfilment_state": Meaning(
        _("state of the delivery"), ("fulfillment status", "fulfilment status", "发货状态", "物流状态")
    ),
    "after_sale_state": Meaning(
        _("state of the return"), ("after-sale status", "refund status", "售后状态", "退款状态", "售后")
    ),
    "freight": Meaning(
        _("freight"),
        ("shipping", "shipping fee", "postage", "运费", "邮费", "邮费(元)", "快递费", "买家应付邮费", "运费金额"),
    ),
    "discount": Meaning(
        _("discount"),
        (
            "discount amount",
            "优惠",
            "优惠金额",
            "商家优惠",
            "店铺优惠",
            "店铺优惠折扣(元)",
            "优惠总金额",
            "折扣",
        ),
    ),
    "platform_discount": Meaning(
        _("discount borne by the platform"), ("平台优惠", "平台补贴", "平台优惠折扣(元)", "红包抵扣")
    ),
    "refund_amount": Meaning(_("amount refunded"), ("refund", "退款金额", "退款金额(元)", "已退款金额")),
    "line_discount": Meaning(_("discount of the line"), ("lineitem discount", "行优惠", "单品优惠")),
    "line_refund_amount": Meaning(_("amount refunded of the line"), ("refunded amount", "行退款金额")),
    "carrier": Meaning(_("carrier"), ("shipping carrier", "courier", "快递公司", "物流公司", "承运商")),
    "tracking_number": Meaning(
        _("tracking number"), ("tracking", "tracking no", "waybill", "快递单号", "物流单号", "运单号", "快递信息")
    ),
    "note": Meaning(_("note"), ("notes", "remark", "备注", "商家备注", "订单备注", "买家留言")),
    "retail_price": Meaning(_("retail price"), ("零售价", "建议零售价", "吊牌价", "市场价")),
    "cost_price": Meaning(_("cost"), ("unit cost", "成本", "成本价", "单位成本", "进价", "采购价")),
    "balance": Meaning(_("balance"), ("余额", "账户余额", "预存款", "期初余额", "预存款余额")),
    "level": Meaning(_("level"), ("agent level", "等级", "级别", "代理等级")),
}

# Channel's code or its beginning → meaning → headings that mean so in this channel alone.
CHANNEL_ALIASES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}


def label_of(meaning: str) -> Text:
    """The label of a meaning, or its name where the vocabulary does not know it."""
    known = VOCABULARY.get(meaning)
    return known.label if known else meaning


def aliases_of(meaning: str, *, channel: str = "") -> tuple[str, ...]:
    """The headings of a meaning: those of the channel first, then its own name, then the usual ones."""
    own = next(
        (added.get(meaning, ()) for code, added in CHANNEL_ALIASES.items() if channel.lower().startswith(code)), ()
    )
    known = VOCABULARY.get(meaning)
    return (*own, meaning, *(known.aliases if known else ()))
