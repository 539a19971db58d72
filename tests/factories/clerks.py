"""Clerks who do whatever chance takes in an open shop, for tests of many connections at once."""

import contextlib
import traceback
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from django.db.models import Model, QuerySet

from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.inventory.models import Stocktake, Transfer
from tenant_apps.inventory.services import approving, stocktakes, transfers
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.reservations import expire_reservations
from tenant_apps.inventory.states import Uncounted
from tenant_apps.orders.models import AfterSale, Order
from tenant_apps.orders.rules.after_sales import InspectedLine, NewAfterSale, NewAfterSaleLine, Replacement
from tenant_apps.orders.services import close_order, deadlines
from tenant_apps.orders.services.after_sales import deciding, goods, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.services.change_goods import GoodsChange, change_goods
from tenant_apps.orders.services.merge_orders import merge_orders
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, place_retail_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tenant_apps.orders.services.split_order import split_order
from tests.factories.trade import PHONE, Shop

# More often what moves an order on: chance alone would seldom bring goods back.
ACTS: Final = (
    *("place", "pay", "ship") * 3,
    *("ask", "bring_back", "settle", "merge", "split", "change") * 2,
    *("cancel", "refund", "deliver", "close_late", "reserve", "expire", "receive", "adjust"),
    *("send_transfer", "receive_transfer", "count", "approve_count"),
)


