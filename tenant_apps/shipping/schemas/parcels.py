"""API schemas of parcels, labels and settings."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Id, MoneyIn, MoneyText, OptionalPhoneIn, PageFilters, Strict, Text40, Text60
from tenant_apps.shipping.models import Parcel, ShippingJob
from tenant_apps.shipping.selectors.parcels import Happening
from tenant_apps.shipping.states import ParcelState

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Grams = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Alarm = Literal["no_pickup", "no_event", "trouble", "going_back"]


class ParcelFilters(PageFilters):
    """Filters of parcels: by state, by alarm, by carrier's code, by tracking number, by source such as `order:42`."""

    state: ParcelState | None = None
    alarm: Alarm | None = None
    carrier_code: Text40 | None = None
    tracking_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] | None = None


class PackedLineOut(Schema):
    """Pieces of one line of the source."""

    line: int
    sku: str
    name: str
    quantity: int


class ParcelRow(Schema):
    """A parcel in a list; `reference` is the number of the source's document."""

    id: int
    source: str
    seq: int
    reference: str
    state: str
    carrier: str
    carrier_code: str
    carrier_reason: str
    tracking_number: str
    warehouse_id: int | None
    weight_grams: int
    contents: list[PackedLineOut]
    shipped_at: datetime | None
    state_at: datetime | None
    signed_at: datetime | None


class HappeningOut(Schema):
    """One thing that the carrier told, at the carrier's time."""

    occurred_at: datetime
    state: str
    place: str
    text: str


class TrackedParcelOut(ParcelRow):
    """A parcel with its way, the latest first."""

    events: list[HappeningOut]


class CarrierOut(Schema):
    """A carrier; `code` is 快递鸟's, `kuaidi100` that of 快递100. `is_used` tells whether the brand uses it."""

    code: str
    kuaidi100: str
    name: str
    is_used: bool


class CarriersOut(Schema):
    """All carriers that are known."""

    items: list[CarrierOut]


class RuleIn(Strict):
    """A rule: all conditions that are given have to hold. Ranges are from (inclusive) to (exclusive).

    `regions` are codes of provinces (2 digits), cities (4) and districts (6).
    """

    name: Text60
    carrier: Text40
    regions: list[Code] = Field(default_factory=list, max_length=400)
    warehouses: list[Code] = Field(default_factory=list, max_length=100)
    channels: list[Code] = Field(default_factory=list, max_length=100)
    from_grams: Grams | None = None
    to_grams: Grams | None = None
    from_value: MoneyIn | None = None
    to_value: MoneyIn | None = None


class RulesIn(Strict):
    """The rules in their order; the first that holds chooses. `usual_carrier` is taken where none holds."""

    rules: list[RuleIn] = Field(max_length=50)
    usual_carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""


class RuleOut(Schema):
    """A rule that chooses a carrier."""

    name: str
    carrier: str
    regions: list[str]
    warehouses: list[str]
    channels: list[str]
    from_grams: int | None
    to_grams: int | None
    from_value: MoneyText | None
    to_value: MoneyText | None


class SenderIn(Strict):
    """Sender, as labels print it."""

    name: Words = ""
    phone: OptionalPhoneIn = ""
    province: Words = ""
    city: Words = ""
    district: Words = ""
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class CarriersIn(Strict):
    """Carriers that the brand uses, by code (none: all), and its sender."""

    carriers: list[Code] = Field(max_length=50)
    sender: SenderIn


class TemplateIn(Strict):
    """Arrangement of a label's own area: blocks in their order, an own text. `is_masked` hides the receiver."""

    blocks: list[Code] = Field(max_length=20)
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    is_masked: Annotated[bool, Field(strict=True)] = True


class WaybillAccountIn(Strict):
    """Account at 快递鸟, and accounts with carriers by their codes. Without `app_key` the key that is kept stays."""

    business_id: Words = ""
    customers: dict[str, Words] = Field(default_factory=dict, max_length=50)
    app_key: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class SenderOut(Schema):
    """Sender of the parcels."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


class TemplateOut(Schema):
    """Arrangement of a label's own area."""

    blocks: list[str]
    text: str
    is_masked: bool


class WaybillAccountOut(Schema):
    """Account for electronic waybills; the key is not shown."""

    business_id: str
    customers: dict[str, str]
    has_key: bool


class SettingsOut(Schema):
    """All settings of shipping."""

    carriers: list[str]
    usual_carrier: str
    rules: list[RuleOut]
    sender: SenderOut
    template: TemplateOut
    account: WaybillAccountOut


class LabelsIn(Strict):
    """Parcels whose labels are printed in this order, on label paper (100 × 180 mm) or two a sheet on A4."""

    parcel_ids: list[Id] = Field(min_length=1, max_length=2_000)
    paper: Literal["label", "a4"] = "label"


class RefusalOut(Schema):
    """An item that was refused, and why."""

    label: str
    detail: str


class JobOut(Schema):
    """Work on many parcels: how far it got, and what was refused."""

    id: int
    kind: str
    state: str
    done: int
    total: int
    percent: int
    refusals: list[RefusalOut]
    has_file: bool
    created_at: datetime
    finished_at: datetime | None


def parcel_body(parcel: Parcel, happenings: list[Happening]) -> dict[str, object]:
    """Render a parcel as `TrackedParcelOut`."""
    plain = {name: getattr(parcel, name) for name in ParcelRow.model_fields}
    events = [{name: getattr(one, name) for name in HappeningOut.model_fields} for one in happenings]
    return {**plain, "events": events}


def parcel_row(parcel: Parcel) -> dict[str, object]:
    return {name: getattr(parcel, name) for name in ParcelRow.model_fields}


def job_body(job: ShippingJob) -> dict[str, object]:
    """Render a job as `JobOut`."""
    plain = {name: getattr(job, name) for name in JobOut.model_fields if name not in {"has_file", "refusals"}}
    refusals = [{"label": one["label"], "detail": one["detail"]} for one in job.refusals]
    return {**plain, "refusals": refusals, "has_file": bool(job.stored_as)}
