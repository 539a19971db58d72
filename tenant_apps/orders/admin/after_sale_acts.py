"""Buttons of an after-sale's page, each of which calls a service, and those of an order's page that begin one."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, GoTo, object_action
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.orders.admin import after_sale_forms as forms
from tenant_apps.orders.admin import after_sale_requests as requests
from tenant_apps.orders.models import AfterSale, Order
from tenant_apps.orders.services.after_sales import deciding, goods, photos, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.states import (
    GOODS_AWAITED,
    AfterSaleKind,
    AfterSaleState,
    FulfilmentState,
    GoodsBackState,
    OrderKind,
    OrderState,
    PaymentState,
    SettlementState,
)

ASK: Final = "orders.after_sale"
RECEIVE: Final = "orders.receive"
REFUND: Final = "orders.refund"


def _may_be_asked_for(order: Order) -> bool:
    is_trade = order.kind != OrderKind.RETURN and not order.moves_cloud_stock and order.state != OrderState.CANCELLED
    return is_trade and order.payment_state != PaymentState.UNPAID


def _was_shipped(order: Order) -> bool:
    return _may_be_asked_for(order) and order.fulfilment_state != FulfilmentState.UNFULFILLED


def _approved(also: Callable[[AfterSale], bool]) -> Callable[[AfterSale], bool]:
    return lambda one: one.state == AfterSaleState.APPROVED and also(one)


def _is_due(after_sale: AfterSale) -> bool:
    return after_sale.settlement_state == SettlementState.DUE


def _wants_order(after_sale: AfterSale) -> bool:
    is_exchange = after_sale.kind == AfterSaleKind.EXCHANGE and after_sale.exchange_order_id is None
    return is_exchange and _is_due(after_sale)


def _wants_money(after_sale: AfterSale) -> bool:
    return _is_due(after_sale) and settling.wants_money(after_sale) and not after_sale.refunds.exists()


class BeginAfterSale:
    """Acts on an order that begin an after-sale."""

    @object_action(
        _("Refund only"), permission=ASK, form=requests.AskRefundForm, icon="money_off", offered=_may_be_asked_for
    )
    def ask_refund(self, request: HttpRequest, order: Order, form: requests.AskRefundForm) -> GoTo:
        return _begin(order, form)

    @object_action(
        _("Return goods"), permission=ASK, form=requests.AskReturnForm, icon="assignment_return", offered=_was_shipped
    )
    def ask_return(self, request: HttpRequest, order: Order, form: requests.AskReturnForm) -> GoTo:
        return _begin(order, form)

    @object_action(
        _("Exchange goods"), permission=ASK, form=requests.AskExchangeForm, icon="swap_horiz", offered=_was_shipped
    )
    def ask_exchange(self, request: HttpRequest, order: Order, form: requests.AskExchangeForm) -> GoTo:
        return _begin(order, form)


def _begin(order: Order, form: requests.AskForm) -> GoTo:
    uploads = form.cleaned_data["photos"]
    made = request_after_sale(order_id=order.pk, wanted=form.request_of(), uploads=uploads, now=clock.now())
    return GoTo(reverse("brand:orders_aftersale_change", args=[made.pk]))


class AfterSaleActs:
    """Acts on one after-sale."""

    @object_action(
        _("Approve"), permission=ASK, icon="check", offered=lambda one: one.state == AfterSaleState.REQUESTED
    )
    def approve(self, request: HttpRequest, after_sale: AfterSale, form: DialogForm) -> Text:
        deciding.approve_after_sale(after_sale_id=after_sale.pk, now=clock.now())
        return _("After-sale %(number)s was approved.") % {"number": after_sale.number}

    @object_action(
        _("Refuse"),
        permission=ASK,
        form=forms.ReasonForm,
        icon="block",
        offered=lambda one: one.state == AfterSaleState.REQUESTED,
    )
    def refuse(self, request: HttpRequest, after_sale: AfterSale, form: forms.ReasonForm) -> None:
        reason = form.cleaned_data["reason"]
        deciding.refuse_after_sale(after_sale_id=after_sale.pk, reason=reason, now=clock.now())

    @object_action(
        _("Cancel after-sale"),
        permission=ASK,
        form=forms.ReasonForm,
        icon="cancel",
        offered=lambda one: (
            one.is_open
            and one.goods_state in {GoodsBackState.NONE, *GOODS_AWAITED}
            and one.settlement_state in {SettlementState.NONE, SettlementState.DUE}
            and one.exchange_order_id is None
        ),
    )
    def cancel(self, request: HttpRequest, after_sale: AfterSale, form: forms.ReasonForm) -> None:
        reason = form.cleaned_data["reason"]
        deciding.cancel_after_sale(after_sale_id=after_sale.pk, reason=reason, now=clock.now())

    @object_action(
        _("Goods are on their way back"),
        permission=ASK,
        form=forms.SentForm,
        icon="local_shipping",
        offered=_approved(lambda one: one.goods_state == GoodsBackState.EXPECTED),
    )
    def goods_sent(self, request: HttpRequest, after_sale: AfterSale, form: forms.SentForm) -> None:
        goods.note_goods_sent(after_sale_id=after_sale.pk, **form.cleaned_data, now=clock.now())

    @object_action(
        _("Receive goods back"),
        permission=RECEIVE,
        icon="inventory",
        explanation=_("The refund is due within seven days from now."),
        offered=_approved(lambda one: one.goods_state in GOODS_AWAITED),
    )
    def receive(self, request: HttpRequest, after_sale: AfterSale, form: DialogForm) -> None:
        goods.receive_goods(after_sale_id=after_sale.pk, now=clock.now())

    @object_action(
        _("Inspect"),
        permission=RECEIVE,
        form=forms.InspectForm,
        icon="fact_check",
        offered=_approved(lambda one: one.goods_state == GoodsBackState.RECEIVED),
    )
    def inspect(self, request: HttpRequest, after_sale: AfterSale, form: forms.InspectForm) -> None:
        goods.inspect_goods(
            after_sale_id=after_sale.pk,
            lines=form.found(),
            warehouse_id=form.cleaned_data.get("warehouse"),
            now=clock.now(),
        )

    @object_action(
        _("Leave the goods with the buyer"),
        permission=ASK,
        form=forms.ReasonForm,
        icon="volunteer_activism",
        offered=_approved(lambda one: one.goods_state in GOODS_AWAITED),
    )
    def waive_goods(self, request: HttpRequest, after_sale: AfterSale, form: forms.ReasonForm) -> None:
        goods.waive_goods(after_sale_id=after_sale.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Pay back"),
        permission=REFUND,
        form=forms.SettleForm,
        icon="undo",
        offered=_approved(_wants_money),
    )
    def pay_back(self, request: HttpRequest, after_sale: AfterSale, form: forms.SettleForm) -> Text:
        given = settling.refund_after_sale(after_sale_id=after_sale.pk, **form.cleaned_data, now=clock.now())
        return _("Refund %(number)s: %(amount)s.") % {"number": given.number, "amount": format_money(given.amount)}

    @object_action(
        _("Send other goods"),
        permission=ASK,
        icon="swap_horiz",
        explanation=_("The exchange order is placed and its goods are reserved."),
        offered=_approved(_wants_order),
    )
    def exchange(self, request: HttpRequest, after_sale: AfterSale, form: DialogForm) -> Text:
        sent = settling.exchange_goods(after_sale_id=after_sale.pk, now=clock.now())
        return _("Exchange order %(number)s was placed.") % {"number": sent.number}

    @object_action(
        _("Settle nothing"),
        permission=REFUND,
        form=forms.ReasonForm,
        icon="money_off",
        offered=_approved(_is_due),
    )
    def waive_settlement(self, request: HttpRequest, after_sale: AfterSale, form: forms.ReasonForm) -> None:
        reason = form.cleaned_data["reason"]
        settling.waive_settlement(after_sale_id=after_sale.pk, reason=reason, now=clock.now())

    @object_action(
        _("Add photos"),
        permission=ASK,
        form=forms.PhotosForm,
        icon="add_a_photo",
        offered=lambda one: one.is_open and len(one.photos) < photos.MAX_PHOTOS,
    )
    def add_photos(self, request: HttpRequest, after_sale: AfterSale, form: forms.PhotosForm) -> None:
        photos.add_photos(after_sale_id=after_sale.pk, uploads=form.cleaned_data["photos"])
