"""Export orders as CSV or XLSX."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from kernel.files.tables import Form, TableFile, write_table
from kernel.privacy.masking import mask_name, mask_phone
from tenant_apps.orders.models.order_export import COLUMNS, read_export_rows
from tenant_apps.orders.models.order_page import Value

logger = logging.getLogger(__name__)


def export_orders(*, filters: Mapping[str, Value | list[int]], form: Form, is_masked: bool = False) -> TableFile:
    """Write the orders that match `filters`, one row per line. The columns can be imported again.

    With `is_masked` names, phone numbers and addresses of people are hidden but for what tells them apart.
    The export goes to the process log, not the audit log, since a read-only brand may export too.
    """
    noted = {key: len(value) if isinstance(value, list) else str(value) for key, value in filters.items()}
    logger.info(
        "orders exported", extra={"export_format": form, "export_filters": noted, "export_is_masked": is_masked}
    )
    rows = read_export_rows(filters)
    return write_table(name="orders", form=form, heading=COLUMNS, rows=map(_mask, rows) if is_masked else rows)


def _mask_address(address: str) -> str:
    return "***" if address else ""


def _mask_customer(customer: str) -> str:
    return mask_phone(customer) if customer.startswith("+") else mask_name(customer)


_MASKS: Final[Mapping[int, Callable[[str], str]]] = {
    list(COLUMNS).index(name): mask
    for name, mask in {
        "customer": _mask_customer,
        "receiver_name": mask_name,
        "receiver_phone": mask_phone,
        "receiver_address": _mask_address,
    }.items()
}


def _mask(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(_MASKS[at](str(cell or "")) if at in _MASKS else cell for at, cell in enumerate(row))
