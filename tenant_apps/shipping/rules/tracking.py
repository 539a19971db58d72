"""Read tracks of 快递鸟, and compute a parcel's state from all that its carrier told.

States: reference/gateways.md 5.1. A track comes whole each time, late, twice or out of order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tenant_apps.shipping.states import ParcelState

CHINA: Final = ZoneInfo("Asia/Shanghai")
MAX_TEXT: Final = 300

# 10 waiting … 418 taken out of a locker; a code that is not listed is read as its first digit.
_STATES: Final[Mapping[str, ParcelState]] = {
    "1": ParcelState.PICKED_UP,
    "2": ParcelState.IN_TRANSIT,
    "3": ParcelState.SIGNED,
    "4": ParcelState.TROUBLE,
    "5": ParcelState.IN_TRANSIT,
    "10": ParcelState.ISSUED,
    "201": ParcelState.IN_TRANSIT,
    "202": ParcelState.OUT_FOR_DELIVERY,
    "204": ParcelState.IN_TRANSIT,
    "205": ParcelState.IN_TRANSIT,
    "206": ParcelState.IN_TRANSIT,
    "211": ParcelState.AT_STATION,
    "301": ParcelState.SIGNED,
    "302": ParcelState.SIGNED,
    "304": ParcelState.SIGNED,
    "311": ParcelState.SIGNED,
    "404": ParcelState.RETURNING,
    "406": ParcelState.RETURNED,
    "407": ParcelState.RETURNING,
    "412": ParcelState.AT_STATION,
    "418": ParcelState.IN_TRANSIT,
    "419": ParcelState.OUT_FOR_DELIVERY,
}
# Of a trace that has no code of its own; the first word that stands in it decides.
_WORDS: Final = (
    ("退回签收", ParcelState.RETURNED),
    ("退签", ParcelState.RETURNED),
    ("退回", ParcelState.RETURNING),
    ("退件", ParcelState.RETURNING),
    ("已签收", ParcelState.SIGNED),
    ("签收", ParcelState.SIGNED),
    ("驿站", ParcelState.AT_STATION),
    ("快递柜", ParcelState.AT_STATION),
    ("丰巢", ParcelState.AT_STATION),
    ("派送", ParcelState.OUT_FOR_DELIVERY),
    ("派件", ParcelState.OUT_FOR_DELIVERY),
    ("揽收", ParcelState.PICKED_UP),
    ("已收件", ParcelState.PICKED_UP),
)
# Of events at the same second the further one counts.
_RANKS: Final = {
    ParcelState.ISSUED: 0,
    ParcelState.PICKED_UP: 1,
    ParcelState.IN_TRANSIT: 2,
    ParcelState.OUT_FOR_DELIVERY: 3,
    ParcelState.AT_STATION: 4,
    ParcelState.TROUBLE: 5,
    ParcelState.SIGNED: 6,
    ParcelState.RETURNING: 7,
    ParcelState.RETURNED: 8,
}
# What may follow a state that otherwise stays.
_UNDONE_BY: Final = {
    ParcelState.SIGNED: frozenset({ParcelState.TROUBLE, ParcelState.RETURNING, ParcelState.RETURNED}),
    ParcelState.RETURNING: frozenset({ParcelState.RETURNED}),
    ParcelState.RETURNED: frozenset[ParcelState](),
}


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One thing that a carrier told, at the carrier's time."""

    occurred_at: datetime
    state: ParcelState
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """Events that are told of one number at once."""

    carrier_code: str
    tracking_number: str
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a parcel: its state, the time of the event that says so, and when it was signed for."""

    state: ParcelState
    state_at: datetime
    signed_at: datetime | None


def compute_progress(events: Iterable[NewEvent]) -> Progress | None:
    """Return the state by carrier time and rank, or None; signed is only undone by trouble or going back."""
    progress: Progress | None = None
    for event in sorted(events, key=lambda one: (one.occurred_at, _RANKS[one.state])):
        if progress is not None and event.state not in _UNDONE_BY.get(progress.state, frozenset(_RANKS)):
            continue
        signed_at = event.occurred_at if event.state == ParcelState.SIGNED else None
        progress = Progress(event.state, event.occurred_at, signed_at)
    return progress


def read_track(told: Mapping[str, object]) -> Track:
    """Read one track of 快递鸟. Raises ValueError for what is none; a trace without time or text is left out."""
    number = str(told.get("LogisticCode") or "").strip()
    code = str(told.get("ShipperCode") or "").strip()
    traces = told.get("Traces")
    if not number or len(number) > 64 or not isinstance(traces, list):
        raise ValueError("no track")
    rows = [trace for trace in traces if isinstance(trace, dict)]
    events = [event for event in map(_read_trace, rows) if event is not None]
    whole = _state_of(str(told.get("StateEx") or "")) or _state_of(str(told.get("State") or ""))
    if events and whole is not None:
        latest = max(range(len(events)), key=lambda index: events[index].occurred_at)
        events[latest] = _told_by_whole(events[latest], whole)
    return Track(code, number, tuple(events))


def _told_by_whole(event: NewEvent, whole: ParcelState) -> NewEvent:
    """Return the latest event with the state of the whole track, which knows more than its words."""
    return NewEvent(event.occurred_at, whole, event.text, event.place)


def _read_trace(trace: Mapping[str, object]) -> NewEvent | None:
    text = " ".join(str(trace.get("AcceptStation") or "").split())
    try:
        moment = datetime.strptime(str(trace.get("AcceptTime")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
    if not text:
        return None
    state = _state_of(str(trace.get("Action") or "")) or _state_by_words(text)
    return NewEvent(moment, state, text[:MAX_TEXT], str(trace.get("Location") or "")[:60])


def _state_of(code: str) -> ParcelState | None:
    return _STATES.get(code) or _STATES.get(code[:1])


def _state_by_words(text: str) -> ParcelState:
    return next((state for word, state in _WORDS if word in text), ParcelState.IN_TRANSIT)
