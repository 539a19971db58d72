"""Background work of the platform."""

from kernel import clock
from kernel.tenancy import public_task
from shared_apps.tenants.services import lifecycle


@public_task(name="tenants.expire_trials")
def expire_trials() -> int:
    """Note the trials that are over."""
    return lifecycle.expire_trials(now=clock.now())
