"""The look of both consoles: names, colours, sidebars. `console.sites` names which dictionary is whose."""

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from console.navigation import Entry, Group, sidebar

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
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/file_inputs.js")],
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

BRAND_NAVIGATION: Final = (
    Group(
        "",
        (
            Entry(_("Overview"), "dashboard", "index"),
            Entry(_("Orders"), "receipt_long", "orders_order_changelist", "orders.view"),
            Entry(_("Imports"), "upload_file", "imports_importjob_changelist", "orders.import"),
        ),
    ),
    Group(
        _("Goods"),
        (
            Entry(_("Products"), "inventory_2", "catalog_product_changelist", "catalog.view"),
            Entry(_("Categories"), "category", "catalog_category_changelist", "catalog.view"),
            Entry(_("Price matrix"), "grid_on", "pricing:matrix", "pricing.view"),
            Entry(_("Level prices"), "sell", "pricing_levelprice_changelist", "pricing.view"),
            Entry(_("Price changes"), "event_upcoming", "pricing_pricechange_changelist", "pricing.view"),
            Entry(_("Discounts"), "percent", "pricing_categorydiscount_changelist", "pricing.view"),
            Entry(_("Agreed prices"), "handshake", "pricing_agentprice_changelist", "pricing.view"),
            Entry(_("Minimum order quantities"), "package_2", "pricing_minimumlot_changelist", "pricing.view"),
            Entry(
                _("Suggested retail prices"),
                "price_check",
                "pricing_suggestedretailrange_changelist",
                "pricing.view",
            ),
            Entry(_("Sales outside the suggestion"), "query_stats", "insights:outside_sales", "pricing.view"),
            Entry(_("Stock"), "warehouse", "inventory_stock_changelist", "inventory.view"),
            Entry(_("Stock movements"), "swap_vert", "inventory_stockmovement_changelist", "inventory.view"),
            Entry(_("Warehouses"), "store", "inventory_warehouse_changelist", "inventory.view"),
        ),
    ),
    Group(
        _("Agents"),
        (
            Entry(_("Team"), "account_tree", "ranks:team", "agents.view"),
            Entry(_("Agents"), "diversity_3", "agents_agent_changelist", "agents.view"),
            Entry(_("Review applications"), "fact_check", "recruiting:review", "agents.view"),
            Entry(_("Import a team"), "group_add", "recruiting:team_import", "agents.import"),
            Entry(_("Ranking"), "leaderboard", "ranks:ranking", "agents.view"),
            Entry(_("Groups of agents"), "groups", "agents_agentgroup_changelist", "agents.view"),
            Entry(_("Agent levels"), "military_tech", "agents_level_changelist", "agents.view"),
            Entry(_("Level rules"), "rule_settings", "ranks:rules", "agents.view"),
            Entry(_("Proposed changes of level"), "how_to_vote", "ranks:proposals", "agents.view"),
            Entry(_("Application page"), "campaign", "recruiting:settings", "agents.view"),
            Entry(_("Attribution"), "add_link", "attribution:policy", "agents.view"),
            Entry(_("Compliance"), "gavel", "ranks:compliance", "agents.view"),
        ),
        collapsible=True,
    ),
    Group(
        _("People"),
        (Entry(_("Customers"), "person", "customers_customer_changelist", "customers.view"),),
    ),
    Group(
        _("Money"),
        (
            Entry(_("Commissions"), "savings", "commissions_commissionentry_changelist", "commissions.view"),
            Entry(_("Payouts"), "payments", "commissions_payout_changelist", "commissions.view"),
            Entry(_("Commission plans"), "percent", "commissions_commissionplan_changelist", "commissions.view"),
            Entry(_("Invoices"), "description", "invoicing_invoice_changelist", "invoicing.view"),
            Entry(_("Ledger"), "account_balance", "finance_ledgerentry_changelist", "finance.view"),
            Entry(_("Ledger accounts"), "list_alt", "finance_account_changelist", "finance.view"),
        ),
    ),
    Group(
        _("Settings"),
        (
            Entry(_("Plan and billing"), "credit_card", "billing:plan", "billing.view"),
            Entry(_("Support"), "support_agent", "support:home", "support.ask"),
            Entry(_("Staff"), "badge", "accounts_user_changelist", "accounts.manage"),
            Entry(_("API keys"), "key", "accounts_apikey_changelist", "accounts.manage"),
            Entry(_("Channels"), "hub", "orders_channel_changelist", "orders.view"),
            Entry(_("Invoice details"), "receipt", "invoicing_sellerprofile_changelist", "invoicing.view"),
            Entry(_("Audit log"), "history", "kernel_auditrecord_changelist", "accounts.manage"),
            Entry(_("Undelivered events"), "sync_problem", "kernel_outboxdelivery_changelist", "accounts.manage"),
        ),
    ),
)

