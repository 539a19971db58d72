"""API of shipping: parcels, labels, and how carriers are chosen."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router

from kernel.core import clock
from kernel.http.downloads import send_file
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.shipping.schemas import parcels as schemas
from tenant_apps.shipping.selectors import carriers, parcels
from tenant_apps.shipping.selectors import settings as arranged
from tenant_apps.shipping.services import jobs, waybills
from tenant_apps.shipping.services import settings as services
from tenant_apps.shipping.services.label_jobs import print_labels

router = Router(tags=["shipping"])


@router.get("/parcels", response=Page[schemas.ParcelRow], summary="List parcels")
@requires("shipping.view")
def list_parcels(request: HttpRequest, filters: Query[schemas.ParcelFilters]) -> HttpResponse:
    """List parcels, the latest first; `alarm` keeps those that somebody should look at."""
    wanted = filters.model_dump(exclude_none=True, exclude={"cursor", "limit"})
    found = parcels.list_parcels(filters=wanted, now=clock.now())
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.parcel_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/parcels/labels", response={202: schemas.JobOut}, summary="Print labels")
@requires("orders.ship")
def start_labels(request: HttpRequest, payload: schemas.LabelsIn) -> HttpResponse:
    """Start a job that draws the labels as one PDF; ask for it at `/shipping/jobs/{id}`."""
    job_id = print_labels(parcel_ids=payload.parcel_ids, paper=payload.paper, now=clock.now())
    return FastJson(schemas.job_body(jobs.get_job(job_id=job_id)), status=202)


@router.get("/parcels/{parcel_id}", response=schemas.TrackedParcelOut, summary="Get a parcel")
@requires("shipping.view")
def get_parcel(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Get a parcel with what its carrier told."""
    parcel = parcels.get_parcel(parcel_id=parcel_id)
    return FastJson(schemas.parcel_body(parcel, parcels.get_happenings(parcels=[parcel])[parcel.pk]))


@router.post("/parcels/{parcel_id}/void", response=schemas.TrackedParcelOut, summary="Void a parcel")
@requires("orders.ship")
def void_parcel(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Give up a parcel that has not left; its number goes back to the carrier."""
    return FastJson(schemas.parcel_body(waybills.void_parcel(parcel_id=parcel_id), []))


@router.get("/shipping/jobs/{job_id}", response=schemas.JobOut, summary="Get a shipping job")
@requires("orders.ship")
def get_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Get how far a job got, and what was refused."""
    return FastJson(schemas.job_body(jobs.get_job(job_id=job_id)))


@router.get("/shipping/jobs/{job_id}/file", response={200: None}, summary="Download a job's file")
@requires("orders.ship")
def download_job(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Download what the job made, such as a PDF of labels."""
    job = jobs.get_job(job_id=job_id)
    return send_file(jobs.open_result(job=job), name=f"{job.kind}-{job.pk}.pdf", content_type="application/pdf")


@router.get("/shipping/carriers", response=schemas.CarriersOut, summary="List carriers")
@requires("shipping.view")
def list_carriers(request: HttpRequest) -> dict[str, object]:
    """List the carriers that are known, with their codes at 快递鸟 and 快递100."""
    used = {carrier.code for carrier in carriers.list_carriers()}
    rows = [
        {"code": one.code, "kuaidi100": one.kuaidi100, "name": one.name, "is_used": one.code in used}
        for one in carriers.list_known_carriers()
    ]
    return {"items": rows}


@router.get("/shipping/settings", response=schemas.SettingsOut, summary="Get the settings of shipping")
@requires("shipping.view")
def get_settings(request: HttpRequest) -> dict[str, object]:
    """Get carriers, rules, sender, label template and waybill account."""
    return _settings()


@router.put("/shipping/carrier-rules", response=schemas.SettingsOut, summary="Set the rules for carriers")
@requires("shipping.edit")
def set_rules(request: HttpRequest, payload: schemas.RulesIn) -> dict[str, object]:
    """Replace the rules. The first whose conditions all hold chooses the carrier."""
    rules = [_rule(rule) for rule in payload.rules]
    services.change_rules(rules=rules, usual_carrier=payload.usual_carrier)
    return _settings()


@router.put("/shipping/carriers", response=schemas.SettingsOut, summary="Set carriers and sender")
@requires("shipping.edit")
def set_carriers(request: HttpRequest, payload: schemas.CarriersIn) -> dict[str, object]:
    """Replace which carriers the brand uses, and the sender that labels print."""
    sender = services.Sender(**payload.sender.model_dump())
    services.change_carriers(carriers=payload.carriers, sender=sender)
    return _settings()


@router.put("/shipping/label-template", response=schemas.SettingsOut, summary="Set the label template")
@requires("shipping.edit")
def set_template(request: HttpRequest, payload: schemas.TemplateIn) -> dict[str, object]:
    """Replace the arrangement of the label's own area."""
    template = services.LabelTemplate(tuple(payload.blocks), payload.text, payload.is_masked)
    services.change_template(template=template)
    return _settings()


@router.put("/shipping/waybill-account", response=schemas.SettingsOut, summary="Set the waybill account")
@requires("shipping.edit")
def set_account(request: HttpRequest, payload: schemas.WaybillAccountIn) -> dict[str, object]:
    """Replace the account for electronic waybills. The key is kept encrypted and never shown."""
    services.change_account(account=services.WaybillKeys(payload.business_id, payload.customers, payload.app_key))
    return _settings()


def _rule(rule: schemas.RuleIn) -> services.CarrierRule:
    return services.CarrierRule(
        name=rule.name,
        carrier=rule.carrier,
        regions=tuple(rule.regions),
        warehouses=tuple(rule.warehouses),
        channels=tuple(rule.channels),
        from_grams=rule.from_grams,
        to_grams=rule.to_grams,
        from_value=rule.from_value,
        to_value=rule.to_value,
    )


def _settings() -> dict[str, object]:
    options = arranged.get_options()
    account = options.account
    return {
        "carriers": list(options.carriers),
        "usual_carrier": options.usual_carrier,
        "rules": [asdict(rule) for rule in options.rules],
        "sender": asdict(options.sender),
        "template": asdict(options.template),
        "account": {
            "business_id": account.business_id,
            "customers": dict(account.customers),
            "has_key": bool(arranged.get_waybill_key()),
        },
    }
