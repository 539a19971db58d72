"""Print the labels of many parcels in one job."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.selectors.parcels import ParcelNotFound
from tenant_apps.shipping.selectors.settings import get_options
from tenant_apps.shipping.services import jobs
from tenant_apps.shipping.services.labels import LabelFacts, NoTrackingNumber, draw_labels, label_of

KIND = "labels"
PAPERS = ("label", "a4")


class UnknownPaper(jobs.InvalidJob):
    code = "unknown_paper"
    title = _("Labels are printed on label paper or on A4")


@transaction.atomic
def print_labels(*, parcel_ids: Sequence[int], paper: str = "label", now: datetime) -> int:
    """Start a job that draws the parcels' labels in this order; return its id.

    A box that several orders share gets one label. Raises ParcelNotFound, NoTrackingNumber (`parcel_ids.N`),
    UnknownPaper, InvalidJob.
    """
    if paper not in PAPERS:
        raise UnknownPaper(field="paper")
    wanted = list(dict.fromkeys(parcel_ids))
    found = Parcel.objects.in_bulk(wanted)
    if len(found) < len(wanted):
        raise ParcelNotFound(field="parcel_ids")
    bare = [
        FieldError(f"parcel_ids.{index}", NoTrackingNumber.code, NoTrackingNumber.title)
        for index, parcel_id in enumerate(wanted)
        if not found[parcel_id].tracking_number
    ]
    if bare:
        raise NoTrackingNumber(errors=bare)
    items = [{"parcel_id": parcel_id} for parcel_id in wanted]
    return jobs.start_job(kind=KIND, items=items, options={"paper": paper}, now=now)


def _draw(items: Sequence[jobs.Item], options: Mapping[str, object], beat: Callable[[int], None]) -> bytes:
    arranged = get_options()
    parcels = Parcel.objects.in_bulk([item["parcel_id"] for item in items])
    labels: dict[tuple[str, str], LabelFacts] = {}
    now = clock.now()
    for item in items:
        parcel = parcels[item["parcel_id"]]
        if parcel.tracking_number:  # voided in the meantime
            labels.setdefault((parcel.carrier, parcel.tracking_number), label_of(parcel, now=now))
    return draw_labels(
        list(labels.values()),
        template=arranged.template,
        sender=arranged.sender,
        on_a4=options.get("paper") == "a4",
        beat=beat,
    )


RUNNER = jobs.Runner(
    kind=KIND,
    title=_("Print labels"),
    permission="orders.ship",
    label=lambda item: str(item.get("parcel_id", "")),
    finish=_draw,
)