PLATFORM_NAVIGATION: Final = (
    Group(
        "",
        (
            Entry(_("Overview"), "dashboard", "index"),
            Entry(_("Brands"), "storefront", "tenants_brand_changelist", "tenants.view"),
            Entry(_("Business"), "monitoring", "support:business", "insights.view"),
            Entry(_("Fleet"), "dns", "support:fleet", "insights.view"),
        ),
    ),
    Group(
        _("Support"),
        (
            Entry(_("Tickets"), "contact_support", "support_ticket_changelist", "support.view"),
            Entry(_("To do"), "checklist", "support:follow_ups", "support.advise"),
            Entry(_("Follow-ups"), "add_task", "support_followup_changelist", "support.view"),
            Entry(_("Notes"), "sticky_note_2", "support_brandnote_changelist", "support.view"),
            Entry(_("Advisers"), "support_agent", "support_adviserassignment_changelist", "support.view"),
            Entry(_("Announcements"), "campaign", "support_announcement_changelist", "support.view"),
            Entry(_("Visits"), "visibility", "support_accessgrant_changelist", "support.view"),
            Entry(_("Log of visits"), "plagiarism", "support_accesslogentry_changelist", "support.view"),
        ),
    ),
    Group(
        _("Billing"),
        (
            Entry(_("Plans"), "sell", "billing_plan_changelist", "billing.view"),
            Entry(_("Versions of plans"), "history_edu", "billing_planversion_changelist", "billing.view"),
            Entry(_("Subscriptions"), "card_membership", "billing_subscription_changelist", "billing.view"),
            Entry(_("Subscription invoices"), "receipt_long", "billing_stripeinvoice_changelist", "billing.view"),
            Entry(_("Bank transfers"), "account_balance", "billing_offlinepayment_changelist", "billing.view"),
            Entry(_("Plan periods"), "event_available", "billing_planperiod_changelist", "billing.view"),
            Entry(_("Changes"), "swap_vert", "billing_subscriptionchange_changelist", "billing.view"),
            Entry(_("Stripe events"), "webhook", "billing_stripeevent_changelist", "billing.view"),
            Entry(_("Comparisons"), "compare_arrows", "billing_stripecomparison_changelist", "billing.view"),
            Entry(_("Attempts at Stripe"), "rule", "billing_stripeattempt_changelist", "billing.view"),
            Entry(_("Reminders"), "mail", "billing_reminder_changelist", "billing.view"),
        ),
        collapsible=True,
    ),
    Group(
        _("Data"),
        (
            Entry(_("Domains"), "language", "tenants_domain_changelist", "tenants.view"),
            Entry(_("Own domains"), "add_link", "tenants_domainclaim_changelist", "tenants.view"),
            Entry(_("Exports"), "download", "tenants_brandexport_changelist", "tenants.view"),
            Entry(_("Archives"), "inventory_2", "tenants_brandarchive_changelist", "tenants.view"),
            Entry(_("Moves"), "moving", "tenants_brandmove_changelist", "tenants.view"),
        ),
        collapsible=True,
    ),
    Group(
        _("Settings"),
        (
            Entry(_("Support staff"), "badge", "accounts_user_changelist", "accounts.manage"),
            Entry(_("Audit log"), "history", "kernel_auditrecord_changelist", "audit.view"),
            Entry(_("Undelivered events"), "sync_problem", "kernel_outboxdelivery_changelist", "audit.view"),
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
