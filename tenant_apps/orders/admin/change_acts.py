"""Buttons that change an order before anything of it has left."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.actions import GoTo, object_action
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.orders.admin.change_forms import GoodsForm, MergeForm, NoteForm, ReceiverForm, SplitForm
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.services.change_delivery import change_note, change_receiver
from tenant_apps.orders.services.change_goods import change_goods
from tenant_apps.orders.services.changing import owes_nothing_yet
from tenant_apps.orders.services.merge_orders import merge_orders
from tenant_apps.orders.services.split_order import split_order
from tenant_apps.orders.states import FulfilmentState, OrderState


def _is_changeable(order: Order) -> bool:
    return order.state == OrderState.OPEN and order.fulfilment_state == FulfilmentState.UNFULFILLED


class ChangeActs:
    """Acts that change an order."""

    @object_action(
        _("Change receiver"),
        permission="orders.change",
        form=ReceiverForm,
        icon="edit_location",
        offered=_is_changeable,
    )
    def change_receiver(self, request: HttpRequest, order: Order, form: ReceiverForm) -> Text:
        change_receiver(order_id=order.pk, receiver=form.receiver(), reason=form.cleaned_data["reason"])
        return _("The receiver of %(number)s is changed.") % {"number": order.number}

    @object_action(
        _("Change note"), permission="orders.change", form=NoteForm, icon="edit_note", offered=_is_changeable
    )
    def change_note(self, request: HttpRequest, order: Order, form: NoteForm) -> Text:
        change_note(order_id=order.pk, **form.cleaned_data)
        return _("The note of %(number)s is changed.") % {"number": order.number}

    @object_action(
        _("Change goods"),
        permission="orders.change",
        form=GoodsForm,
        icon="edit",
        explanation=_(
            "A line keeps its price while its quantity stays; otherwise today's rules price it. Goods of a paid order "
            "can only be exchanged for as many others at the same price."
        ),
        offered=lambda order: _is_changeable(order) and not order.moves_cloud_stock,
    )
    def change_goods(self, request: HttpRequest, order: Order, form: GoodsForm) -> Text:
        change_goods(order_id=order.pk, change=form.change(), reason=form.cleaned_data["reason"], now=clock.now())
        return _("The goods of %(number)s are changed.") % {"number": order.number}

    @object_action(
        _("Split order"),
        permission="orders.change",
        form=SplitForm,
        icon="call_split",
        offered=lambda order: _is_changeable(order) and owes_nothing_yet(order) and not order.moves_cloud_stock,
    )
    def split(self, request: HttpRequest, order: Order, form: SplitForm) -> GoTo:
        second = split_order(
            order_id=order.pk, pieces=form.pieces(), reason=form.cleaned_data["reason"], now=clock.now()
        )
        return GoTo(reverse("brand:orders_order_change", args=[second.pk]))

    @object_action(
        _("Merge orders"),
        permission="orders.change",
        form=MergeForm,
        icon="call_merge",
        offered=lambda order: (
            _is_changeable(order)
            and owes_nothing_yet(order)
            and not order.moves_cloud_stock
            and bool(lists.list_mergeable(order=order))
        ),
    )
    def merge(self, request: HttpRequest, order: Order, form: MergeForm) -> Text:
        filled = form.cleaned_data
        merge_orders(
            order_id=order.pk,
            other_ids=filled["order_ids"],
            freight=filled["freight"],
            reason=filled["reason"],
            now=clock.now(),
        )
        return _("The orders were merged into %(number)s.") % {"number": order.number}
