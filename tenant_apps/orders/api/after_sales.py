"""API of after-sales: ask, decide, goods back, settle."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import File, Query, Router
from ninja.files import UploadedFile

from kernel.core import clock
from kernel.core.errors import FieldError
from kernel.http.downloads import send_unchanging
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.orders.models import AfterSale
from tenant_apps.orders.rules.after_sales import InvalidAfterSale
from tenant_apps.orders.schemas import after_sales as schemas
from tenant_apps.orders.selectors import after_sales
from tenant_apps.orders.services import return_days
from tenant_apps.orders.services.after_sales import deciding, goods, photos, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale

router = Router(tags=["after-sales"])


@router.get("/after-sales", response=Page[schemas.AfterSaleRow], summary="List after-sales")
@requires("orders.view")
def list_after_sales(request: HttpRequest, filters: Query[schemas.AfterSaleFilters]) -> HttpResponse:
    """List after-sales, newest first. `waits_for` says who has to act next; `is_overdue` that a refund is late."""
    wanted = filters.model_dump(exclude_none=True, exclude={"cursor", "limit"})
    found = after_sales.list_after_sales(filters=wanted, now=clock.now())
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.after_sale_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/orders/{order_id}/after-sales", response={201: schemas.AfterSaleOut}, summary="Request an after-sale")
@requires("orders.after_sale")
def request(request: HttpRequest, order_id: int, payload: schemas.AfterSaleIn) -> HttpResponse:
    """Ask for a refund, a return or an exchange. Pieces that come back are claimed: nobody asks for them twice."""
    if payload.to_pay and payload.to_refund:
        detail = _("The buyer pays or gets back, not both")
        raise InvalidAfterSale(errors=[FieldError("to_refund", "pays_and_gets_back", detail)])
    made = request_after_sale(order_id=order_id, wanted=payload.as_request(), now=clock.now())
    return _answer(made.pk, status=201)


@router.get("/after-sales/{after_sale_id}", response=schemas.AfterSaleOut, summary="Get an after-sale")
@requires("orders.view")
def get_after_sale(request: HttpRequest, after_sale_id: int) -> HttpResponse:
    """Get an after-sale with its lines, photos and refunds."""
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/approve", response=schemas.AfterSaleOut, summary="Approve an after-sale")
@requires("orders.after_sale")
def approve(request: HttpRequest, after_sale_id: int) -> HttpResponse:
    """Agree to the request: goods may be sent back, money refunded, other goods sent."""
    deciding.approve_after_sale(after_sale_id=after_sale_id, now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/refuse", response=schemas.AfterSaleOut, summary="Refuse an after-sale")
@requires("orders.after_sale")
def refuse(request: HttpRequest, after_sale_id: int, payload: schemas.DecisionIn) -> HttpResponse:
    """Refuse the request; its pieces can be asked for again."""
    deciding.refuse_after_sale(after_sale_id=after_sale_id, reason=payload.reason, now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/cancel", response=schemas.AfterSaleOut, summary="Cancel an after-sale")
@requires("orders.after_sale")
def cancel(request: HttpRequest, after_sale_id: int, payload: schemas.DecisionIn) -> HttpResponse:
    """Withdraw the request before goods came back or money went."""
    deciding.cancel_after_sale(after_sale_id=after_sale_id, reason=payload.reason, now=clock.now())
    return _answer(after_sale_id)


@router.post(
    "/after-sales/{after_sale_id}/goods-sent", response=schemas.AfterSaleOut, summary="Record a parcel sent back"
)
@requires("orders.after_sale")
def goods_sent(request: HttpRequest, after_sale_id: int, payload: schemas.SentIn) -> HttpResponse:
    """Note carrier and tracking number of the goods on their way back."""
    goods.note_goods_sent(
        after_sale_id=after_sale_id,
        carrier=payload.carrier,
        tracking_number=payload.tracking_number,
        now=clock.now(),
    )
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/receive", response=schemas.AfterSaleOut, summary="Receive returned goods")
@requires("orders.receive")
def receive(request: HttpRequest, after_sale_id: int) -> HttpResponse:
    """Note that the parcel is here. The refund is due within seven days."""
    goods.receive_goods(after_sale_id=after_sale_id, now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/inspect", response=schemas.AfterSaleOut, summary="Inspect returned goods")
@requires("orders.receive")
def inspect(request: HttpRequest, after_sale_id: int, payload: schemas.InspectionIn) -> HttpResponse:
    """Take good pieces into stock and damaged ones into the place for them; lost ones are written off."""
    goods.inspect_goods(
        after_sale_id=after_sale_id, lines=payload.as_lines(), warehouse_id=payload.warehouse_id, now=clock.now()
    )
    return _answer(after_sale_id)


@router.post(
    "/after-sales/{after_sale_id}/waive-goods", response=schemas.AfterSaleOut, summary="Leave the goods with the buyer"
)
@requires("orders.after_sale")
def waive_goods(request: HttpRequest, after_sale_id: int, payload: schemas.DecisionIn) -> HttpResponse:
    """Expect the goods no more. They can be asked for again."""
    goods.waive_goods(after_sale_id=after_sale_id, reason=payload.reason, now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/refund", response=schemas.AfterSaleOut, summary="Refund an after-sale")
@requires("orders.refund")
def refund(request: HttpRequest, after_sale_id: int, payload: schemas.SettleIn) -> HttpResponse:
    """Pay back what was asked for, or the lower `amount`, before or after the goods are back."""
    amount: Decimal | None = payload.amount
    settling.refund_after_sale(after_sale_id=after_sale_id, amount=amount, method=payload.method or "", now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/exchange", response=schemas.AfterSaleOut, summary="Send goods in exchange")
@requires("orders.after_sale")
def exchange(request: HttpRequest, after_sale_id: int) -> HttpResponse:
    """Place the exchange order: it costs the difference, or nothing and is paid at once."""
    settling.exchange_goods(after_sale_id=after_sale_id, now=clock.now())
    return _answer(after_sale_id)


@router.post(
    "/after-sales/{after_sale_id}/waive-settlement", response=schemas.AfterSaleOut, summary="Settle nothing after all"
)
@requires("orders.refund")
def waive_settlement(request: HttpRequest, after_sale_id: int, payload: schemas.DecisionIn) -> HttpResponse:
    """Pay and send nothing, as for goods that the buyer spoilt."""
    settling.waive_settlement(after_sale_id=after_sale_id, reason=payload.reason, now=clock.now())
    return _answer(after_sale_id)


@router.post("/after-sales/{after_sale_id}/photos", response={201: schemas.AfterSaleOut}, summary="Add a photo")
@requires("orders.after_sale")
def add_photo(request: HttpRequest, after_sale_id: int, file: File[UploadedFile]) -> HttpResponse:
    """Multipart; JPEG, PNG or WebP of 10 MB at most. It is written anew: only what can be seen is kept."""
    photos.add_photos(after_sale_id=after_sale_id, uploads=[photos.Upload(file.name or "", file)])
    return _answer(after_sale_id, status=201)


@router.get("/after-sales/{after_sale_id}/photos/{key}", response={200: None}, summary="Download a photo")
@requires("orders.view")
def get_photo(request: HttpRequest, after_sale_id: int, key: str) -> HttpResponse:
    """The picture as it was kept."""
    photo = after_sales.get_photo(after_sale_id=after_sale_id, key=key)
    return send_unchanging(request, photo.path, digest=photo.digest, name=photo.name, content_type=photo.content_type)


@router.get("/after-sale-settings", response=schemas.ReturnDays, summary="Get the settings of after-sales")
@requires("orders.view")
def get_settings(request: HttpRequest) -> dict[str, object]:
    """Get the days of the right of return."""
    return {"return_days": after_sales.get_return_days()}


@router.put("/after-sale-settings", response=schemas.ReturnDays, summary="Change the settings of after-sales")
@requires("orders.refund")
def change_settings(request: HttpRequest, payload: schemas.ReturnDays) -> dict[str, object]:
    """The law grants seven days; a brand may grant more."""
    return_days.set_return_days(days=payload.return_days)
    return {"return_days": payload.return_days}


def _answer(after_sale_id: int, *, status: int = 200) -> FastJson:
    found: AfterSale = after_sales.get_after_sale(after_sale_id=after_sale_id)
    return FastJson(schemas.after_sale_body(found), status=status)
