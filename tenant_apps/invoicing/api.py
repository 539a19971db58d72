"""API of invoicing."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Status

from kernel.core import clock
from kernel.core.errors import NotFound
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.schemas import Page
from tenant_apps.invoicing import selectors
from tenant_apps.invoicing.schemas import InvoiceIn, InvoiceOut, ReversalIn, RowId, SellerIn, SellerOut
from tenant_apps.invoicing.services import documents, seller
from tenant_apps.invoicing.states import InvoiceKind

router = Router(tags=["invoicing"])


class SellerProfileNotFound(NotFound):
    code = "seller_profile_not_found"
    title = _("The brand's own invoice details were not entered yet")


@router.get("/seller-profile", response=SellerOut, summary="Get the seller's invoice details")
@requires("invoicing.view")
def get_seller_profile(request: HttpRequest) -> SellerOut:
    profile = selectors.get_seller_profile()
    if profile is None:
        raise SellerProfileNotFound
    return SellerOut.of(profile)


@router.put("/seller-profile", response=SellerOut, summary="Set the seller's invoice details")
@requires("invoicing.issue")
def put_seller_profile(request: HttpRequest, payload: SellerIn) -> SellerOut:
    """Documents issued before keep what they say."""
    return SellerOut.of(seller.put_seller_profile(seller=seller.NewSeller(**payload.dict())))


@router.get("/invoices", response=Page[InvoiceOut], summary="List invoices")
@requires("invoicing.view")
def list_invoices(
    request: HttpRequest,
    order_id: RowId | None = None,
    kind: InvoiceKind | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[InvoiceOut]:
    rows, next_cursor = paginate(selectors.list_invoices(order_id=order_id, kind=kind), cursor=cursor, limit=limit)
    return Page[InvoiceOut](items=[InvoiceOut.of(row) for row in rows], next_cursor=next_cursor)


@router.get("/invoices/{invoice_id}", response=InvoiceOut, summary="Get an invoice")
@requires("invoicing.view")
def get_invoice(request: HttpRequest, invoice_id: RowId) -> InvoiceOut:
    return InvoiceOut.of(selectors.get_invoice(invoice_id=invoice_id))


@router.post("/invoices", response={201: InvoiceOut}, summary="Issue an invoice")
@requires("invoicing.issue")
def issue_invoice(request: HttpRequest, payload: InvoiceIn) -> Status[InvoiceOut]:
    """Bills what was paid and not refunded. An order has one live invoice at most."""
    buyer = documents.Buyer(payload.buyer_kind, payload.buyer_name, payload.buyer_tax_id)
    issued = documents.issue_invoice(order_id=payload.order_id, buyer=buyer, now=clock.now())
    return Status(201, InvoiceOut.of(selectors.get_invoice(invoice_id=issued.pk)))


@router.post("/invoices/{invoice_id}/reverse", response={201: InvoiceOut}, summary="Issue a red-letter invoice")
@requires("invoicing.issue")
def reverse_invoice(request: HttpRequest, invoice_id: RowId, payload: ReversalIn) -> Status[InvoiceOut]:
    """Issues the red letter: the same lines with negative amounts. Once per invoice."""
    red = documents.reverse_invoice(invoice_id=invoice_id, reason=payload.reason, now=clock.now())
    return Status(201, InvoiceOut.of(selectors.get_invoice(invoice_id=red.pk)))
