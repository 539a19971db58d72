"""Send the owner's confirmation mail after sign-up."""

from kernel.events.outbox import handles
from shared_apps.tenants.events import OwnerSignedUp
from shared_apps.tenants.services import sign_up


@handles(OwnerSignedUp, name="tenants.send_confirmation")
def send_confirmation(event: OwnerSignedUp) -> None:
    sign_up.send_confirmation(user_id=event.user_id, home=event.home)
