"""Events that shipping publishes to the apps above."""

from dataclasses import dataclass
from datetime import datetime

from kernel.events.outbox import event


@event("shipping.parcel_signed")
@dataclass(frozen=True, slots=True)
class ParcelSigned:
    """The receiver has the parcel, by what its carrier told."""

    parcel_id: int
    source: str
    signed_at: datetime


@event("shipping.track_pushed")
@dataclass(frozen=True, slots=True)
class TrackPushed:
    """快递鸟 sent tracks; `body` is its RequestData, whose signature was checked."""

    body: str
