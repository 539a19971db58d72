"""Import opening stock from a file with one row per SKU and warehouse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.catalog.selectors.sellable import get_parts, get_variants_by_sku
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow
from tenant_apps.inventory.selectors.warehouses import get_warehouse_ids
from tenant_apps.inventory.services.opening import OpeningLine, find_moved, open_stock, take_back_opening


@dataclass(frozen=True, slots=True)
class StockRow:
    """A parsed row; `warehouse` is a code or a name, "" for the default one."""

    line: int
    sku: str
    warehouse: str
    quantity: int
    unit_cost: Decimal


class OpeningStockImporter(Importer[StockRow, list[OpeningLine]]):
    """Import opening stock at the given cost, all rows or none."""

    kind = "opening_stock"
    label = _("Import opening stock")
    permission = "inventory.adjust"
    reasons = {"bundle": _("A bundle, which has no stock of its own")}
    figures = {"lines": _("SKUs"), "pieces": _("Pieces"), "value": _("Value")}
    done_url = "admin:inventory_stock_changelist"

    def columns(self) -> Sequence[Column]:
        return (
            Column("sku", required=True, example="CREAM-50"),
            Column("quantity", _("Pieces on hand"), ("库存", "库存数量", "期初数量", "现有库存"), True, example="300"),
            Column("cost_price", _("Cost per piece"), ("cost", "单件成本", "期初成本"), True, example="60.00"),
            Column("warehouse", _("Warehouse"), ("仓库", "仓库编码", "仓库名称"), example="MAIN"),
        )

    def read_row(self, row: SourceRow, run: Run) -> StockRow:
        return StockRow(
            row.number,
            row.identifier("sku", required=True).upper(),
            row.identifier("warehouse").casefold(),
            row.whole("quantity", required=True, least=1) or 0,
            row.decimal("cost_price", required=True, places=4) or ZERO,
        )

    def plan(self, rows: Iterator[StockRow], run: Run) -> list[OpeningLine]:
        read = list(rows)
        variants = get_variants_by_sku(skus=[row.sku for row in read], now=clock.now())
        variant_ids = [variant.id for variant in variants.values()]
        bundles = get_parts(variant_ids=variant_ids)
        moved = find_moved(variant_ids=variant_ids)
        warehouses = get_warehouse_ids()
        lines = []
        seen: set[tuple[int, int]] = set()
        for row in read:
            variant = variants.get(row.sku)
            warehouse_id = warehouses.get(row.warehouse)
            if variant is None:
                run.refuse(row.line, "unknown_sku", _("There is no such SKU."), column="sku")
            elif variant.id in bundles:
                run.refuse(row.line, "bundle", _("A bundle has no stock of its own; bring in its parts."), column="sku")
            elif warehouse_id is None:
                run.refuse(row.line, "unknown_warehouse", _("There is no such warehouse."), column="warehouse")
            elif (variant.id, warehouse_id) in seen:
                run.refuse(row.line, "twice_in_file", _("This stands in the file more than once."), column="sku")
            elif (variant.id, warehouse_id) in moved:
                detail = _("This SKU was moved in this warehouse before: correct its stock by a count.")
                run.refuse(row.line, "moved_before", detail, column="sku")
            else:
                seen.add((variant.id, warehouse_id))
                lines.append(OpeningLine(variant.id, warehouse_id, row.quantity, row.unit_cost))
        return lines

    def write(self, plan: list[OpeningLine], run: Run) -> Outcome:
        value = open_stock(lines=plan, reference=_reference(run), now=run.now)
        pieces = sum(line.quantity for line in plan)
        return Outcome({"lines": len(plan), "pieces": pieces, "value": str(value)})

    def undo(self, run: Run) -> None:
        take_back_opening(reference=_reference(run), now=run.now)


def _reference(run: Run) -> str:
    return f"import-{run.job.id}"
