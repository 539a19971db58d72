"""Receive Stripe's webhooks, on the platform's own host."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.billing.services import inbox
from shared_apps.billing.services.gateway import WebhookRefused

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive_stripe_event(request: HttpRequest) -> HttpResponse:
    """Store it and answer 200, for one that is known too; the rest is done in a task.

    400 for a signature that is not right or not of now, 413 above 1 MB, 503 where Stripe is not set up. Stripe sends
    again whatever is not answered 2xx.
    """
    try:
        body = request.read(inbox.MAX_BODY + 1)
        inbox.receive_event(body=body, signature=request.headers.get("Stripe-Signature", ""), now=clock.now())
    except WebhookRefused:
        logger.warning("a webhook with a signature that is not right was refused")
        return HttpResponse(status=400)
    except DomainError as refusal:
        return HttpResponse(status=refusal.status)
    return HttpResponse(status=200)
