"""Read warehouses."""

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid, NotFound
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.states import SELLING_KINDS


class NoDefaultWarehouse(Invalid):
    code = "no_default_warehouse"
    title = _("No warehouse is the default one")


class WarehouseNotFound(NotFound):
    code = "warehouse_not_found"
    title = _("No such warehouse")


def count_warehouses() -> int:
    """Count the warehouses that count for the plan: places for damaged goods and for goods on their way do not."""
    return Warehouse.objects.filter(kind__in=SELLING_KINDS).count()


def get_warehouse(*, warehouse_id: int) -> Warehouse:
    """Raises WarehouseNotFound."""
    found = Warehouse.objects.filter(pk=warehouse_id).first()
    if found is None:
        raise WarehouseNotFound
    return found


def get_warehouse_ids() -> dict[str, int]:
    """Map code and name of each warehouse, lower case, to its id; "" is the default one. Codes take precedence."""
    rows = list(Warehouse.objects.order_by("id").values_list("id", "code", "name", "is_default"))
    found = {name.casefold(): warehouse_id for warehouse_id, _code, name, _default in rows}
    found |= {code.casefold(): warehouse_id for warehouse_id, code, _name, _default in rows}
    default = next((warehouse_id for warehouse_id, _code, _name, is_default in rows if is_default), None)
    return found if default is None else found | {"": default}


def get_default_warehouse_id() -> int:
    """Raises NoDefaultWarehouse."""
    found = Warehouse.objects.filter(is_default=True).values_list("id", flat=True).first()
    if found is None:
        raise NoDefaultWarehouse(field="warehouse_id")
    return found


def list_warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.order_by("code", "id"))
