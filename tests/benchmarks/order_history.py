"""A million orders of three years in a brand, with customers, agents and products, made in two minutes by COPY."""

import io
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

from psycopg2 import extensions

ORDERS = 1_000_000
CUSTOMERS = 300_000
AGENTS = 5_000
PRODUCTS = 400
NEWEST = datetime(2026, 11, 30, tzinfo=UTC)
SECONDS_APART = 94  # a million of them are three years
RETIRED = 7  # of the products: the best seller until two years ago, and not sold since
CHUNK = 50_000

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉梅红鑫波辉婷雪琳慧莹佳欣怡宁浩宇轩晨阳思雨梦洁倩颖瑶璐"
_KINDS = ["面霜", "精华液", "洗面奶", "眼霜", "防晒乳", "口红", "粉底液", "护手霜", "沐浴露", "洗发水"]
_CARRIERS = (("顺丰速运", "SF"), ("圆通速递", "YT"), ("中通快递", "73"), ("韵达速递", "43"))


@dataclass(frozen=True)
class Placed:
    """An order as it was made."""

    number: str
    name: str
    phone: str
    tracking: str
    variant_id: int
    agent_id: int


def fill_brand(raw: extensions.connection) -> list[Placed]:
    """Fill an empty brand over a bare connection into its schema; return a sample of the orders."""
    luck = random.Random(7)
    raw.autocommit = True
    with raw.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is made here refers to what is made here
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ANY(%s)",
            [_SORTED_LATER],
        )
        later = [definition for (definition,) in cursor.fetchall()]
        cursor.execute("DROP INDEX {}, {}".format(*_SORTED_LATER))
        _make_goods()
        _make_agents(luck)
        copy(
            cursor,
            "customers_customer (id, name, phone, channel, external_id, notes, terms, created_at, updated_at)",
            _customers(luck),
        )
        sample: list[Placed] = []
        orders = _orders(luck, sample)
        while piece := list(islice(orders, CHUNK)):
            copy(cursor, f"orders_order ({', '.join(_COLUMNS)})", (row for row, _terms in piece))
            copy(cursor, "orders_ordersearch (order_id, terms)", ((row[0], terms) for row, terms in piece))
        for definition in later:
            cursor.execute(definition)
        for table in ("orders_order", "orders_ordersearch", "customers_customer", "agents_agent", "catalog_variant"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return sample


_SORTED_LATER = ["orders_search_terms", "customers_customer_terms"]
_COLUMNS = (
    "id",
    "number",
    "kind",
    "channel_id",
    "customer_id",
    "agent_id",
    "receiver",
    "state",
    "payment_state",
    "fulfilment_state",
    "goods_amount",
    "total",
    "carrier",
    "tracking_number",
    "placed_at",
    "paid_at",
    "shipped_at",
)


def copy(cursor: extensions.cursor, target: str, rows: Iterable[tuple[object, ...]]) -> None:
    """COPY rows of plain values; lists become arrays, None is NULL."""
    text = "\n".join("\t".join(map(_field, row)) for row in rows) + "\n"
    cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO(text), 1_048_576)


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    return str(value)


def person(luck: random.Random) -> str:
    """A name; some surnames are far more frequent than others."""
    surname = _SURNAMES[int(luck.random() ** 2 * len(_SURNAMES))]
    return surname + "".join(luck.choice(_GIVEN) for _ in range(luck.choice((1, 2, 2))))


def sku_of(product: int) -> str:
    return f"CREAM-{product:04}"


def _make_goods() -> None:
    from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants

    rows = [
        NewVariant(sku=sku_of(product), name=f"{_KINDS[product % len(_KINDS)]} {product} 号", retail_price=Decimal(88))
        for product in range(1, PRODUCTS + 1)
    ]
    ids = ensure_variants(rows=rows)
    assert all(ids[sku_of(product)] == product for product in range(1, PRODUCTS + 1))


def _make_agents(luck: random.Random) -> None:
    from tenant_apps.agents.models import Agent
    from tenant_apps.agents.services.levels import create_level

    level = create_level(code="GOLD", name="金牌", rank=1)
    agents = (
        Agent(
            id=number,
            code=f"B{number}",
            name=person(luck),
            phone=f"+861{number:010}",
            level=level,
            referral_code=f"R{number}",
            joined_at=NEWEST - timedelta(days=1_200),
        )
        for number in range(1, AGENTS + 1)
    )
    Agent.objects.bulk_create(agents, batch_size=1_000)


def phone_of(customer_id: int) -> str:
    return f"+8613{(customer_id * 7_919 + 123_456_789) % 1_000_000_000:09}"


def _customers(luck: random.Random) -> Iterator[tuple[object, ...]]:
    from tenant_apps.customers.models import Customer

    for customer_id in range(1, CUSTOMERS + 1):
        made = Customer(name=person(luck), phone=phone_of(customer_id))
        yield customer_id, made.name, made.phone, "", "", "", sorted(made.make_terms()), NEWEST, NEWEST


def _orders(luck: random.Random, sample: list[Placed]) -> Iterator[tuple[tuple[object, ...], list[str]]]:
    from tenant_apps.orders.rules.search import Found, order_terms

    for order_id in range(1, ORDERS + 1):
        placed_at = NEWEST - timedelta(seconds=SECONDS_APART * (ORDERS - order_id))
        number = f"SO{placed_at:%Y%m%d}-{order_id % 919 + 1:06}{order_id // 919:04}"
        customer_id = int(luck.random() ** 2 * CUSTOMERS) + 1
        agent_id = int(luck.random() ** 3 * AGENTS) + 1
        receiver = {"name": person(luck), "phone": f"+8615{luck.randrange(1_000_000_000):09}", "province": "广东省"}
        carrier, prefix = luck.choice(_CARRIERS)
        tracking = f"{prefix}{luck.randrange(10**12):012}"
        goods = _basket(luck, order_id)
        if order_id % 997 == 0:
            sample.append(Placed(number, receiver["name"], receiver["phone"], tracking, goods[0], agent_id))
        moment = placed_at.isoformat()
        row: tuple[object, ...] = (
            order_id,
            number,
            "retail",
            "manual",
            customer_id,
            agent_id,
            json.dumps(receiver, ensure_ascii=False),
            "completed" if order_id < ORDERS * 0.98 else "open",
            "paid",
            "shipped",
            "88.00",
            "88.00",
            carrier,
            tracking,
            moment,
            moment,
            moment,
        )
        yield row, order_terms(Found(number, "", receiver, customer_id, agent_id, goods, [tracking]))


def _basket(luck: random.Random, order_id: int) -> list[int]:
    """One to three products; a few sell far more than others, and one was retired after a year."""
    goods = {int(luck.random() ** 3 * PRODUCTS) + 1 for _ in range(luck.choice((1, 1, 2, 3)))} - {RETIRED}
    if order_id < ORDERS // 3 and luck.random() < 0.2:
        goods.add(RETIRED)
    return sorted(goods) or [PRODUCTS]
