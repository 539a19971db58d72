"""Read parcels and what their carriers told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.shipping.models import Parcel, TrackingEvent
from tenant_apps.shipping.states import ON_THE_WAY, ParcelState

__all__ = [
    "Happening",
    "Parcel",
    "ParcelNotFound",
    "alarms",
    "count_parcels_of",
    "get_happenings",
    "get_parcel",
    "list_parcels",
    "list_parcels_of",
    "list_parcels_with_numbers",
    "list_prepared_parcels",
    "list_tracking_numbers",
    "list_used_carriers",
    "lock_parcel",
]

NO_PICKUP_AFTER: Final = timedelta(hours=24)
NO_EVENT_AFTER: Final = timedelta(hours=72)


class ParcelNotFound(NotFound):
    code = "parcel_not_found"
    title = _("No such parcel")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a parcel's way, at the carrier's time."""

    occurred_at: datetime
    state: str
    place: str
    text: str


def get_parcel(*, parcel_id: int) -> Parcel:
    parcel = Parcel.objects.filter(pk=parcel_id).first()
    if parcel is None:
        raise ParcelNotFound
    return parcel


def lock_parcel(parcel_id: int) -> Parcel:
    """Lock the parcel, for this app's services. Raises ParcelNotFound."""
    parcel = Parcel.objects.select_for_update(no_key=True).filter(pk=parcel_id).first()
    if parcel is None:
        raise ParcelNotFound
    return parcel


def list_parcels_of(*, source: str) -> list[Parcel]:
    """Return the source's parcels in the order in which they were packed."""
    return list(Parcel.objects.filter(source=source).order_by("seq"))


def list_tracking_numbers(*, sources: Collection[str]) -> dict[str, list[str]]:
    """Map each source to its parcels' numbers, in one statement; sources without any are left out."""
    numbers: dict[str, list[str]] = {}
    parcels = Parcel.objects.filter(source__in=sources).exclude(tracking_number="").order_by("source", "seq")
    for source, number in parcels.values_list("source", "tracking_number"):
        numbers.setdefault(source, []).append(number)
    return numbers


def list_parcels_with_numbers(*, numbers: Collection[str]) -> list[Parcel]:
    """Return the parcels under these tracking numbers, in one statement."""
    return list(Parcel.objects.filter(tracking_number__in=numbers).exclude(tracking_number="").order_by("id"))


def count_parcels_of(*, source: str) -> int:
    return Parcel.objects.filter(source=source).count()


def list_prepared_parcels(*, sources: Collection[str]) -> list[Parcel]:
    """Return the parcels of these sources that are being packed."""
    return list(Parcel.objects.filter(source__in=sources, state=ParcelState.PREPARED).order_by("id"))


def alarms(now: datetime) -> Mapping[str, Q]:
    """Conditions on parcels that somebody should look at, by the kind of alarm."""
    numbered = ~Q(tracking_number="")
    return {
        "no_pickup": numbered & Q(state=ParcelState.ISSUED, shipped_at__lte=now - NO_PICKUP_AFTER),
        "no_event": numbered
        & Q(state__in=ON_THE_WAY, shipped_at__lte=now - NO_EVENT_AFTER)
        & (Q(state_at=None) | Q(state_at__lte=now - NO_EVENT_AFTER)),
        "trouble": Q(state=ParcelState.TROUBLE),
        "going_back": Q(state=ParcelState.RETURNING),
    }


def list_parcels(*, filters: Mapping[str, object], now: datetime) -> QuerySet[Parcel]:
    """List parcels, the latest first. `filters`: state, alarm, source, tracking_number, carrier_code."""
    where = dict(filters)
    parcels = Parcel.objects.order_by("-id")
    alarm = where.pop("alarm", None)
    if alarm is not None:
        parcels = parcels.filter(alarms(now)[str(alarm)])
    return parcels.filter(**where)


def get_happenings(*, parcels: Collection[Parcel]) -> dict[int, list[Happening]]:
    """Map each parcel to what its carrier told, the latest first, in one statement."""
    numbers = {parcel.tracking_number for parcel in parcels if parcel.tracking_number}
    told: dict[str, list[Happening]] = {}
    events = TrackingEvent.objects.filter(tracking_number__in=numbers) if numbers else TrackingEvent.objects.none()
    for event in events.order_by("-occurred_at", "-id"):
        happening = Happening(event.occurred_at, event.state, event.place, event.text)
        told.setdefault(event.tracking_number, []).append(happening)
    return {parcel.pk: told.get(parcel.tracking_number, []) for parcel in parcels}


def list_used_carriers(*, limit: int) -> list[str]:
    """Return the carriers of the latest parcels, the latest first, each once."""
    latest = Parcel.objects.exclude(carrier="").order_by("-id").values_list("carrier", flat=True)[:limit]
    return list(dict.fromkeys(latest))
