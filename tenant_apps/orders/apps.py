from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from console import columns, panels
        from tenant_apps.imports.services import importer
        from tenant_apps.orders.admin import lists_below
        from tenant_apps.orders.admin.after_sales import name_after_sales
        from tenant_apps.orders.admin.agent_panel import orders_of_agent
        from tenant_apps.orders.importers import OrderImporter, TrackingImporter
        from tenant_apps.orders.services import ship_orders
        from tenant_apps.shipping.services import jobs

        panels.register("agents.agent", orders_of_agent)
        panels.register("customers.customer", lists_below.orders_of_customer)
        panels.register("customers.customer", lists_below.refunds_of_customer)
        panels.register_entries("customers.customer", lists_below.happenings_of_customer)
        panels.register("catalog.product", lists_below.orders_of_product)
        for column in lists_below.CUSTOMER_COLUMNS:
            columns.register("customers.customer", column)
        columns.register_documents("order", lists_below.name_orders)
        columns.register_documents("after_sale", name_after_sales)
        importer.register(OrderImporter())
        importer.register(TrackingImporter())
        jobs.register(ship_orders.RUNNER)
