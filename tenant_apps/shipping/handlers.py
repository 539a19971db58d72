"""React to what carriers sent."""

from kernel.core import clock
from kernel.events.outbox import handles
from tenant_apps.shipping.events import TrackPushed
from tenant_apps.shipping.services import tracking


@handles(TrackPushed, name="shipping.record_push")
def record_push(event: TrackPushed) -> None:
    tracking.record_push(body=event.body, now=clock.now())