class Clerk:
    """Does acts by a seed; `done` counts those that were not refused. What he picks depends on the others too."""

    def __init__(self, shop: Shop, places: tuple[int, int, int], *, seed: int) -> None:
        """`places` are the main warehouse, another one, and the one for damaged goods."""
        self.shop = shop
        self.places = places
        self.chance = Random(seed)
        self.name = f"clerk-{seed}"
        self.done: Counter[str] = Counter()
        self.attempts = 0

    def work(self, acts: int) -> None:
        """Do so many acts. A refusal is fine; anything else raises, with the act's name."""
        for _act in range(acts):
            act = self.chance.choice(ACTS)
            self.attempts += 1
            try:
                getattr(self, act)()
            except DomainError:
                continue
            except Exception as error:
                raise AssertionError(f"{act}: {traceback.format_exc()}") from error
            self.done[act] += 1

    def pick(self, rows: QuerySet[Model]) -> int:
        """Return one of the latest rows; 0, which is nobody's, where there is none."""
        ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:12])
        return int(self.chance.choice(ids)) if ids else 0

    def order(self, **where: object) -> int:
        return self.pick(Order.objects.filter(**where))

    def pieces(self) -> int:
        return self.chance.randint(1, 3)

    def basket(self) -> list[NewLine]:
        """Goods in any order of SKUs, at times with a service."""
        lines = [NewLine(sku, self.pieces()) for sku in self.chance.sample(self.shop.skus, self.chance.randint(1, 3))]
        return [*lines, NewLine(self.shop.service_sku, 1)] if self.chance.random() < 0.2 else lines

    def place(self) -> None:
        terms = OrderAdjustments(discount=Decimal(self.chance.randint(0, 300)) / 100, freight=Decimal(6))
        buyer = Buyer(phone=self.chance.choice([PHONE, "+8613800000002"]), name="王芳")
        minutes = self.chance.randint(0, 35)
        place_retail_order(
            lines=self.basket(),
            buyer=buyer,
            agent_code=self.chance.choice([None, "LING"]),
            adjustments=terms,
            now=clock.now() - timedelta(minutes=minutes),
        )

    def pay(self) -> None:
        order_id = self.order(payment_state="unpaid", state="open")
        pay_order(order_id=order_id, method="bank", reference=f"b-{order_id}", now=clock.now())

    def ship(self) -> None:
        part = [ShipmentLine(1, 1)] if self.chance.random() < 0.4 else None
        ship_order(
            order_id=self.order(fulfilment_state__in=["unfulfilled", "partly_shipped"], payment_state="paid"),
            carrier="SF",
            tracking_number=f"SF-{self.name}-{self.attempts}",
            packing=Packing(lines=part),
            now=clock.now(),
        )

    def deliver(self) -> None:
        close_order.deliver_order(order_id=self.order(fulfilment_state="shipped"), now=clock.now())

    def cancel(self) -> None:
        close_order.cancel_order(order_id=self.order(payment_state="unpaid"), now=clock.now())

    def close_late(self) -> None:
        deadlines.close_unpaid(now=clock.now())

    def refund(self) -> None:
        line = RefundRequest(self.chance.randint(0, 2), self.chance.randint(0, 2), Decimal("0.70"))
        refund_order(
            order_id=self.order(payment_state__in=["paid", "partly_refunded"]),
            lines=[line],
            restock=self.chance.random() < 0.5,
            now=clock.now(),
        )

    def change(self) -> None:
        change = GoodsChange(lines=self.basket(), discount=Decimal(0), freight=Decimal(5))
        change_goods(order_id=self.order(state="open"), change=change, reason="电话", now=clock.now())

    def merge(self) -> None:
        first, second = (self.order(state="open", payment_state="unpaid") for _one in range(2))
        merge_orders(order_id=first, other_ids=[second], freight=Decimal(8), reason="同址", now=clock.now())

    def split(self) -> None:
        order_id = self.order(state="open", payment_state="unpaid")
        split_order(order_id=order_id, pieces={1: 1}, reason="分批", now=clock.now())

    def ask(self) -> None:
        kind = self.chance.choice(["refund_only", "return", "return", "exchange"])
        wanted = NewAfterSale(
            kind=kind,
            reason="quality",
            lines=[
                NewAfterSaleLine(number, self.chance.randint(1, 2)) for number in self.chance.choice([(1,), (1, 2)])
            ],
            replacements=[Replacement(self.chance.choice(self.shop.skus), 1)] if kind == "exchange" else (),
        )
        order_id = self.order(fulfilment_state__in=["partly_shipped", "shipped", "delivered"])
        made = request_after_sale(order_id=order_id, wanted=wanted, now=clock.now())
        deciding.approve_after_sale(after_sale_id=made.pk, now=clock.now())

    def bring_back(self) -> None:
        pk = self.pick(AfterSale.objects.filter(goods_state__in=["expected", "on_the_way", "received"]))
        with contextlib.suppress(DomainError):  # somebody received them before
            goods.receive_goods(after_sale_id=pk, now=clock.now())
        found = []
        for one in AfterSale.objects.get(pk=pk).lines.select_related("line").order_by("id") if pk else []:
            damaged = self.chance.randint(0, one.uninspected)
            found.append(InspectedLine(one.line.line_no, one.uninspected - damaged, damaged))
        goods.inspect_goods(
            after_sale_id=pk, lines=found, warehouse_id=self.chance.choice([None, self.places[1]]), now=clock.now()
        )

    def settle(self) -> None:
        pk = self.pick(AfterSale.objects.filter(settlement_state="due"))
        if self.chance.random() < 0.5:
            settling.refund_after_sale(after_sale_id=pk, now=clock.now())
        else:
            settling.exchange_goods(after_sale_id=pk, now=clock.now())

    def reserve(self) -> None:
        """Hold goods for a cart; its hour may be over at once."""
        lines = [inventory.StockLine(one, self.pieces()) for one in self.chance.sample(self.shop.variant_ids, 2)]
        until = clock.now() + timedelta(seconds=self.chance.choice([-5, 1, 600]))
        source = f"cart:{self.chance.randint(1, 6)}"
        inventory.reserve_more(source=source, lines=lines, expires_at=until, now=clock.now())

    def expire(self) -> None:
        expire_reservations(now=clock.now())

    def _line(self, good: int) -> inventory.ReceiptLine:
        batch = inventory.BatchSpec(f"B{self.chance.randint(1, 3)}") if good == 2 else None
        return inventory.ReceiptLine(self.shop.variant_ids[good], self.pieces() * 4, Decimal("4.1"), batch)

    def receive(self) -> None:
        inventory.receive(
            lines=[self._line(good) for good in self.chance.sample(range(3), 2)],
            reference=f"r-{self.name}-{self.attempts}",
            warehouse_id=self.chance.choice(self.places[:2]),
            now=clock.now(),
        )

    def adjust(self) -> None:
        line = inventory.AdjustmentLine(self.chance.choice(self.shop.variant_ids), self.chance.choice([-2, -1, 1]))
        place = self.chance.choice(self.places[:2])
        reference = f"c-{self.name}-{self.attempts}"
        inventory.adjust(lines=[line], reference=reference, warehouse_id=place, now=clock.now())

    def send_transfer(self) -> None:
        origin, target = self.chance.sample(self.places, 2)
        lines = [inventory.StockLine(one, self.pieces()) for one in self.chance.sample(self.shop.variant_ids, 2)]
        made = transfers.create_transfer(origin_id=origin, target_id=target, lines=lines, now=clock.now())
        transfers.ship_transfer(transfer_id=made.pk, now=clock.now())

    def receive_transfer(self) -> None:
        pk = self.pick(Transfer.objects.filter(state="shipped"))
        lines = [transfers.ReceivedLine(one, 1, self.chance.randint(0, 1)) for one in self.shop.variant_ids]
        moving = list(Transfer.objects.get(pk=pk).lines.values_list("variant_id", flat=True)) if pk else []
        lines = [line for line in lines if line.variant_id in moving]
        transfers.receive_transfer(transfer_id=pk, lines=lines, reason="丢件", now=clock.now())

    def count(self) -> None:
        place = self.chance.choice(self.places[:2])
        pk = self.pick(Stocktake.objects.filter(state="open", warehouse_id=place))
        if not pk:
            pk = stocktakes.open_stocktake(warehouse_id=place, now=clock.now()).pk
        sku = self.chance.choice(self.shop.skus)
        stocktakes.scan(stocktake_id=pk, code=sku, quantity=self.chance.randint(1, 60), now=clock.now())
        stocktakes.finish_counting(stocktake_id=pk, now=clock.now())

    def approve_count(self) -> None:
        pk = self.pick(Stocktake.objects.filter(state="counted"))
        approving.approve_stocktake(stocktake_id=pk, uncounted=Uncounted.LEAVE, reason="月末", now=clock.now())
