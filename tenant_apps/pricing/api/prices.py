"""API that answers for a price and its reason."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.pricing.schemas import prices as schemas
from tenant_apps.pricing.selectors.resolver import resolve_prices

router = Router(tags=["pricing"])


@router.get("/prices", response=schemas.PricesOut, summary="Resolve prices")
@requires("pricing.view")
def ask_prices(request: HttpRequest, question: Query[schemas.PriceQuestion]) -> HttpResponse:
    """For an agent, or a level, up to 1,000 variants at once, now or at another moment."""
    found = resolve_prices(
        agent_id=question.agent_id,
        level_id=question.level_id,
        lines=[(variant_id, question.quantity) for variant_id in question.variant_id],
        as_of=question.as_of or clock.now(),
    )
    wanted = dict.fromkeys((variant_id, question.quantity) for variant_id in question.variant_id)
    return FastJson({"items": [schemas.price_row(found[line]) for line in wanted if line in found]})
