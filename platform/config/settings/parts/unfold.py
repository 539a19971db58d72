"""The look of both consoles: names, colours, sidebars. `console.sites` names which dictionary is whose."""

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.navigation import Entry, Section, sidebar

# Where a person changes the password: the page that also signs out everywhere else and leaves a trace in the audit log.
CONSOLE_PASSWORD_PAGE = "accounts:password_change"  # noqa: S105 - an address
FORMAT_MODULE_PATH = ["console.formats"]

# A banyan's leaf. Lightness and chroma follow unfold's own scale, so that text on 600 keeps a contrast above 4.5.
BANYAN_GREEN: Final = {
    "50": "oklch(98% .016 165)",
    "100": "oklch(95% .04 165)",
    "200": "oklch(90% .075 165)",
    "300": "oklch(83% .11 164)",
    "400": "oklch(73% .13 163)",
    "500": "oklch(61% .125 162)",
    "600": "oklch(50% .108 162)",
    "700": "oklch(43% .092 163)",
    "800": "oklch(37% .077 164)",
    "900": "oklch(32% .064 165)",
    "950": "oklch(22% .045 166)",
}

_SHARED: Final[dict[str, Any]] = {
    "SITE_SYMBOL": "park",
    "SITE_ICON": lambda request: static("console/banyan.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/banyan.svg")},
    ],
    "STYLES": [lambda request: static("console/console.css"), lambda request: static("console/regions.css")],
    "SCRIPTS": [
        lambda request: static("console/file_inputs.js"),
        lambda request: static("console/dialogs.js"),
        lambda request: static("console/regions.js"),
    ],
    "COLORS": {"primary": BANYAN_GREEN},
    "BORDER_RADIUS": "8px",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("accounts:password_change")},
            {"title": _("Two-step sign-in"), "link": reverse_lazy("accounts:second_step")},
        ]
    },
}

_ORDERS: Final = "orders_order_changelist"

