"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.orders.states import (
    AfterSaleKind,
    AfterSaleReason,
    AfterSaleState,
    FulfilmentState,
    GoodsBackState,
    OrderState,
    PaymentState,
    SettlementState,
)

WORDS: Final = ActWords(
    acts={
        "orders.place": _("Order placed"),
        "orders.pay": _("Payment recorded"),
        "orders.ship": _("Shipped"),
        "orders.correct_parcel": _("Tracking number corrected"),
        "orders.deliver": _("Delivered"),
        "orders.complete": _("Order completed"),
        "orders.cancel": _("Order cancelled"),
        "orders.refund": _("Refunded"),
        "orders.change_deadlines": _("Order settings changed"),
        "orders.after_sale_requested": _("After-sale requested"),
        "orders.after_sale_approved": _("After-sale approved"),
        "orders.after_sale_refused": _("After-sale refused"),
        "orders.after_sale_cancelled": _("After-sale cancelled"),
        "orders.after_sale_sent": _("Goods sent back"),
        "orders.after_sale_received": _("Returned goods received"),
        "orders.after_sale_inspected": _("Returned goods inspected"),
        "orders.after_sale_goods_waived": _("Return of the goods waived"),
        "orders.after_sale_exchanged": _("Goods sent in exchange"),
        "orders.after_sale_settlement_waived": _("After-sale not settled"),
        "orders.after_sale_done": _("After-sale done"),
        "orders.after_sale_photos": _("Photos added to an after-sale"),
        "orders.return_days_changed": _("Days of the right of return changed"),
        "orders.change_receiver": _("Receiver changed"),
        "orders.change_note": _("Note changed"),
        "orders.change_goods": _("Goods changed"),
        "orders.merge": _("Orders merged"),
        "orders.merge_into": _("Merged into another order"),
        "orders.split": _("Order split"),
        "orders.split_from": _("Split off from another order"),
    },
    facts={
        "address": _("Address"),
        "days_after_delivery": _("Days after delivery"),
        "days_after_shipping": _("Days after shipping"),
        "unpaid_minutes": _("Minutes until an unpaid order closes"),
        "unpaid_since": _("Closing since"),
        "carrier": _("Carrier"),
        "discount": _("Discount"),
        "freight": _("Freight"),
        "goods": _("Goods"),
        "merged": _("Merged"),
        "merged_into": _("Merged into"),
        "receiver": _("Receiver"),
        "split_from": _("Split from"),
        "split_off": _("Split off"),
        "after_sale": _("After-sale"),
        "goods_state": _("Goods"),
        "settlement_state": _("Settlement"),
        "late_reason": _("Accepted late because"),
        "return_days": _("Days of the right of return"),
        "fulfilment_state": _("Shipping"),
        "payment_state": _("Payment"),
        "pieces": _("Pieces"),
        "tracking_number": _("Tracking number"),
    },
    choices={
        "state": (OrderState, AfterSaleState),
        "kind": (AfterSaleKind,),
        "reason": (AfterSaleReason,),
        "goods_state": (GoodsBackState,),
        "settlement_state": (SettlementState,),
        "payment_state": (PaymentState,),
        "fulfilment_state": (FulfilmentState,),
    },
    subjects={
        "order_settings": Subject(
            _("Order settings"), page="orders:settings", permission="orders.view", is_single=True
        ),
        "order": Subject(_("Order"), model="orders.order"),
        "after_sale": Subject(_("After-sale"), model="orders.aftersale"),
        "after_sale_settings": Subject(_("Settings of after-sales")),
    },
)
