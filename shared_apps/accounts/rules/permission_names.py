"""Names of the permissions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text

# How the consoles call them.
PERMISSION_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "catalog.view": _("Goods: see"),
        "catalog.edit": _("Goods: change"),
        "catalog.cost": _("Goods: see costs"),
        "pricing.view": _("Prices: see"),
        "pricing.edit": _("Prices: change"),
        "agents.view": _("Agents: see"),
        "agents.edit": _("Agents: change"),
        "agents.approve": _("Agents: approve and suspend"),
        "agents.sensitive": _("Agents: see ID numbers and bank accounts in full"),
        "agents.levels": _("Agents: change levels and their rules"),
        "agents.import": _("Agents: import a team"),
        "customers.view": _("Customers: see"),
        "customers.edit": _("Customers: change"),
        "inventory.view": _("Stock: see"),
        "inventory.receive": _("Stock: receive"),
        "inventory.adjust": _("Stock: correct"),
        "inventory.transfer": _("Stock: transfer between warehouses"),
        "inventory.count": _("Stock: count"),
        "inventory.approve": _("Stock: approve stocktakes"),
        "inventory.edit": _("Stock: change warehouses and alerts"),
        "shipping.view": _("Shipping: see"),
        "shipping.edit": _("Shipping: change freight and carriers"),
        "orders.view": _("Orders: see"),
        "orders.place": _("Orders: place"),
        "orders.discount": _("Orders: give discounts, set prices"),
        "orders.sample": _("Orders: give samples"),
        "orders.change": _("Orders: change before shipping"),
        "orders.pay": _("Orders: record payments"),
        "orders.ship": _("Orders: ship"),
        "orders.cancel": _("Orders: cancel"),
        "orders.after_sale": _("Orders: handle after-sales"),
        "orders.receive": _("Orders: receive and inspect returned goods"),
        "orders.refund": _("Orders: refund"),
        "orders.import": _("Orders: import"),
        "orders.settings": _("Orders: change settings"),
        "finance.view": _("Ledger: see"),
        "finance.post": _("Ledger: post"),
        "commissions.view": _("Commissions: see"),
        "commissions.edit": _("Commissions: change plans"),
        "commissions.payout": _("Commissions: pay out"),
        "invoicing.view": _("Invoices: see"),
        "invoicing.issue": _("Invoices: issue"),
        "insights.view": _("Dashboard: see"),
        "console.share": _("Lists: save views for everybody"),
        "accounts.manage": _("People and API keys: manage"),
        "billing.view": _("Plan and invoices: see"),
        "billing.manage": _("Plan and payment: change"),
        "support.ask": _("Support: ask"),
        "support.grant": _("Support: let in"),
        "tenants.view": _("Brands: see"),
        "tenants.edit": _("Brands: change domains and owner's access"),
        "tenants.archive": _("Brands: archive, restore and move"),
        "billing.edit": _("Billing: change plans and subscriptions"),
        "billing.record": _("Billing: record bank transfers"),
        "billing.approve": _("Billing: approve bank transfers"),
        "support.view": _("Support: see tickets and notes"),
        "support.answer": _("Support: answer tickets"),
        "support.visit": _("Support: visit brands by consent"),
        "support.emergency": _("Support: visit brands in an emergency"),
        "support.announce": _("Support: announce"),
        "support.advise": _("Support: advise brands"),
        "audit.view": _("Audit log: see"),
        "tenants.extend": _("Brands: extend trials"),
        "tenants.suspend": _("Brands: suspend and resume"),
    }
)
