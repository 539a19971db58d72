"""The parcels of an order's page: what is in each, and how far it got."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.display import Tone
from console.timeline import Entry
from kernel.core.errors import Text
from tenant_apps.shipping.selectors.carriers import find_number_warning
from tenant_apps.shipping.selectors.parcels import Happening, Parcel, get_happenings
from tenant_apps.shipping.states import ParcelState

PARCEL_TONES: dict[str, Tone] = {
    ParcelState.PREPARED: "warning",
    ParcelState.ISSUED: "info",
    ParcelState.PICKED_UP: "info",
    ParcelState.IN_TRANSIT: "info",
    ParcelState.OUT_FOR_DELIVERY: "info",
    ParcelState.AT_STATION: "info",
    ParcelState.SIGNED: "success",
    ParcelState.TROUBLE: "danger",
    ParcelState.RETURNING: "danger",
    ParcelState.RETURNED: "danger",
}


_ICONS: dict[str, str] = {ParcelState.SIGNED: "done", ParcelState.TROUBLE: "error", ParcelState.RETURNING: "undo"}


@dataclass(frozen=True)
class ParcelBox:
    """One parcel as it is drawn; `warning` is about its number."""

    parcel: Parcel
    tone: Tone
    warning: Text
    entries: Sequence[Entry]

    @property
    def pieces(self) -> int:
        return sum(one["quantity"] for one in self.parcel.contents)


def parcel_boxes(parcels: Sequence[Parcel]) -> list[ParcelBox]:
    """Return the boxes, the latest parcel first."""
    told = get_happenings(parcels=parcels)
    return [
        ParcelBox(
            parcel,
            PARCEL_TONES.get(parcel.state, ""),
            find_number_warning(parcel.carrier, parcel.tracking_number),
            [_entry(one) for one in told[parcel.pk]],
        )
        for parcel in reversed(parcels)
    ]


def _entry(told: Happening) -> Entry:
    icon = _ICONS.get(told.state, "local_shipping")
    return Entry(at=told.occurred_at, icon=icon, title=told.text, detail=told.place)
