"""Warehouses: their tree, their regions, the default one; and orders served over all of them."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Stock, Warehouse
from tenant_apps.inventory.selectors.reservations import list_reservations
from tenant_apps.inventory.selectors.stock import get_available
from tenant_apps.inventory.selectors.warehouses import count_warehouses, get_default_warehouse_id, get_warehouse
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services import warehouses as services
from tenant_apps.inventory.states import WarehouseKind
from tenant_apps.orders.services.place_order import Buyer, NewLine, Receiver, place_retail_order
from tests.factories.api_client import ApiClient
from tests.factories.parallel import AtOnce
from tests.factories.trade import OPENED, Shop, open_shop

NANSHAN = Receiver("张三", "13800000000", "广东省", "深圳市", "南山区", "科技园 1 栋")


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each in the main warehouse."""
    return open_shop()


def open_branch(code: str, *, stocked: dict[int, int] | None = None, regions: tuple[str, ...] = ()) -> Warehouse:
    branch = services.create_warehouse(code=code, name=f"{code} 仓", regions=regions)
    lines = [inventory.ReceiptLine(variant, pieces, Decimal(5)) for variant, pieces in (stocked or {}).items()]
    if lines:
        inventory.receive(lines=lines, reference=f"in-{code}", warehouse_id=branch.pk, now=OPENED)
    return branch


@pytest.mark.django_db
def test_an_order_is_served_from_the_receivers_region_in_as_few_parcels_as_can_be(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    south = open_branch("SOUTH", stocked={one: 150, two: 3}, regions=("44",))

    def place(*wanted: tuple[str, int]) -> dict[tuple[str, str], int]:
        lines = [NewLine(sku, pieces) for sku, pieces in wanted]
        order = place_retail_order(lines=lines, buyer=Buyer(receiver=NANSHAN), now=clock.now())
        held = list_reservations(source=f"order:{order.pk}")
        return {(part.warehouse_code, part.sku): part.open for part in held}

    assert place(("G-01", 2), ("G-02", 3)) == {("SOUTH", "G-01"): 2, ("SOUTH", "G-02"): 3}
    assert place(("G-01", 2), ("G-02", 1)) == {("MAIN", "G-01"): 2, ("MAIN", "G-02"): 1}
    assert place(("G-01", 200)) == {("SOUTH", "G-01"): 148, ("MAIN", "G-01"): 52}
    assert get_available(variant_ids=[one, two]) == {one: 46, two: 99}
    services.change_warehouse(warehouse_id=south.pk, changes={"is_open": False})
    with pytest.raises(inventory.InsufficientStock), transaction.atomic():
        place(("G-01", 47))
    assert place(("G-01", 46)) == {("MAIN", "G-01"): 46}


@pytest.mark.django_db
def test_damaged_goods_are_nobodys_to_sell(shop: Shop) -> None:
    place = services.ensure_place(kind=WarehouseKind.DAMAGED)
    one = shop.variant_ids[0]
    line = inventory.ReceiptLine(one, 5, Decimal(1))
    inventory.receive(lines=[line], reference="bad", warehouse_id=place.pk, now=OPENED)
    assert get_available(variant_ids=[one]) == {one: 100}
    assert Stock.objects.get(warehouse=place).available == 0
    assert services.ensure_place(kind=WarehouseKind.DAMAGED) == place
    assert (count_warehouses(), Warehouse.objects.count()) == (1, 2)
    with pytest.raises(inventory.InsufficientStock), transaction.atomic():
        inventory.reserve(source="order:1", lines=[inventory.StockLine(one, 101)], now=OPENED)


@pytest.mark.django_db
def test_places_the_program_makes_find_a_free_code(db: None) -> None:
    services.create_warehouse(code="TRANSIT", name="中转仓")
    assert services.ensure_place(kind=WarehouseKind.TRANSIT).code == "TRANSIT-2"


@pytest.mark.django_db
def test_a_warehouse_never_stands_below_itself(db: None) -> None:
    top = services.create_warehouse(code="TOP", name="总仓", kind="main")
    below = services.create_warehouse(code="MID", name="分仓", parent_id=top.pk)
    store = services.create_warehouse(code="STORE", name="门店", kind="store", parent_id=below.pk)
    for parent in (top, below, store):
        with pytest.raises(services.WarehouseCycle), transaction.atomic():
            services.change_warehouse(warehouse_id=top.pk, changes={"parent_id": parent.pk})
    services.change_warehouse(warehouse_id=store.pk, changes={"parent_id": top.pk})
    services.change_warehouse(warehouse_id=below.pk, changes={"parent_id": None})
    with pytest.raises(IntegrityError, match="inventory_warehouse_not_its_own_parent"), transaction.atomic():
        Warehouse.objects.filter(pk=top.pk).update(parent=top)
    last = AuditRecord.objects.filter(action="inventory.change_warehouse").latest("id")
    assert (last.before, last.after) == ({"parent_id": top.pk}, {"parent_id": None})


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_would_make_a_circle_are_not_both_done(live_brand: Brand, at_once: AtOnce) -> None:
    one, two = (services.create_warehouse(code=code, name=code) for code in ("A", "B"))

    def put(below: Warehouse, above: Warehouse) -> Callable[[], Warehouse]:
        return lambda: services.change_warehouse(warehouse_id=below.pk, changes={"parent_id": above.pk})

    moved = at_once.outcomes([put(one, two), put(two, one)])
    assert sorted(type(outcome).__name__ for outcome in moved) == ["Warehouse", "WarehouseCycle"]


@pytest.mark.django_db
def test_the_default_warehouse_sells_and_is_one(db: None) -> None:
    main = get_default_warehouse_id()
    with pytest.raises(services.DefaultWarehouseSells), transaction.atomic():
        services.change_warehouse(warehouse_id=main, changes={"is_open": False})
    bad = services.create_warehouse(code="BAD", name="次品", kind="damaged")
    with pytest.raises(services.DefaultWarehouseSells), transaction.atomic():
        services.make_default(warehouse_id=bad.pk)
    other = services.create_warehouse(code="NEW", name="新仓")
    services.make_default(warehouse_id=other.pk)
    services.change_warehouse(warehouse_id=main, changes={"is_open": False})
    assert (get_default_warehouse_id(), get_warehouse(warehouse_id=main).sells) == (other.pk, False)
    with pytest.raises(IntegrityError, match="inventory_default_warehouse_sells"), transaction.atomic():
        Warehouse.objects.filter(pk=other.pk).update(is_open=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"regions": ["44", "9999"]}, "unknown_region", "regions"),
        ({"regions": ["44"] * 101}, "invalid_warehouse", "regions"),
        ({"priority": -1}, "invalid_warehouse", "priority"),
        ({"kind": "damaged"}, "invalid_warehouse", "kind"),
        ({"kind": "transit"}, "invalid_warehouse", "kind"),
        ({"parent_id": 10**9}, "unknown_warehouse", "parent_id"),
        ({"code": "MAIN"}, "already_booked", "code"),
    ],
)
def test_bad_values_are_named(changes: services.WarehouseChanges, code: str, field: str) -> None:
    made = services.create_warehouse(code="EAST", name="华东仓", regions=["4403", "44", "33"])
    assert made.regions == ["33", "44"]
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        services.change_warehouse(warehouse_id=made.pk, changes=changes)
    assert [(one.code, one.field) for one in refusal.value.errors] == [(code, field)]
    if "kind" in changes and changes["kind"] == "transit":
        with pytest.raises(services.InvalidWarehouse), transaction.atomic():
            services.create_warehouse(code="T", name="t", kind="transit")


