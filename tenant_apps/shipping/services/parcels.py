"""Record parcels that leave, and correct what is written on them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid
from kernel.events import due
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.rules.carriers import find_carrier
from tenant_apps.shipping.selectors.parcels import lock_parcel
from tenant_apps.shipping.states import ON_THE_WAY, ParcelState

MAX_WEIGHT = 1_000_000
POLL_WORK: Final = "shipping.poll_tracks"
POLL_FIRST: Final = timedelta(hours=2)


class InvalidWeight(Invalid):
    code = "invalid_weight"
    title = _("A parcel weighs up to 1,000,000 g")


@dataclass(frozen=True, slots=True)
class PackedLine:
    """Pieces of one line of the source."""

    line: int
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewParcel:
    """A parcel as it is packed: for whom, what is in it, how it travels. `weight_grams` 0 means not weighed."""

    source: str
    contents: Sequence[PackedLine]
    carrier: str = ""
    tracking_number: str = ""
    receiver: Mapping[str, object] = field(default_factory=dict)
    warehouse_id: int | None = None
    weight_grams: int = 0
    carrier_reason: str = ""
    reference: str = ""
    note: str = ""


@transaction.atomic
def send_parcel(*, new: NewParcel, seq: int, cost: Decimal, now: datetime) -> Parcel:
    """Record a parcel that leaves now, number `seq` of its source, with its goods' cost. Raises InvalidWeight."""
    if not 0 <= new.weight_grams <= MAX_WEIGHT:
        raise InvalidWeight(field="weight_grams")
    parcel = build_parcel(new, seq, now)
    parcel.cost = cost
    parcel.save(force_insert=True)
    _watch(parcel, now)
    return parcel


def build_parcel(new: NewParcel, seq: int, now: datetime) -> Parcel:
    """Return a parcel that leaves now, not yet written."""
    known = find_carrier(new.carrier)
    return Parcel(
        source=new.source,
        seq=seq,
        state=ParcelState.ISSUED,
        carrier=new.carrier,
        carrier_code=known.code if known else "",
        carrier_reason=new.carrier_reason[:200],
        tracking_number=new.tracking_number,
        reference=new.reference,
        note=new.note[:200],
        contents=[asdict(line) for line in new.contents],
        receiver=dict(new.receiver),
        warehouse_id=new.warehouse_id,
        weight_grams=new.weight_grams,
        created_at=now,
        shipped_at=now,
    )


def send_prepared(*, parcel_id: int, cost: Decimal, warehouse_id: int | None, now: datetime) -> Parcel:
    """Record that a parcel which was being packed leaves now. Raises ParcelNotFound."""
    parcel = lock_parcel(parcel_id)
    parcel.state = ParcelState.ISSUED
    parcel.shipped_at = now
    parcel.cost = cost
    parcel.warehouse_id = warehouse_id
    parcel.save(update_fields=["state", "shipped_at", "cost", "warehouse_id"])
    _watch(parcel, now)
    return parcel


def _watch(parcel: Parcel, now: datetime) -> None:
    """Let the carrier be asked for the parcel some time after it left, where it may be asked."""
    if parcel.tracking_number and parcel.carrier_code:
        due.note(POLL_WORK, at=now + POLL_FIRST)


@transaction.atomic
def correct_parcel(*, parcel_id: int, carrier: str, tracking_number: str) -> Parcel:
    """Replace carrier and tracking number. Raises ParcelNotFound."""
    parcel = lock_parcel(parcel_id)
    known = find_carrier(carrier)
    parcel.carrier = carrier
    parcel.carrier_code = known.code if known else ""
    parcel.carrier_reason = ""
    parcel.tracking_number = tracking_number
    parcel.save(update_fields=["carrier", "carrier_code", "carrier_reason", "tracking_number"])
    return parcel


def end_parcels(*, source: str, state: ParcelState, now: datetime) -> None:
    """Record by hand that all that is on the way of a source is signed for, or back with the sender."""
    signed = {"signed_at": now} if state == ParcelState.SIGNED else {}
    Parcel.objects.filter(source=source, state__in=ON_THE_WAY).update(state=state, **signed)
