"""A small shop to trade in: goods in stock, a service, a network of three agents with prices for their level."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Sum

from kernel.core import clock
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions.models import CommissionEntry, OpeningBalance, Payout
from tenant_apps.commissions.states import PayoutState
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, place_retail_order
from tenant_apps.pricing.services import level_prices as pricing

OPENED = datetime(2026, 1, 5, 2, tzinfo=UTC)
PHONE = "+8613800000001"


@dataclass(frozen=True)
class Shop:
    """Goods are "G-01" …, at 10.00, 20.00 … retail and 4.00, 8.00 … cost; "POST" is a service at 15.00."""

    skus: tuple[str, ...]
    variant_ids: tuple[int, ...]
    service_sku: str
    hua: Agent  # sponsors mei
    mei: Agent  # sponsors ling
    ling: Agent


def open_shop(*, goods: int = 3, pieces: int = 100) -> Shop:
    """Open it in the current brand; every good has `pieces` in stock."""
    skus = []
    ids = []
    product = create_product(name="面霜", tax_rate=Decimal("0.13"))
    for number in range(1, goods + 1):
        price = Decimal(10 * number)
        variant = add_variant(product_id=product.pk, sku=f"G-{number:02}", name=f"{number} 号", retail_price=price)
        skus.append(variant.sku)
        ids.append(variant.pk)
    put_on_shelf(product_id=product.pk, now=clock.now())
    postage = create_product(name="加急费", kind="service", tax_rate=Decimal("0.06"))
    add_variant(product_id=postage.pk, sku="POST", retail_price=Decimal("15.00"))
    put_on_shelf(product_id=postage.pk, now=clock.now())
    inventory.receive(
        lines=[inventory.ReceiptLine(one, pieces, Decimal(4 * number)) for number, one in enumerate(ids, start=1)],
        reference="opening",
        now=OPENED,
    )
    level = create_level(code="GOLD", name="金牌", rank=1)
    pricing.set_level_prices(
        prices=[
            pricing.NewLevelPrice(level_id=level.pk, variant_id=one, price=Decimal(7 * number))
            for number, one in enumerate(ids, start=1)
        ],
        now=clock.now(),
    )
    hua = _join("HUA", level.pk, None)
    mei = _join("MEI", level.pk, hua)
    return Shop(tuple(skus), tuple(ids), "POST", hua, mei, _join("LING", level.pk, mei))


def _join(name: str, level_id: int, sponsor: Agent | None) -> Agent:
    return enrol_agent(
        name=name,
        phone=f"+86199{sum(map(ord, name)):08}",
        level_id=level_id,
        sponsor_id=sponsor.pk if sponsor else None,
        now=OPENED,
        code=name,
    )


def sell(
    *wanted: tuple[str, int], agent_code: str | None = None, discount: str = "0.00", freight: str = "0.00"
) -> Order:
    """Place a retail order by a known phone number."""
    return place_retail_order(
        lines=[NewLine(sku, quantity) for sku, quantity in wanted],
        buyer=Buyer(phone=PHONE, name="王芳"),
        agent_code=agent_code,
        adjustments=OrderAdjustments(discount=Decimal(discount), freight=Decimal(freight)),
        now=clock.now(),
    )


def balance_of(code: AccountCode) -> Decimal:
    """The ledger's balance of an account now."""
    return finance.trial_balance().balance_of(code)


def goods_in_stock() -> Decimal:
    """The cost of all goods on hand (money)."""
    return Stock.objects.aggregate(total=Sum("value"))["total"] or Decimal("0.00")


def owed_to_agents() -> Decimal:
    """The brand's debt to all agents: opening balances and accruals, less reversals and payouts made."""
    rows = (OpeningBalance.objects, CommissionEntry.objects, Payout.objects.filter(state=PayoutState.PAID))
    opening, entries, paid = (one.aggregate(total=Sum("amount"))["total"] or Decimal("0.00") for one in rows)
    return opening + entries - paid


def assert_books_are_sound() -> None:
    """The ledger balances, goods on the books are the goods in stock, and no stock is negative or oversold."""
    balance = finance.trial_balance()
    assert balance.difference == 0
    assert balance.balance_of(AccountCode.GOODS) == goods_in_stock()
    for stock in Stock.objects.all():
        assert 0 <= stock.reserved <= stock.on_hand
        assert stock.value >= 0
        assert stock.on_hand or not stock.value
