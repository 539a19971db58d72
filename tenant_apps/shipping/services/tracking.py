"""Keep what carriers tell of parcels, and move the parcels by it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.db import transaction
from django.db.models import Min, Q, QuerySet

from kernel.core.errors import DomainError
from kernel.events import outbox
from tenant_apps.shipping.events import ParcelSigned
from tenant_apps.shipping.models import Parcel, TrackingEvent
from tenant_apps.shipping.rules.tracking import NewEvent, Track, compute_progress, read_track
from tenant_apps.shipping.services import kdniao
from tenant_apps.shipping.services.parcels import POLL_WORK
from tenant_apps.shipping.states import ON_THE_WAY, ParcelState

__all__ = ["POLL_WORK", "next_poll", "poll_tracks", "record_push", "record_track"]

POLL_EVERY: Final = timedelta(hours=2)
NUMBERS_PER_POLL: Final = 20
TRACKED_FOR: Final = timedelta(days=60)
_MOVING: Final = (*ON_THE_WAY, ParcelState.SIGNED)


@transaction.atomic
def record_track(*, track: Track, now: datetime) -> int:
    """Keep the events that are new and move the number's parcels; return how many events were new.

    Events may come late, twice and in any order. Publishes ParcelSigned once for a parcel that becomes signed.
    """
    known = TrackingEvent.objects.filter(tracking_number=track.tracking_number).count()
    TrackingEvent.objects.bulk_create(
        (
            TrackingEvent(
                tracking_number=track.tracking_number,
                carrier_code=track.carrier_code,
                occurred_at=event.occurred_at,
                arrived_at=now,
                state=event.state,
                place=event.place,
                text=event.text,
            )
            for event in track.events
        ),
        ignore_conflicts=True,
    )
    told = [
        NewEvent(row.occurred_at, ParcelState(row.state), row.text, row.place)
        for row in TrackingEvent.objects.filter(tracking_number=track.tracking_number).order_by("id")
    ]
    if len(told) > known:
        _move_parcels(track, told)
    return len(told) - known


def _move_parcels(track: Track, told: Sequence[NewEvent]) -> None:
    """Give the parcels under this number the state that follows from all events."""
    progress = compute_progress(told)
    parcels = Parcel.objects.select_for_update(no_key=True).filter(
        tracking_number=track.tracking_number, state__in=(*_MOVING, ParcelState.RETURNED)
    )
    for parcel in parcels.filter(Q(carrier_code=track.carrier_code) | Q(carrier_code="")).order_by("id"):
        if progress is None or (parcel.state, parcel.state_at) == (progress.state, progress.state_at):
            continue
        was_signed = parcel.state == ParcelState.SIGNED
        parcel.state = progress.state
        parcel.state_at = progress.state_at
        parcel.signed_at = progress.signed_at
        parcel.save(update_fields=["state", "state_at", "signed_at"])
        if progress.signed_at is not None and not was_signed:
            outbox.publish(ParcelSigned(parcel.pk, parcel.source, progress.signed_at))


def record_push(*, body: str, now: datetime) -> None:
    """Keep the tracks that 快递鸟 sent; what is no track, or a number of somebody else, changes no parcel."""
    sent = orjson.loads(body)
    rows = sent.get("Data") if isinstance(sent, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, Mapping):
            continue
        try:
            track = read_track(row)
        except ValueError:
            continue
        if Parcel.objects.filter(tracking_number=track.tracking_number).exists():
            record_track(track=track, now=now)


def poll_tracks(*, now: datetime) -> None:
    """Ask 快递鸟 for the parcels that nothing was heard of, 20 numbers a run; one that fails is asked next time."""
    if not kdniao.has_account():
        return
    due = _list_pollable(now).filter(Q(polled_at=None) | Q(polled_at__lte=now - POLL_EVERY))
    for parcel in due.order_by("polled_at", "id")[:NUMBERS_PER_POLL]:
        Parcel.objects.filter(tracking_number=parcel.tracking_number).update(polled_at=now)
        phone = str(parcel.receiver.get("phone") or "")
        try:
            told = kdniao.query_track(code=parcel.carrier_code, number=parcel.tracking_number, phone=phone)
        except DomainError:
            continue
        if told is not None:
            record_track(track=told, now=now)


def next_poll(now: datetime) -> datetime | None:
    """Return when the next parcel is to be asked for; None where nothing is on its way, or no account is kept."""
    waiting = _list_pollable(now)
    if waiting.filter(polled_at=None).exists():
        return now if kdniao.has_account() else None
    first = waiting.aggregate(first=Min("polled_at"))["first"]
    return first + POLL_EVERY if first is not None and kdniao.has_account() else None


def _list_pollable(now: datetime) -> QuerySet[Parcel]:
    on_the_way = Parcel.objects.filter(state__in=ON_THE_WAY, shipped_at__gte=now - TRACKED_FOR)
    return on_the_way.exclude(tracking_number="").exclude(carrier_code="")
