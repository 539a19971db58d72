"""Background work of the platform itself."""

from kernel.tenancy import public_task
from shared_apps.accounts.services import passwords


@public_task(name=passwords.STAFF_RESET_TASK)  # type: ignore[untyped-decorator]
def send_staff_reset_link(name: str, origin: str) -> None:
    """Send the link to choose a new password to a member of Banyan's staff."""
    passwords.send_reset_link(name=name, origin=origin)
