"""The API on the platform's own host: sign-up."""

from ninja import NinjaAPI

from kernel.http.problems import install_error_handlers
from kernel.http.rendering import FastRenderer, StrictParser
from shared_apps.tenants.api import router as tenants

api = NinjaAPI(
    title="Banyan platform API",
    version="1.0.0",
    description="Signing a brand up. What a brand does afterwards is on the brand's own host.",
    renderer=FastRenderer(),
    parser=StrictParser(),
    urls_namespace="api-public",
)
install_error_handlers(api)
api.add_router("", tenants)
