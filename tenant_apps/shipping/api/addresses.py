"""API of pasted addresses."""

from django.http import HttpRequest
from ninja import Router

from kernel.http.permissions import requires
from tenant_apps.shipping.schemas import addresses as schemas
from tenant_apps.shipping.services import reading

router = Router(tags=["shipping"])


@router.post("/addresses/read", response=schemas.ReadTextOut, summary="Read a pasted address")
@requires("customers.edit")
def read_address(request: HttpRequest, payload: schemas.TextIn) -> reading.ReadText:
    """Receivers, goods and remarks of a chat text; a field that is not sure is blank. Nothing is stored."""
    return reading.read_text(text=payload.text)
