"""Ninety days of trade: each order's fate is drawn by chance and played in the order of time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from random import Random

from config.demo.furnishing import Article, Seller, receiver_of_agent
from kernel.core import clock
from kernel.events.outbox import deliver_pending
from kernel.models import DeliveryState, OutboxDelivery
from tenant_apps.inventory.selectors import stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import close_order, pay_order, place_order, refund_order, ship_order

ALL = 100_000  # deliveries of one day
RETAIL_PER_DAY = 5.2
RESTOCKS_PER_DAY = 0.8
WEEKDAYS = (0.80, 0.80, 0.85, 0.90, 1.10, 1.40, 1.30)  # Monday first: people shop at the weekend
FESTIVAL_FACTOR = 2.4  # 9.9, 10.10, 11.11 and their like
HOURS = (1, 0, 0, 0, 0, 0, 1, 2, 3, 5, 6, 6, 8, 7, 5, 5, 5, 5, 6, 7, 10, 12, 10, 5)  # of orders by hour of the day
LAST_DELIVERY_OF_GOODS = 14  # days before the end the workshop delivers for the last time, so that some goods run short
# Carriers, each with the beginning of its numbers and the digits that follow.
CARRIERS = {
    "顺丰速运": ("SF", 13),
    "中通快递": ("", 12),
    "圆通速递": ("YT", 13),
    "韵达快递": ("", 13),
    "京东物流": ("JDX", 12),
}
REASONS = ("色号不合适", "包装破损", "不想要了", "过敏不适", "发错颜色")
FREE_FREIGHT_FROM = Decimal("199.00")
FREIGHT = Decimal("8.00")


@dataclass(order=True)
class _Step:
    moment: datetime
    turn: int
    act: Callable[[datetime], None] = field(compare=False)


class Trade:
    """Play steps in the order of time up to `until`; later ones stay undone."""

    def __init__(
        self, random: Random, *, articles: list[Article], sellers: list[Seller], buyers: list[place_order.Buyer]
    ) -> None:
        self.random = random
        self.articles = articles
        self.sellers = sellers
        self.buyers = buyers
        self.steps: list[_Step] = []
        self.turn = 0
        self.delivered: list[int] = []

    def play(self, *, days: int, until: datetime) -> list[int]:
        """Trade on the `days` days that end with the moment `until`; returns the ids of delivered retail orders."""
        first = clock.business_date(until) - timedelta(days=days - 1)
        self._plan(first, days, until)
        today = first
        while self.steps and self.steps[0].moment < until:
            step = heappop(self.steps)
            if (day := clock.business_date(step.moment)) != today:
                today = day
                deliver_pending(limit=ALL)
            step.act(step.moment)
        deliver_pending(limit=ALL)
        if OutboxDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists():
            raise RuntimeError("an event of the demo's trade could not be delivered; the log says why")
        return self.delivered

    def _plan(self, first: date, days: int, until: datetime) -> None:
        for offset in range(days):
            day = first + timedelta(days=offset)
            demand = self._demand(day, offset / days)
            for _ in range(self._whole(RETAIL_PER_DAY * demand)):
                self._at(self._moment(day), self._sell)
            for _ in range(self._whole(RESTOCKS_PER_DAY * demand)):
                self._at(self._moment(day), self._restock)
            if offset % 7 == 6 and offset < days - LAST_DELIVERY_OF_GOODS:
                self._at(clock.day_bounds(day)[0] + timedelta(hours=9), self._replenish)
        for minutes in (25, 70, 140, 260):  # the last day shows orders that just came in
            self._at(until - timedelta(minutes=minutes), self._sell)

    def _at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        self.turn += 1
        heappush(self.steps, _Step(moment, self.turn, act))

    def _demand(self, day: date, progress: float) -> float:
        festival = FESTIVAL_FACTOR if day.month == day.day else 1.0
        return WEEKDAYS[day.weekday()] * festival * (0.8 + 0.5 * progress)

    def _whole(self, expected: float) -> int:
        return max(round(self.random.gauss(expected, expected**0.5 / 2)), 0)

    def _moment(self, day: date) -> datetime:
        hour = self.random.choices(range(24), HOURS)[0]
        return clock.day_bounds(day)[0] + timedelta(hours=hour, seconds=self.random.randrange(3600))

    # --- what happens ---

    def _sell(self, now: datetime) -> None:
        chosen = self._choose(self.random.choices((1, 2, 3, 4), (50, 30, 14, 6))[0])
        lines = [(one, self.random.choices((1, 2, 3), (85, 12, 3))[0]) for one in chosen]
        goods = sum((one.retail_price * pieces for one, pieces in lines), Decimal(0))
        discount = Decimal(self.random.choice((5, 10, 15, 20))) if self.random.random() < 0.15 else Decimal(0)
        code = self._agent().code if self.random.random() < 0.82 else None
        try:
            order = place_order.place_retail_order(
                lines=[place_order.NewLine(one.sku, pieces) for one, pieces in lines],
                buyer=self.random.choice(self.buyers),
                agent_code=code,
                adjustments=place_order.OrderAdjustments(
                    discount=min(discount, goods), freight=Decimal(0) if goods >= FREE_FREIGHT_FROM else FREIGHT
                ),
                now=now,
            )
        except inventory.InsufficientStock:
            return  # a sale that was lost, as it happens
        self._follow_up(order, now, self.random.choices(("wechat", "alipay"), (66, 34))[0])

    def _restock(self, now: datetime) -> None:
        buyer = self._agent()
        most = (40, 18, 8)[buyer.level]
        chosen = self._choose(self.random.randint(2, 6))
        lines = [place_order.NewLine(one.sku, self.random.randint(most // 3, most)) for one in chosen]
        try:
            order = place_order.place_restock_order(
                agent_id=buyer.agent_id, lines=lines, receiver=receiver_of_agent(buyer.agent_id), now=now
            )
        except inventory.InsufficientStock:
            return
        self._follow_up(order, now, "bank")

    def _follow_up(self, order: Order, now: datetime, method: str) -> None:
        fate = self.random.random()
        if fate < 0.05:
            self._at(now + timedelta(hours=24), lambda moment: self._cancel(order.pk, moment))
            return
        paid = now + timedelta(minutes=self.random.randint(1, 40 if method != "bank" else 600))
        self._at(paid, lambda moment: self._pay(order.pk, method, moment))
        if fate < 0.07:
            self._at(paid + timedelta(hours=2), lambda moment: self._refund_all(order.pk, moment))
            return
        shipped = paid + timedelta(hours=self.random.uniform(5, 34))
        delivered = shipped + timedelta(days=self.random.uniform(1.4, 4.2))
        self._at(shipped, lambda moment: self._ship(order.pk, moment))
        self._at(delivered, lambda moment: self._deliver(order, moment))
        if order.kind == "retail" and self.random.random() < 0.06:
            moment_of_refund = delivered + timedelta(days=self.random.uniform(0.5, 5))
            self._at(moment_of_refund, lambda moment: self._refund_piece(order.pk, moment))
        self._at(delivered + timedelta(days=7), lambda moment: self._complete(order.pk, moment))

    def _pay(self, order_id: int, method: str, now: datetime) -> None:
        reference = f"{now:%Y%m%d%H%M%S}{order_id:08d}"
        pay_order.pay_order(order_id=order_id, method=method, reference=reference, now=now)

    def _ship(self, order_id: int, now: datetime) -> None:
        digits = str(self.random.randrange(10**12, 10**13))
        carrier = self.random.choice(list(CARRIERS))
        beginning, length = CARRIERS[carrier]
        number = f"{beginning}{digits[:length]}"
        ship_order.ship_order(order_id=order_id, carrier=carrier, tracking_number=number, now=now)

    def _deliver(self, order: Order, now: datetime) -> None:
        close_order.deliver_order(order_id=order.pk, now=now)
        if order.kind == "retail":
            self.delivered.append(order.pk)

    def _complete(self, order_id: int, now: datetime) -> None:
        close_order.complete_order(order_id=order_id, now=now)

    def _cancel(self, order_id: int, now: datetime) -> None:
        close_order.cancel_order(order_id=order_id, now=now)

    def _refund_all(self, order_id: int, now: datetime) -> None:
        refund_order.refund_everything(order_id=order_id, reason="拍错了", now=now)

    def _refund_piece(self, order_id: int, now: datetime) -> None:
        refund_order.refund_order(
            order_id=order_id,
            lines=[refund_order.RefundRequest(1, 1)],
            restock=self.random.random() < 0.5,
            reason=self.random.choice(REASONS),
            now=now,
        )

    def _replenish(self, now: datetime) -> None:
        """Restock goods that fell under their threshold."""
        scarce = {row.variant_id: row for row in stock.list_stock(low=True)}
        lines = [
            inventory.ReceiptLine(one.variant_id, scarce[one.variant_id].low_stock_threshold * 3, one.unit_cost)
            for one in self.articles
            if one.variant_id in scarce
        ]
        if lines:
            inventory.receive(lines=lines, reference=f"补货 {clock.business_date(now)}", now=now)

    # --- who and what ---

    def _choose(self, count: int) -> list[Article]:
        chosen: dict[str, Article] = {}
        while len(chosen) < count:
            one = self.random.choices(self.articles, [article.popularity for article in self.articles])[0]
            chosen[one.sku] = one
        return list(chosen.values())

    def _agent(self) -> Seller:
        """Draw an agent. Some sell far more than others: the weight falls with the place in the list of each level."""
        weights = [1 / (1 + place % 14) for place in range(len(self.sellers))]
        return self.random.choices(self.sellers, weights)[0]
