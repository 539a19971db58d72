"""Furnish the demo brand before its first order: staff, goods, levels, prices, agents, customers, stock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from config.demo import people
from config.demo.catalogue import BRAND_NAME, COST_SHARE, HOLDING_DAYS, LEVELS, PRODUCTS, DemoProduct
from kernel.core import clock
from kernel.core.money import ZERO, round_money
from shared_apps.accounts.services import users
from tenant_apps.agents.selectors import agents as agent_selectors
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions.services import plans
from tenant_apps.customers import selectors as customer_selectors
from tenant_apps.customers import services as customers
from tenant_apps.inventory.selectors import stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.invoicing.services import seller
from tenant_apps.orders.services import place_order
from tenant_apps.pricing.services import level_prices as pricing

FIRST_STOCK = 220  # pieces of the most popular variant; others in proportion
SUSPENDED = 1  # of the sixty agents, the last
CONTRACT_MONTHS = 12
GENERAL_DEPOSIT = Decimal("3000.00")  # of the highest level


@dataclass(frozen=True)
class Article:
    """One SKU of the demo brand."""

    variant_id: int
    sku: str
    retail_price: Decimal
    popularity: int

    @property
    def unit_cost(self) -> Decimal:
        return (self.retail_price * COST_SHARE).quantize(Decimal("0.0001"))


@dataclass(frozen=True)
class Seller:
    """An agent who may sell, with the index of the level (0 is the highest)."""

    agent_id: int
    code: str
    level: int


def create_staff(*, password: str) -> dict[str, int]:
    """Create the staff; return user ids by role. The owner is there already."""
    return {
        one.role: users.create_user(name=one.name, role=one.role, email=one.email, password=password).pk
        for one in people.STAFF
    }


def fill_catalogue() -> list[Article]:
    """Put forty products in eight categories on the shelf."""
    categories: dict[str, int] = {}
    articles: list[Article] = []
    for product in PRODUCTS:
        if product.category not in categories:
            place = len(categories)
            categories[product.category] = create_category(name=product.category, position=place).pk
        articles.extend(_add_product(product, categories[product.category]))
    return articles


def _add_product(product: DemoProduct, category_id: int) -> Iterable[Article]:
    row = create_product(name=product.name, category_id=category_id, tax_rate=Decimal("0.13"))
    for position, name in enumerate(product.variants):
        sku = product.sku(position)
        variant = add_variant(product_id=row.pk, sku=sku, retail_price=product.retail_price, name=name)
        yield Article(variant.pk, sku, product.retail_price, max(product.popularity // len(product.variants), 1))
    put_on_shelf(product_id=row.pk, now=clock.now())


def set_levels(articles: list[Article], *, now: datetime) -> list[int]:
    """Create three levels with their prices (whole yuan) and commission plans; return their ids, the highest first."""
    ids = []
    for level in LEVELS:
        is_highest = level.rank == 1
        row = create_level(
            code=level.code,
            name=level.name,
            rank=level.rank,
            contract_months=CONTRACT_MONTHS,
            deposit=GENERAL_DEPOSIT if is_highest else ZERO,
            has_early_access=is_highest,
        )
        ids.append(row.pk)
        pricing.set_level_prices(
            prices=[
                pricing.NewLevelPrice(row.pk, one.variant_id, round_money(round(one.retail_price * level.price_share)))
                for one in articles
            ],
            now=now,
        )
        rates = plans.PlanRates(level.tier1_rate, level.tier2_rate, HOLDING_DAYS)
        plans.set_plan(level_id=row.pk, rates=rates, now=now)
    return ids


def enrol_agents(members: list[people.DemoAgent], level_ids: list[int], *, now: datetime) -> list[Seller]:
    """Enrol the agents; every ninth has a contract that ends soon after the ninety days."""
    ids: list[int] = []
    sellers: list[Seller] = []
    today = clock.business_date(now)
    for place, member in enumerate(members):
        agent = enrol_agent(
            name=member.person.name,
            phone=f"+86{member.person.phone}",
            level_id=level_ids[member.level],
            sponsor_id=None if member.sponsor is None else ids[member.sponsor],
            now=now,
            code=f"HY{place + 1:03d}",
            valid_until=today + timedelta(days=110) if place % 9 == 4 else None,
        )
        ids.append(agent.pk)
        sellers.append(Seller(agent.pk, agent.code, member.level))
    return sellers


def suspend_last(sellers: list[Seller]) -> None:
    """Suspend the last of those who sold, at the end of the ninety days."""
    for one in sellers[-SUSPENDED:]:
        suspend_agent(agent_id=one.agent_id, reason="跨区低价销售,核实中")


def register_customers(persons: list[people.DemoPerson]) -> list[place_order.Buyer]:
    """Create customers with an address each; return them as buyers with their parcels' receiver."""
    buyers = []
    for person in persons:
        customer = customers.ensure_customer(phone=person.phone, name=person.name)
        customers.add_address(
            customer_id=customer.pk,
            receiver_name=person.name,
            receiver_phone=person.phone,
            district_code=person.district_code,
            street=person.street,
        )
        buyers.append(place_order.Buyer(customer_id=customer.pk, receiver=_receiver(customer.pk)))
    return buyers


def _receiver(customer_id: int) -> place_order.Receiver:
    address = customer_selectors.list_addresses(customer_id=customer_id)[0]
    return place_order.Receiver(
        name=address.receiver_name,
        phone=address.receiver_phone,
        province=address.province,
        city=address.city,
        district=address.district,
        address=address.street,
    )


def receiver_of_agent(agent_id: int) -> place_order.Receiver:
    agent = agent_selectors.get_agent(agent_id=agent_id)
    return place_order.Receiver(name=agent.name, phone=agent.phone, province="福建省", city="厦门市", district="思明区")


def receive_first_stock(articles: list[Article], *, now: datetime) -> None:
    """Fill the warehouse by popularity, with a warning when a fifth is left."""
    most = max(one.popularity for one in articles)
    pieces = {one.variant_id: 30 + FIRST_STOCK * one.popularity // most for one in articles}
    inventory.receive(
        lines=[inventory.ReceiptLine(one.variant_id, pieces[one.variant_id], one.unit_cost) for one in articles],
        reference="期初入库",
        now=now,
    )
    for row in stock.list_stock():
        inventory.set_low_stock_threshold(stock_id=row.pk, threshold=pieces[row.variant_id] // 5)


def set_seller() -> None:
    """Set the seller on invoices; the tax number is the example of GB 32100-2015."""
    seller.put_seller_profile(
        seller=seller.NewSeller(
            legal_name=f"{BRAND_NAME}(厦门)有限公司",
            tax_id="91350100M000100Y43",
            address="福建省厦门市思明区示例路 1 号",
            phone="0592-0000000",
            bank_name="示例银行厦门分行",
            bank_account="3500 0000 0000 0000",
        )
    )
