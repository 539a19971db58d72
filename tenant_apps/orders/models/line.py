"""Table of order lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import orjson
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField, RateField, UnitPriceField
from tenant_apps.orders.models.order import Order
from tenant_apps.orders.rules.fulfilment import Shippable
from tenant_apps.orders.rules.lines import PricedLine
from tenant_apps.orders.rules.parts import ShippedLine, add_costs, spread_costs

INSERT_LINES = """
    INSERT INTO orders_orderline (order_id, line_no, variant_id, sku, name, is_stocked, quantity, unit_price, discount,
        goods_amount, tax_rate, parts)
    VALUES """
# Services and free gifts cost nothing.
MARK_SHIPPED = """
    UPDATE orders_orderline AS line
    SET shipped_quantity = line.shipped_quantity + parcel.quantity,
        cost = line.cost + parcel.cost,
        parts = parcel.parts
    FROM unnest(%s::bigint[], %s::int[], %s::numeric[], %s::jsonb[]) AS parcel (id, quantity, cost, parts)
    WHERE line.id = parcel.id
"""
GIVE_BACK = """
    UPDATE orders_orderline AS line
    SET refunded_quantity = line.refunded_quantity + back.quantity,
        refunded_amount = line.refunded_amount + back.amount,
        refunded_shipped_quantity = line.refunded_shipped_quantity + back.shipped,
        returned_quantity = line.returned_quantity + back.returned,
        returned_cost = line.returned_cost + back.cost
    FROM unnest(%s::bigint[], %s::int[], %s::numeric[], %s::int[], %s::numeric[], %s::int[])
        AS back (id, quantity, amount, returned, cost, shipped)
    WHERE line.id = back.id
"""
# What an after-sale claims, and what its inspection makes of the claim: taken into stock, or written off.
MOVE_GOODS = """
    UPDATE orders_orderline AS line
    SET claimed_quantity = line.claimed_quantity + back.claimed,
        returned_quantity = line.returned_quantity + back.returned,
        written_off_quantity = line.written_off_quantity + back.written_off,
        returned_cost = line.returned_cost + back.cost
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::numeric[])
        AS back (id, claimed, returned, written_off, cost)
    WHERE line.id = back.id
"""
LINE_VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def _frozen(parts: Sequence[tuple[int, int]]) -> str:
    if not parts:
        return "[]"
    return orjson.dumps([{"variant_id": variant_id, "quantity": quantity} for variant_id, quantity in parts]).decode()


@dataclass(frozen=True, slots=True)
class LineRefund:
    """One refund on one line: pieces and money refunded, pieces and cost returned to stock.

    `shipped` of the refunded pieces had been shipped before.
    """

    line: "OrderLine"
    quantity: int
    amount: Decimal
    returned: int
    cost: Decimal
    shipped: int


@dataclass(frozen=True, slots=True)
class GoodsChange:
    """Differences of one line's pieces that come back; `cost` is that of the returned ones."""

    line: "OrderLine"
    claimed: int = 0
    returned: int = 0
    written_off: int = 0
    cost: Decimal = ZERO


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def insert(self, order_id: int, lines: Sequence[PricedLine]) -> None:
        values: list[int | str | Decimal] = []
        for line in lines:
            article = line.article
            values += (
                order_id,
                line.line_no,
                article.variant_id,
                line.sku,
                article.name,
                article.is_stocked,
                line.quantity,
                line.unit_price,
                line.discount,
                line.goods_amount,
                article.tax_rate,
                _frozen(article.parts),
            )
        with connection.cursor() as cursor:
            cursor.execute(INSERT_LINES + ", ".join([LINE_VALUES] * len(lines)), values)

    def exchange(self, lines: Sequence["OrderLine"], wanted: Sequence[PricedLine]) -> None:
        """Replace the goods of each line by those of the priced line at its place; pieces and money stay."""
        for line, new in zip(lines, wanted, strict=True):
            line.variant_id = new.article.variant_id
            line.sku = new.sku
            line.name = new.article.name
            line.is_stocked = new.article.is_stocked
            line.parts = [{"variant_id": variant_id, "quantity": pieces} for variant_id, pieces in new.article.parts]
        self.bulk_update(lines, ["variant_id", "sku", "name", "is_stocked", "parts"])

    def mark_shipped(
        self, lines: Sequence["OrderLine"], pieces: Mapping[int, int], costs: Mapping[int, Decimal]
    ) -> None:
        """Add a parcel's pieces (by line number) and their cost (money by variant id), here and in the loaded lines."""
        leaving = [line for line in lines if line.line_no in pieces]
        parcel = spread_costs(
            [ShippedLine(line.pk, line.variant_id, pieces[line.line_no], line.parts) for line in leaving], costs
        )
        rows = []
        for line in leaving:
            line.shipped_quantity += pieces[line.line_no]
            line.cost += parcel[line.pk].cost
            line.parts = add_costs(line.parts, parcel[line.pk].parts)
            rows.append((line.pk, pieces[line.line_no], parcel[line.pk].cost, orjson.dumps(line.parts).decode()))
        with connection.cursor() as cursor:
            cursor.execute(MARK_SHIPPED, [list(column) for column in zip(*rows, strict=True)])

    def give_back(self, refunds: Sequence[LineRefund]) -> None:
        """Add the refunds to their lines, in the database and in the loaded objects."""
        for one in refunds:
            one.line.refunded_quantity += one.quantity
            one.line.refunded_amount += one.amount
            one.line.returned_quantity += one.returned
            one.line.returned_cost += one.cost
            one.line.refunded_shipped_quantity += one.shipped
        rows = ((one.line.pk, one.quantity, one.amount, one.returned, one.cost, one.shipped) for one in refunds)
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, [list(column) for column in zip(*rows, strict=True)])

    def move_goods(self, changes: Sequence[GoodsChange]) -> None:
        """Apply the changes to their lines, in the database and in the loaded objects."""
        for one in changes:
            one.line.claimed_quantity += one.claimed
            one.line.returned_quantity += one.returned
            one.line.written_off_quantity += one.written_off
            one.line.returned_cost += one.cost
        rows = ((one.line.pk, one.claimed, one.returned, one.written_off, one.cost) for one in changes)
        with connection.cursor() as cursor:
            cursor.execute(MOVE_GOODS, [list(column) for column in zip(*rows, strict=True)])