BRAND_NAVIGATION: Final = (
    Section(_("Home"), "home", (Entry(_("Home"), "index"),), is_in_phone_bar=True),
    Section(
        _("Orders"),
        "receipt_long",
        (
            Entry(
                _("Orders"),
                tabs=(
                    Entry(pgettext_lazy("orders", "All"), _ORDERS),
                    Entry(_("To be paid"), _ORDERS, query="waits_for=payment"),
                    Entry(_("To be shipped"), _ORDERS, query="waits_for=shipment"),
                    Entry(_("On their way"), _ORDERS, query="waits_for=delivery"),
                    Entry(_("Refunded"), _ORDERS, query="waits_for=nothing"),
                ),
            ),
            Entry(_("Import orders"), "imports:upload", "orders.import", arguments=("orders",)),
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
                        also=("catalog/products/", "catalog/variant/"),
                    ),
                    Entry(_("Categories"), "catalog_category_changelist"),
                ),
            ),
            Entry(
                _("Prices"),
                tabs=(
                    Entry(_("Price matrix"), "pricing:matrix", "pricing.view"),
                    Entry(_("Level prices"), "pricing_levelprice_changelist"),
                    Entry(_("Discounts"), "pricing_categorydiscount_changelist"),
                    Entry(_("Agreed prices"), "pricing_agentprice_changelist"),
                    Entry(_("Minimum order quantities"), "pricing_minimumlot_changelist"),
                    Entry(_("Suggested retail prices"), "pricing_suggestedretailrange_changelist"),
                    Entry(_("Sales outside the suggestion"), "insights:outside_sales", "pricing.view"),
                    Entry(_("Price changes"), "pricing_pricechange_changelist", also=("pricing/changes/",)),
                ),
            ),
            Entry(
                _("Stock"),
                tabs=(
                    Entry(_("Stock"), "inventory_stock_changelist"),
                    Entry(_("Stock movements"), "inventory_stockmovement_changelist"),
                    Entry(_("Warehouses"), "inventory_warehouse_changelist"),
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
                    Entry(_("Agents"), "agents_agent_changelist", also=("agents-file/", "team/ending/")),
                    Entry(_("Team"), "ranks:team", "agents.view"),
                    Entry(_("Groups of agents"), "agents_agentgroup_changelist", also=("agent-groups/",)),
                    Entry(_("Ranking"), "ranks:ranking", "agents.view"),
                ),
            ),
            Entry(
                _("Applications"),
                tabs=(
                    Entry(_("Review applications"), "recruiting:review", "agents.view"),
                    Entry(_("All applications"), "recruiting_application_changelist"),
                    Entry(_("Application page"), "recruiting:settings", "agents.view", also=("recruiting/consent/",)),
                    Entry(_("Import a team"), "imports:upload", "agents.import", arguments=("team",)),
                ),
            ),
            Entry(
                _("Levels and rules"),
                tabs=(
                    Entry(_("Agent levels"), "agents_level_changelist"),
                    Entry(_("Level rules"), "ranks:rules", "agents.view"),
                    Entry(_("Proposed changes of level"), "ranks:proposals", "agents.view"),
                    Entry(_("Compliance"), "ranks:compliance", "agents.view"),
                ),
            ),
            Entry(_("Links and attribution"), "attribution:policy", "agents.view"),
        ),
        is_in_phone_bar=True,
    ),
    Section(_("Customers"), "person", (Entry(_("Customers"), "customers_customer_changelist"),)),
    Section(
        _("Money"),
        "account_balance_wallet",
        (
            Entry(
                _("Commissions"),
                tabs=(
                    Entry(_("Commissions"), "commissions_commissionentry_changelist"),
                    Entry(_("Commission plans"), "commissions_commissionplan_changelist"),
                ),
            ),
            Entry(_("Payouts"), "commissions_payout_changelist"),
            Entry(
                _("Invoices"),
                tabs=(
                    Entry(_("Invoices"), "invoicing_invoice_changelist"),
                    Entry(_("Invoice details"), "invoicing_sellerprofile_changelist"),
                ),
            ),
            Entry(
                _("Ledger"),
                tabs=(
                    Entry(_("Ledger"), "finance_ledgerentry_changelist"),
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
            Entry(_("Imports"), "imports_importjob_changelist", also=("imports/",)),
            Entry(_("Support"), "support:home", "support.ask"),
            Entry(
                _("Developers and logs"),
                tabs=(
                    Entry(_("API keys"), "accounts_apikey_changelist"),
                    Entry(_("Channels"), "orders_channel_changelist"),
                    Entry(_("Audit log"), "kernel_auditrecord_changelist"),
                    Entry(_("Undelivered events"), "kernel_outboxdelivery_changelist"),
                ),
            ),
        ),
    ),
)

# What a person may begin from anywhere: on the phone's bar, and by the search.
BRAND_ACTS: Final = (
    Entry(_("Receive goods"), "inventory_stock_receive", "inventory.receive", "add_box"),
    Entry(_("New agent"), "agents_agent_add", "agents.approve", "person_add"),
    Entry(_("Book a payment"), _ORDERS, "orders.pay", "payments", query="waits_for=payment"),
    Entry(_("New product"), "catalog_product_add", "catalog.edit", "inventory_2"),
    Entry(_("Import a file"), "imports_importjob_changelist", icon="upload_file"),
)

PLATFORM_ACTS: Final = ()

PLATFORM_NAVIGATION: Final = (
    Section(_("Overview"), "dashboard", (Entry(_("Overview"), "index"),), is_in_phone_bar=True),
    Section(
        _("Brands"),
        "storefront",
        (
            Entry(_("Brands"), "tenants_brand_changelist"),
            Entry(_("Business"), "support:business", "insights.view"),
            Entry(_("Fleet"), "support:fleet", "insights.view"),
            Entry(
                _("Domains"),
                tabs=(
                    Entry(_("Domains"), "tenants_domain_changelist"),
                    Entry(_("Own domains"), "tenants_domainclaim_changelist"),
                ),
            ),
            Entry(
                _("Data"),
                tabs=(
                    Entry(_("Exports"), "tenants_brandexport_changelist"),
                    Entry(_("Archives"), "tenants_brandarchive_changelist"),
                    Entry(_("Moves"), "tenants_brandmove_changelist"),
                ),
            ),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Support"),
        "support_agent",
        (
            Entry(_("Tickets"), "support_ticket_changelist", also=("support/tickets/",)),
            Entry(
                _("Advice"),
                tabs=(
                    Entry(_("To do"), "support:follow_ups", "support.advise"),
                    Entry(_("Follow-ups"), "support_followup_changelist"),
                    Entry(_("Notes"), "support_brandnote_changelist"),
                    Entry(_("Advisers"), "support_adviserassignment_changelist"),
                ),
            ),
            Entry(_("Announcements"), "support_announcement_changelist"),
            Entry(
                _("Support sessions"),
                tabs=(
                    Entry(_("Support sessions"), "support_accessgrant_changelist", also=("support/sessions/",)),
                    Entry(_("Support session log"), "support_accesslogentry_changelist"),
                ),
            ),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Billing"),
        "credit_card",
        (
            Entry(
                _("Subscriptions"),
                tabs=(
                    Entry(_("Subscriptions"), "billing_subscription_changelist"),
                    Entry(_("Billing accounts"), "billing_billingaccount_changelist"),
                    Entry(_("Plan periods"), "billing_planperiod_changelist"),
                    Entry(_("Changes"), "billing_subscriptionchange_changelist"),
                    Entry(_("Reminders"), "billing_reminder_changelist"),
                ),
            ),
            Entry(_("Subscription invoices"), "billing_stripeinvoice_changelist"),
            Entry(_("Bank transfers"), "billing_offlinepayment_changelist"),
            Entry(
                _("Plans"),
                tabs=(
                    Entry(_("Plans"), "billing_plan_changelist"),
                    Entry(_("Versions of plans"), "billing_planversion_changelist"),
                ),
            ),
            Entry(
                _("Stripe"),
                tabs=(
                    Entry(_("Stripe events"), "billing_stripeevent_changelist"),
                    Entry(_("Comparisons"), "billing_stripecomparison_changelist"),
                    Entry(_("Attempts at Stripe"), "billing_stripeattempt_changelist"),
                ),
            ),
        ),
    ),
    Section(
        _("Settings"),
        "settings",
        (
            Entry(_("Support staff"), "accounts_user_changelist"),
            Entry(_("Audit log"), "kernel_auditrecord_changelist"),
            Entry(_("Undelivered events"), "kernel_outboxdelivery_changelist"),
        ),
    ),
)

UNFOLD_BRAND: Final[dict[str, Any]] = {
    **_SHARED,
    "SITE_TITLE": "console.branding.brand_title",
    "SITE_HEADER": "console.branding.brand_title",
    "SITE_SUBHEADER": "console.branding.brand_subheader",
    "SITE_URL": None,  # a brand's host has no other page yet than the console
    "ENVIRONMENT": "console.branding.trial_badge",
    "DASHBOARD_CALLBACK": "tenant_apps.insights.views.dashboard.dashboard_context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": sidebar("brand", BRAND_NAVIGATION),
    },
    "COMMAND": {"search_models": True, "show_history": True},
}

UNFOLD_PLATFORM: Final[dict[str, Any]] = {
    **_SHARED,
    "SITE_TITLE": _("Banyan platform"),
    "SITE_HEADER": _("Banyan platform"),
    "SITE_SUBHEADER": _("Support console"),
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "shared_apps.support.views.overview.dashboard_context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": sidebar("platform", PLATFORM_NAVIGATION),
    },
    "COMMAND": {"search_models": True, "show_history": True},
}
