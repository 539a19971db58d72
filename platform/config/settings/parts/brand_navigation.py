"""List what a brand's console offers, by job: sections, pages, tabs, and acts that may begin anywhere."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.navigation import Entry, Section

_ORDERS: Final = "orders_order_changelist"
_AFTER_SALES: Final = "orders_aftersale_changelist"

SECTIONS: Final = (
    Section(
        _("Home"),
        "home",
        (Entry(_("Home"), "index"), Entry(_("Sales report"), "insights:sales_report", "insights.view")),
        is_in_phone_bar=True,
    ),
    Section(
        _("Orders"),
        "receipt_long",
        (
            Entry(
                _("Orders"),
                tabs=(
                    Entry(
                        pgettext_lazy("orders", "All"),
                        _ORDERS,
                        purpose=_("Every order of your shops and agents, from payment to delivery."),
                        begin=Entry(_("New order"), "orders:new", "orders.place"),
                    ),
                    Entry(_("To be paid"), _ORDERS, query="waits_for=payment"),
                    Entry(_("To be shipped"), _ORDERS, query="waits_for=shipment"),
                    Entry(_("On their way"), _ORDERS, query="waits_for=delivery"),
                    Entry(_("Refunded"), _ORDERS, query="waits_for=nothing"),
                ),
            ),
            Entry(_("New order"), "orders:new", "orders.place"),
            Entry(
                pgettext_lazy("orders", "After-sales"),
                tabs=(
                    Entry(
                        pgettext_lazy("after-sales", "All"),
                        _AFTER_SALES,
                        purpose=_("Refunds, returns and exchanges that buyers ask for, begun on an order's page."),
                    ),
                    Entry(_("To be decided"), _AFTER_SALES, query="waits_for=review"),
                    Entry(_("To be received"), _AFTER_SALES, query="waits_for=arrival"),
                    Entry(_("To be inspected"), _AFTER_SALES, query="waits_for=inspection"),
                    Entry(_("To be paid back"), _AFTER_SALES, query="waits_for=refund"),
                ),
            ),
            Entry(
                _("Shipping"),
                tabs=(
                    Entry(
                        _("Parcels"),
                        "shipping_parcel_changelist",
                        also=("shipping/jobs/",),
                        purpose=_("Everything that was sent, and how far it got."),
                    ),
                    Entry(_("Rules for carriers"), "shipping:rules", "shipping.view"),
                    Entry(_("Carriers and sender"), "shipping:carriers", "shipping.view"),
                    Entry(_("Label template"), "shipping:template", "shipping.view"),
                    Entry(_("Electronic waybills"), "shipping:account", "shipping.view"),
                ),
            ),
            Entry(
                _("Freight"),
                tabs=(
                    Entry(_("Freight templates"), "shipping:freight", "shipping.view", also=("freight/",)),
                    Entry(_("Freight settings"), "shipping:freight_settings", "shipping.view"),
                ),
            ),
            Entry(_("Import orders"), "imports:upload", "orders.import", arguments=("orders",)),
            Entry(_("Import tracking numbers"), "imports:upload", "orders.ship", arguments=("tracking_numbers",)),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Goods"),
        "inventory_2",
        (
            Entry(
                _("Products"),
                tabs=(
                    Entry(
                        _("Products"),
                        "catalog_product_changelist",
                        purpose=_("What you sell, with its specifications, retail prices and pictures."),
                        begin=Entry(
                            _("Import your own Excel file"), "imports:upload", "catalog.edit", arguments=("products",)
                        ),
                        also=("catalog/products/", "catalog/variant/"),
                    ),
                    Entry(
                        _("Categories"),
                        "catalog_category_changelist",
                        purpose=_("Categories sort your products, and a discount can hold for a whole one."),
                    ),
                ),
            ),
            Entry(
                _("Prices"),
                tabs=(
                    Entry(_("Price matrix"), "pricing:matrix", "pricing.view"),
                    Entry(
                        _("Level prices"),
                        "pricing_levelprice_changelist",
                        purpose=_("A fixed price that a level pays for one SKU; it goes before any discount."),
                        begin=Entry(_("Open the price matrix"), "pricing:matrix", "pricing.edit"),
                    ),
                    Entry(
                        _("Discounts"),
                        "pricing_categorydiscount_changelist",
                        purpose=_(
                            "The share of the retail price that a level pays, for everything or for one category."
                        ),
                    ),
                    Entry(
                        _("Agreed prices"),
                        "pricing_agentprice_changelist",
                        purpose=_("A price agreed with one agent; it goes before the level's."),
                    ),
                    Entry(
                        _("Minimum order quantities"),
                        "pricing_minimumlot_changelist",
                        purpose=_("The fewest pieces that a level must order of a SKU at a time."),
                    ),
                    Entry(
                        _("Suggested retail prices"),
                        "pricing_suggestedretailrange_changelist",
                        purpose=_("The range in which agents are advised to sell."),
                    ),
                    Entry(_("Sales outside the suggestion"), "insights:outside_sales", "pricing.view"),
                    Entry(
                        _("Price changes"),
                        "pricing_pricechange_changelist",
                        also=("pricing/changes/",),
                        purpose=_("Many prices changed at one moment: drafted, looked at, then put in force."),
                    ),
                ),
            ),
            Entry(
                _("Stock"),
                tabs=(
                    Entry(
                        _("Stock"),
                        "inventory_stock_changelist",
                        purpose=_("How many pieces of each SKU stand in which warehouse."),
                        begin=Entry(
                            _("Import opening stock"),
                            "imports:upload",
                            "inventory.adjust",
                            arguments=("opening_stock",),
                        ),
                    ),
                    Entry(
                        _("Stock movements"),
                        "inventory_stockmovement_changelist",
                        purpose=_("Every receipt, shipment, return and count, as it happened."),
                    ),
                    Entry(
                        _("Cloud stock"),
                        "inventory_cloudstock_changelist",
                        purpose=_("Goods that agents have bought and you keep for them."),
                    ),
                    Entry(
                        _("Cloud stock statement"),
                        "inventory_cloudmovement_changelist",
                        purpose=_("Every restock into and dispatch out of cloud stock, with the balance after it."),
                    ),
                    Entry(
                        _("Batches"),
                        "inventory_batch_changelist",
                        also=("inventory/batchmovement/",),
                        purpose=_("Batches with their expiry: on hand, near expiry, and the orders that got them."),
                    ),
                    Entry(
                        _("Transfers"),
                        "inventory_transfer_changelist",
                        purpose=_("Goods on their way from one warehouse to another."),
                    ),
                    Entry(
                        _("Stocktakes"),
                        "inventory_stocktake_changelist",
                        also=("inventory/stocktakes/",),
                        purpose=_("Goods counted on the shelf and compared with the books."),
                    ),
                    Entry(_("Stock report"), "inventory:report", "catalog.cost"),
                    Entry(
                        _("Sold beyond stock"),
                        "inventory_backorder_changelist",
                        purpose=_("Presales and backorders: what which order waits for, and until which day."),
                    ),
                    Entry(_("Stock check"), "inventory:check", "inventory.view"),
                    Entry(_("Warehouses"), "inventory_warehouse_changelist", purpose=_("Places where stock is kept.")),
                ),
            ),
        ),
    ),
    Section(
        _("Agents"),
        "diversity_3",
        (
            Entry(
                _("Agents"),
                tabs=(
                    Entry(
                        _("Agents"),
                        "agents_agent_changelist",
                        also=("agents-file/", "team/ending/"),
                        purpose=_("The people who sell your goods, each with a level and a sponsor."),
                        begin=Entry(_("Import a team"), "imports:upload", "agents.import", arguments=("team",)),
                    ),
                    Entry(_("Team"), "ranks:team", "agents.view"),
                    Entry(
                        _("Groups of agents"),
                        "agents_agentgroup_changelist",
                        also=("agent-groups/",),
                        purpose=_("Groups hold agents you want to look at together, such as a region's."),
                    ),
                    Entry(_("Ranking"), "ranks:ranking", "agents.view"),
                ),
            ),
            Entry(
                _("Applications"),
                tabs=(
                    Entry(_("Review applications"), "recruiting:review", "agents.view"),
                    Entry(
                        pgettext_lazy("agents", "All applications"),
                        "recruiting_application_changelist",
                        purpose=_("Applications from your application page come here for review."),
                        begin=Entry(_("Application page"), "recruiting:settings", "agents.view"),
                    ),
                    Entry(_("Application page"), "recruiting:settings", "agents.view", also=("recruiting/consent/",)),
                    Entry(_("Import a team"), "imports:upload", "agents.import", arguments=("team",)),
                ),
            ),
            Entry(
                _("Levels and rules"),
                tabs=(
                    Entry(
                        _("Agent levels"),
                        "agents_level_changelist",
                        purpose=_("Levels decide prices, commissions and what an agent may do; 1 is the highest."),
                    ),
                    Entry(_("Level rules"), "ranks:rules", "agents.view"),
                    Entry(_("Proposed changes of level"), "ranks:proposals", "agents.view"),
                    Entry(_("Compliance"), "ranks:compliance", "agents.view"),
                ),
            ),
            Entry(_("Links and attribution"), "attribution:policy", "agents.view"),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Customers"),
        "person",
        (
            Entry(
                _("Customers"),
                "customers_customer_changelist",
                purpose=_("Buyers, from your orders or from a file."),
                begin=Entry(_("Import customers"), "imports:upload", "customers.edit", arguments=("customers",)),
            ),
        ),
    ),
    Section(
        _("Money"),
        "account_balance_wallet",
        (
            Entry(
                _("Commissions"),
                tabs=(
                    Entry(
                        _("Commissions"),
                        "commissions_commissionentry_changelist",
                        purpose=_("What agents earn on paid orders; each entry shows how it was computed."),
                        begin=Entry(_("Commission plans"), "commissions_commissionplan_changelist"),
                    ),
                    Entry(
                        _("Commission plans"),
                        "commissions_commissionplan_changelist",
                        purpose=_("What a level earns on its own sales and on those of the agents it sponsors."),
                    ),
                ),
            ),
            Entry(
                _("Payouts"),
                "commissions_payout_changelist",
                purpose=_("Money agents ask for: reviewed here, then paid by your bank."),
            ),
            Entry(
                _("Invoices"),
                tabs=(
                    Entry(
                        _("Invoices"),
                        "invoicing_invoice_changelist",
                        purpose=_("VAT invoices issued for orders, and red-letter ones that reverse them."),
                    ),
                    Entry(
                        _("Invoice details"),
                        "invoicing_sellerprofile_changelist",
                        purpose=_("Your company's name and tax number, as invoices print them."),
                    ),
                ),
            ),
            Entry(
                _("Ledger"),
                tabs=(
                    Entry(
                        _("Ledger"),
                        "finance_ledgerentry_changelist",
                        purpose=_("Every booking of money, written by orders, stock and payouts."),
                    ),
                    Entry(_("Ledger accounts"), "finance_account_changelist"),
                ),
            ),
        ),
    ),
    Section(
        _("Settings"),
        "settings",
        (
            Entry(_("Plan and billing"), "billing:plan", "billing.view"),
            Entry(_("Staff"), "accounts_user_changelist"),
            Entry(_("Order settings"), "orders:settings", "orders.settings"),
            Entry(
                _("Imports"),
                "imports_importjob_changelist",
                also=("imports/",),
                purpose=_("Files you imported: what was taken, what was refused and why."),
            ),
            Entry(_("Support"), "support:home", "support.ask"),
            Entry(
                _("Developers and logs"),
                tabs=(
                    Entry(
                        _("API keys"),
                        "accounts_apikey_changelist",
                        purpose=_("Keys for your own programs, such as a shop's or an ERP's."),
                    ),
                    Entry(_("Channels"), "orders_channel_changelist"),
                    Entry(_("Audit log"), "kernel_auditrecord_changelist"),
                    Entry(
                        _("Undelivered events"),
                        "kernel_outboxdelivery_changelist",
                        purpose=_("Events that are still to be delivered or were given up; usually there are none."),
                    ),
                ),
            ),
        ),
    ),
)

# What a person may begin from anywhere: on the phone's bar, and by the search.
ACTS: Final = (
    Entry(_("New order"), "orders:new", "orders.place", "receipt_long"),
    Entry(_("Receive goods"), "inventory_stock_receive", "inventory.receive", "add_box"),
    Entry(_("New agent"), "agents_agent_add", "agents.approve", "person_add"),
    Entry(_("Book a payment"), _ORDERS, "orders.pay", "payments", query="waits_for=payment"),
    Entry(_("New product"), "catalog_product_add", "catalog.edit", "inventory_2"),
    Entry(_("Import a file"), "imports_importjob_changelist", icon="upload_file"),
)
