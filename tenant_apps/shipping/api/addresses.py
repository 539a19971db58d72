"""API of pasted addresses."""

from django.http import HttpRequest
from ninja import Router

from kernel.http.permissions import requires_one_of
from tenant_apps.shipping.schemas import addresses as schemas
from tenant_apps.shipping.services import reading

router = Router(tags=["shipping"])


def _may_read() -> frozenset[str]:
    """Return the permissions of those who type receivers in: with customers, or with orders."""
    return frozenset({"customers.edit", "orders.place"})


@router.post("/addresses/read", response=schemas.ReadTextOut, summary="Read a pasted address")
@requires_one_of(_may_read)
def read_address(request: HttpRequest, payload: schemas.TextIn) -> reading.ReadText:
    """Receivers, goods and remarks of a chat text; a field that is not sure is blank. Nothing is stored."""
    return reading.read_text(text=payload.text)
