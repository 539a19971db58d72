"""Create and change warehouses."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.china.divisions import region_name
from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import Refusal, refine_integrity_error
from kernel.database.locks import take_lock
from shared_apps.entitlements.services import features, quotas
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.selectors.warehouses import count_warehouses, get_warehouse
from tenant_apps.inventory.services.booking import AlreadyBooked, UnknownWarehouse
from tenant_apps.inventory.states import SELLING_KINDS, WarehouseKind

MAX_PRIORITY = 9_999
MAX_REGIONS = 100
_TREE = "inventory.warehouses"


class WarehouseCycle(Invalid):
    code = "warehouse_cycle"
    title = _("A warehouse cannot belong to itself, nor to one below it")


class InvalidWarehouse(Invalid):
    code = "invalid_warehouse"
    title = _("The warehouse breaks a rule")


class DefaultWarehouseSells(Conflict):
    code = "default_warehouse_sells"
    title = _("The default warehouse stays open and serves orders: make another one the default first")


class WarehouseChanges(TypedDict, total=False):
    """Fields to change; those left out stay."""

    code: str
    name: str
    kind: str
    parent_id: int | None
    regions: Sequence[str]
    priority: int
    is_open: bool


REFUSALS: Mapping[str, Refusal] = {
    "inventory_warehouse_code_unique": lambda: AlreadyBooked(_("This code is taken"), field="code"),
    "inventory_default_warehouse_sells": DefaultWarehouseSells,
}


@transaction.atomic
def create_warehouse(
    *,
    code: str,
    name: str,
    kind: str = WarehouseKind.BRANCH,
    parent_id: int | None = None,
    regions: Sequence[str] = (),
    priority: int = 100,
) -> Warehouse:
    """Create a warehouse; one that sells counts for the plan.

    Raises AlreadyBooked when the code is taken, InvalidWarehouse, UnknownWarehouse, QuotaExceeded, FeatureNotInPlan
    (for a second one).
    """
    take_lock(_TREE)
    if kind in SELLING_KINDS:
        quotas.take("warehouses")
        if count_warehouses():
            features.ensure_feature("multi_warehouse")
    made = Warehouse(
        code=code, name=name, kind=kind, parent_id=parent_id, regions=_clean_regions(regions), priority=priority
    )
    if kind not in {*SELLING_KINDS, WarehouseKind.DAMAGED}:
        raise InvalidWarehouse(_("Goods on their way are kept by the program itself"), field="kind")
    _ensure_valid(made)
    with refine_integrity_error(REFUSALS), transaction.atomic():
        made.save()
    audit.record(action="inventory.create_warehouse", subject=f"warehouse:{made.pk}", after=_facts(made))
    return made


@transaction.atomic
def change_warehouse(*, warehouse_id: int, changes: WarehouseChanges) -> Warehouse:
    """Change a warehouse. One that sells stays one: its plan's place is taken, and damaged goods are not for sale.

    Raises WarehouseNotFound, WarehouseCycle, InvalidWarehouse, UnknownWarehouse, DefaultWarehouseSells, AlreadyBooked.
    """
    take_lock(_TREE)
    warehouse = get_warehouse(warehouse_id=warehouse_id)
    before = _facts(warehouse)
    old_kind = warehouse.kind
    for name, value in changes.items():
        setattr(warehouse, name, value)
    warehouse.regions = _clean_regions(warehouse.regions)
    if warehouse.kind != old_kind and not {warehouse.kind, old_kind} <= set(SELLING_KINDS):
        raise InvalidWarehouse(_("Only main warehouse, branch and store change into each other"), field="kind")
    _ensure_valid(warehouse)
    if warehouse.is_default and not warehouse.is_open:
        raise DefaultWarehouseSells(field="is_open")
    with refine_integrity_error(REFUSALS), transaction.atomic():
        warehouse.save()
    after = _facts(warehouse)
    if after != before:
        changed = {name: value for name, value in after.items() if value != before[name]}
        audit.record(
            action="inventory.change_warehouse",
            subject=f"warehouse:{warehouse.pk}",
            before={name: before[name] for name in changed},
            after=changed,
        )
    return warehouse


@transaction.atomic
def make_default(*, warehouse_id: int) -> Warehouse:
    """Let receipts and counts that name no warehouse mean this one. Raises WarehouseNotFound, DefaultWarehouseSells."""
    take_lock(_TREE)
    warehouse = get_warehouse(warehouse_id=warehouse_id)
    if not warehouse.sells:
        raise DefaultWarehouseSells(_("Only a warehouse that is open and serves orders can be the default"))
    Warehouse.objects.filter(is_default=True).update(is_default=False)
    warehouse.is_default = True
    warehouse.save(update_fields=["is_default"])
    audit.record(action="inventory.change_warehouse", subject=f"warehouse:{warehouse.pk}", after={"is_default": True})
    return warehouse


def ensure_place(*, kind: WarehouseKind) -> Warehouse:
    """Return the brand's place for goods in transit or damaged, made where there is none; it counts for no plan."""
    found = Warehouse.objects.filter(kind=kind).order_by("id").first()
    if found is not None:
        return found
    with transaction.atomic():
        take_lock(_TREE)
        names = {
            WarehouseKind.TRANSIT: ("TRANSIT", gettext("Goods in transit")),
            WarehouseKind.DAMAGED: ("DAMAGED", gettext("Damaged goods")),
        }
        code, name = names[kind]
        found = Warehouse.objects.filter(kind=kind).order_by("id").first()
        if found is None:
            taken = set(Warehouse.objects.filter(code__startswith=code).values_list("code", flat=True))
            free = next(one for one in (code, *(f"{code}-{number}" for number in range(2, 99))) if one not in taken)
            found = Warehouse.objects.create(code=free, name=name, kind=kind, priority=MAX_PRIORITY)
    return found


def _clean_regions(regions: Sequence[str]) -> list[str]:
    """Return the codes sorted, without those that another one begins. Raises InvalidWarehouse."""
    wrong = [one for one in regions if region_name(one) is None]
    if wrong:
        detail = _("No region has the code %(code)s") % {"code": wrong[0]}
        raise InvalidWarehouse(errors=[FieldError("regions", "unknown_region", detail)])
    if len(regions) > MAX_REGIONS:
        raise InvalidWarehouse(_("At most 100 regions: a province stands for all that is in it"), field="regions")
    kept: list[str] = []
    for code in sorted(set(regions)):
        if not any(code.startswith(one) for one in kept):
            kept.append(code)
    return kept


def _ensure_valid(warehouse: Warehouse) -> None:
    if not 0 <= warehouse.priority <= MAX_PRIORITY:
        raise InvalidWarehouse(_("A priority is between 0 and 9999"), field="priority")
    parents = dict(Warehouse.objects.values_list("id", "parent_id"))
    if warehouse.parent_id is None:
        return
    if warehouse.parent_id not in parents:
        raise UnknownWarehouse(field="parent_id")
    above: int | None = warehouse.parent_id
    while above is not None:
        if above == warehouse.pk:
            raise WarehouseCycle(field="parent_id")
        above = parents[above]


def _facts(warehouse: Warehouse) -> dict[str, object]:
    names = ("code", "name", "kind", "parent_id", "regions", "priority", "is_open")
    return {name: getattr(warehouse, name) for name in names}
