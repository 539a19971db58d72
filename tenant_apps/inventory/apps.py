from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from console import columns, panels
        from console.columns import AddedColumn
        from tenant_apps.imports.services import importer
        from tenant_apps.inventory.admin.cloud import cloud_stock_of_agent
        from tenant_apps.inventory.admin.stocktake_names import name_stocktakes
        from tenant_apps.inventory.admin.transfer_names import name_transfers
        from tenant_apps.inventory.importers import OpeningStockImporter
        from tenant_apps.inventory.selectors import stock as selectors

        importer.register(OpeningStockImporter())
        panels.register("agents.agent", cloud_stock_of_agent)
        see = "inventory.view"
        columns.register_documents("transfer", name_transfers)
        columns.register_documents("stocktake", name_stocktakes)
        for page, values in (
            ("catalog.product", lambda ids: selectors.get_available_of_products(product_ids=ids)),
            ("catalog.variant", lambda ids: selectors.get_available(variant_ids=ids)),
        ):
            columns.register(page, AddedColumn("available", _("Available"), see, values))