class OrderLine(models.Model):
    """One SKU of an order. `goods_amount` is its net goods money, after its share of the discount.

    `cost` is the cost of all shipped pieces, added to by each parcel; `returned_cost` is the part that came back.
    `refunded_shipped_quantity` of the refunded pieces had been shipped, the others are not shipped any more.
    Pieces that came back unfit for any stock are written off: their cost stays spent.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("order"))
    line_no = models.SmallIntegerField(_("line"))
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    sku = models.CharField(_("SKU"), max_length=64)
    name = models.CharField(_("name"), max_length=310)
    is_stocked = models.BooleanField(_("kept in stock"), default=False, db_default=False)
    quantity = models.IntegerField(_("quantity"))
    unit_price = UnitPriceField(_("unit price"))
    discount = MoneyField(_("discount"), default=ZERO, db_default=0)
    goods_amount = MoneyField(_("goods"))
    tax_rate = RateField(_("tax rate"))
    # Of a bundle, as it was made when it was ordered: [{"variant_id", "quantity", "cost" once it is shipped}].
    parts = models.JSONField(_("parts"), default=list, db_default=[], blank=True)
    cost = MoneyField(_("cost"), default=ZERO, db_default=0)
    shipped_quantity = models.IntegerField(_("shipped"), default=0, db_default=0)
    refunded_quantity = models.IntegerField(_("refunded quantity"), default=0, db_default=0)
    refunded_amount = MoneyField(_("refunded"), default=ZERO, db_default=0)
    refunded_shipped_quantity = models.IntegerField(_("refunded after shipping"), default=0, db_default=0)
    returned_quantity = models.IntegerField(_("returned"), default=0, db_default=0)
    returned_cost = MoneyField(_("returned cost"), default=ZERO, db_default=0)
    # Pieces that an open after-sale expects back, and pieces that came back spoilt or were lost on the way.
    claimed_quantity = models.IntegerField(_("expected back"), default=0, db_default=0)
    written_off_quantity = models.IntegerField(_("written off"), default=0, db_default=0)

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order_id", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="orders_line_number_unique"),
            models.CheckConstraint(condition=~Q(quantity=0), name="orders_line_quantity_not_zero"),
            models.CheckConstraint(
                condition=Q(refunded_quantity__gte=0, refunded_quantity__lte=Greatest(F("quantity"), 0)),
                name="orders_line_refunded_quantity_within",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=Greatest(F("goods_amount"), 0)),
                name="orders_line_refunded_within_goods",
            ),
            models.CheckConstraint(
                condition=Q(shipped_quantity__gte=0, shipped_quantity__lte=Greatest(F("quantity"), 0)),
                name="orders_line_shipped_within_ordered",
            ),
            models.CheckConstraint(
                condition=Q(refunded_shipped_quantity__gte=0)
                & Q(refunded_shipped_quantity__lte=F("shipped_quantity"))
                & Q(refunded_shipped_quantity__lte=F("refunded_quantity")),
                name="orders_line_refunded_shipped_within",
            ),
            models.CheckConstraint(
                condition=Q(returned_quantity__gte=0, returned_quantity__lte=F("shipped_quantity")),
                name="orders_line_returned_within_shipped",
            ),
            models.CheckConstraint(
                condition=Q(returned_cost__gte=0, returned_cost__lte=F("cost")), name="orders_line_returned_cost_within"
            ),
            models.CheckConstraint(
                condition=Q(
                    claimed_quantity__gte=0,
                    written_off_quantity__gte=0,
                    shipped_quantity__gte=F("returned_quantity") + F("claimed_quantity") + F("written_off_quantity"),
                ),
                name="orders_line_sent_back_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} × {self.quantity}"

    @property
    def shippable(self) -> Shippable:
        """The line as shipments see it."""
        return Shippable(
            self.line_no,
            self.quantity,
            self.shipped_quantity,
            self.refunded_quantity,
            self.refunded_shipped_quantity,
            self.goods_amount - self.refunded_amount,
        )

    @property
    def open_quantity(self) -> int:
        """Pieces that are still to be shipped, as long as the order is."""
        return self.shippable.open

    @property
    def made_of(self) -> list[tuple[int, int]]:
        """Variants and pieces of each in one piece of the line: itself, or the parts of a bundle."""
        return [(part["variant_id"], part["quantity"]) for part in self.parts] or [(self.variant_id, 1)]

    @property
    def pieces_out(self) -> int:
        """Shipped pieces that neither came back nor are expected back."""
        return self.shipped_quantity - self.returned_quantity - self.claimed_quantity - self.written_off_quantity
