"""API of freight templates, their settings, and quotes."""

from django.http import HttpRequest
from ninja import Router, Status

from kernel.http.permissions import requires
from tenant_apps.shipping.models import FreightTemplate
from tenant_apps.shipping.rules.freight.templates import Charge, GroupValues, read_charge, write_charge
from tenant_apps.shipping.schemas import freight as schemas
from tenant_apps.shipping.selectors import freight as selectors
from tenant_apps.shipping.services import freight, freight_templates

router = Router(tags=["shipping"])


@router.get("/freight-templates", response=schemas.FreightTemplatesOut, summary="List freight templates")
@requires("shipping.view")
def list_freight_templates(request: HttpRequest) -> dict[str, object]:
    """The default one first, then by name; there are at most 200."""
    return {"items": [_body(template) for template in selectors.list_templates()]}


@router.post("/freight-templates", response={201: schemas.FreightTemplateOut}, summary="Add a freight template")
@requires("shipping.edit")
def create_freight_template(request: HttpRequest, payload: schemas.FreightTemplateIn) -> Status[dict[str, object]]:
    """A district goes before its city, a city before its province, a province before `default`."""
    return Status(201, _body(freight_templates.save_template(spec=_spec(payload))))


@router.get("/freight-templates/{template_id}", response=schemas.FreightTemplateOut, summary="Get a freight template")
@requires("shipping.view")
def get_freight_template(request: HttpRequest, template_id: int) -> dict[str, object]:
    return _body(selectors.get_template(template_id=template_id))


@router.put(
    "/freight-templates/{template_id}", response=schemas.FreightTemplateOut, summary="Replace a freight template"
)
@requires("shipping.edit")
def replace_freight_template(
    request: HttpRequest, template_id: int, payload: schemas.FreightTemplateIn
) -> dict[str, object]:
    """Orders keep the freight they were placed with."""
    return _body(freight_templates.save_template(spec=_spec(payload), template_id=template_id))


@router.delete("/freight-templates/{template_id}", response={204: None}, summary="Delete a freight template")
@requires("shipping.edit")
def delete_freight_template(request: HttpRequest, template_id: int) -> Status[None]:
    """Refused while a product names it."""
    freight_templates.delete_template(template_id=template_id)
    return Status(204, None)


@router.get("/freight-settings", response=schemas.FreightSettingsOut, summary="Get the freight settings")
@requires("shipping.view")
def get_freight_settings(request: HttpRequest) -> selectors.FreightSettings:
    """Before anything was decided, the usual region groups."""
    return selectors.get_freight_settings()


@router.put("/freight-settings", response=schemas.FreightSettingsOut, summary="Replace the freight settings")
@requires("shipping.edit")
def replace_freight_settings(request: HttpRequest, payload: schemas.FreightSettingsIn) -> selectors.FreightSettings:
    """Groups that templates use stay."""
    groups: list[GroupValues] = [{"name": group.name, "regions": list(group.regions)} for group in payload.groups]
    return freight_templates.save_freight_settings(combining=payload.combining, groups=groups)


@router.post("/freight/quote", response=schemas.FreightQuoteOut, summary="Quote freight")
@requires("orders.place")
def quote_freight(request: HttpRequest, payload: schemas.FreightQuoteIn) -> dict[str, object]:
    """The freight of goods to a district by the brand's templates. Nothing is stored."""
    goods = [
        freight.FreightGoods(one.pieces, one.grams, one.money, one.template_id, str(place + 1), f"goods.{place}.grams")
        for place, one in enumerate(payload.goods)
    ]
    quote = freight.quote_freight(goods=goods, district_code=payload.district_code)
    return {
        "amount": None if quote is None else quote.amount,
        "explanation": [] if quote is None else freight.explain_freight(shares=quote.shares),
    }


def _spec(payload: schemas.FreightTemplateIn) -> freight_templates.TemplateSpec:
    return freight_templates.TemplateSpec(
        name=payload.name,
        charge_by=payload.charge_by,
        zones=tuple(
            freight_templates.NewZone(tuple(zone.regions), tuple(zone.groups), _charge(zone.charge))
            for zone in payload.zones
        ),
        default=_charge(payload.default),
        is_default=payload.is_default,
    )


def _charge(charge: schemas.ChargeIn | None) -> Charge | None:
    if charge is None:
        return None
    return Charge(
        first=charge.first,
        first_price=charge.first_price,
        step=charge.step,
        step_price=charge.step_price,
        free_amount=charge.free_amount,
        free_pieces=charge.free_pieces,
    )


def _body(template: FreightTemplate) -> dict[str, object]:
    return {
        "id": template.pk,
        "name": template.name,
        "charge_by": template.charge_by,
        "zones": [
            {
                "regions": zone["regions"],
                "groups": zone["groups"],
                "charge": write_charge(read_charge(zone)) if zone["is_served"] else None,
            }
            for zone in template.zones
        ],
        "default": template.default,
        "is_default": template.is_default,
        "updated_at": template.updated_at,
    }
