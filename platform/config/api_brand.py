"""The API on a brand's host. The list of routers is the table of contents."""

from ninja import Router

from config.authentication import API_AUTHENTICATION
from kernel.http.api import Api
from shared_apps.accounts.api import router as accounts
from shared_apps.billing.api import router as billing
from shared_apps.support.api import router as support
from tenant_apps.agents.api import router as agents
from tenant_apps.attribution.api import router as attribution
from tenant_apps.catalog.api import router as catalog
from tenant_apps.commissions.api import router as commissions
from tenant_apps.customers.api import router as customers
from tenant_apps.finance.api import router as finance
from tenant_apps.imports.api import router as imports
from tenant_apps.insights.api import router as insights
from tenant_apps.inventory.api import router as inventory
from tenant_apps.invoicing.api import router as invoicing
from tenant_apps.orders.api import router as orders
from tenant_apps.pricing.api import router as pricing
from tenant_apps.ranks.api import router as ranks
from tenant_apps.recruiting.api import router as recruiting
from tenant_apps.shipping.api import router as shipping

api = Api(
    title="Banyan brand API",
    version="1.0.0",
    description="Everything a brand does, on the brand's own host. Authenticate with `Authorization: Bearer bny_…`.",
    urls_namespace="api-brand",
    auth=API_AUTHENTICATION,
)

# Addresses are tried in this order: what is asked most often stands first.
ROUTERS: list[Router] = [
    orders,
    catalog,
    pricing,
    agents,
    attribution,
    recruiting,
    ranks,
    shipping,  # before customers, whose /addresses/{address_id} would take /addresses/read
    customers,
    inventory,
    commissions,
    finance,
    invoicing,
    insights,
    imports,
    accounts,
    billing,
    support,
]
for router in ROUTERS:
    api.add_router("", router)
