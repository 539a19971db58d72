"""The API on the platform's own host: sign-up, and what it costs."""

from kernel.http.api import Api
from shared_apps.billing.api import public_router as plans
from shared_apps.tenants.api import router as tenants

api = Api(
    title="Banyan platform API",
    version="1.0.0",
    description="Signing a brand up. What a brand does afterwards is on the brand's own host.",
    urls_namespace="api-public",
)
api.add_router("", tenants)
api.add_router("", plans)
