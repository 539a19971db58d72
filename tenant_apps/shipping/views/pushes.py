"""Take what carriers send: check the signature, store, answer; the outbox does the rest."""

from typing import Final

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from kernel.core import clock
from kernel.events import outbox
from tenant_apps.shipping.events import TrackPushed
from tenant_apps.shipping.rules.tracking import CHINA
from tenant_apps.shipping.selectors.settings import get_options
from tenant_apps.shipping.services import kdniao

MAX_BODY: Final = 500_000


@csrf_exempt
@require_POST
def push_of_kdniao(request: HttpRequest) -> HttpResponse:
    """Answer 快递鸟's push of tracks (101, 102). The host says whose parcels they are."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        return HttpResponse(status=413)
    data = request.POST.get("RequestData", "")
    if not kdniao.is_signed(data, request.POST.get("DataSign", "")):
        return _answer("DataSign does not fit", status=403)
    try:
        orjson.loads(data)
    except ValueError:
        return _answer("RequestData is no JSON", status=400)
    with transaction.atomic():
        outbox.publish(TrackPushed(data))
    return _answer("")


def _answer(reason: str, status: int = 200) -> JsonResponse:
    body = {
        "EBusinessID": get_options().account.business_id,
        "UpdateTime": clock.now().astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "Success": not reason,
        "Reason": reason,
    }
    return JsonResponse(body, status=status)