@pytest.mark.django_db
def test_over_http(api: ApiClient) -> None:
    body = {"code": "EAST", "name": "华东仓", "kind": "branch", "regions": ["33", "31"], "priority": 5}
    made = api.post("/api/v1/warehouses", body).json()
    assert (made["regions"], made["is_open"], made["parent_id"]) == (["31", "33"], True, None)
    path = f"/api/v1/warehouses/{made['id']}"
    assert api.patch(path, {"is_open": False}).json() == {**made, "is_open": False}
    assert api.patch(path, {"is_open": True, "regions": []}).json()["regions"] == []
    assert api.get(path).json()["name"] == "华东仓"
    assert api.post(f"{path}/make-default").json()["is_default"] is True
    for bad, field in (({"regions": ["4"]}, "regions.0"), ({"kind": "transit"}, "kind"), ({"name": ""}, "name")):
        answer = api.patch(path, bad)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), bad
    assert api.patch("/api/v1/warehouses/999999999", {"name": "x"}).status_code == 404


@pytest.mark.django_db
def test_in_the_console(db: None, console_as: Callable[[str], Client]) -> None:
    page = console_as("warehouse")
    form = {"code": "EAST", "name": "华东仓", "regions": "浙江省，上海、广东深圳", "kind": "store", "priority": "7"}
    assert page.post("/console/inventory/warehouse/add/", form).status_code == 302
    made = Warehouse.objects.get(code="EAST")
    assert (made.regions, made.kind, made.priority) == (["31", "33", "4403"], "store", 7)
    address = f"/console/inventory/warehouse/{made.pk}/change/"
    assert "浙江省、广东省深圳市" in page.get(address).content.decode()
    for words in ("火星", "南山"):
        answer = page.post(address, {**form, "regions": words, "is_open": "on"})
        assert (answer.status_code, words in answer.content.decode()) == (200, True)
    assert page.post(address, {"code": "EAST", "name": "华东"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.regions, made.kind, made.priority, made.is_open) == ("华东", [], "store", 7, False)
    transit = services.ensure_place(kind=WarehouseKind.TRANSIT)
    assert page.post(f"/console/inventory/warehouse/{transit.pk}/change/", form).status_code == 403
    page.post(address, {"code": "EAST", "name": "华东", "is_open": "on"})
    assert page.post(f"/console/inventory/warehouse/{made.pk}/make_default/").status_code == 302
    assert get_default_warehouse_id() == made.pk
