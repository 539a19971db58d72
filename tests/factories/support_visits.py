"""Visits of support staff in a brand: passes, the browser that comes with one, and the log that both sides read."""

from collections.abc import Callable
from datetime import datetime

from django.test import Client

from kernel.core import clock
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.support.models import AccessGrant, AccessLogEntry
from shared_apps.support.services import grants
from tests.support.conftest import Person

People = Callable[..., Person]
Grant = Callable[..., AccessGrant]
Enter = Callable[..., Client]


def log() -> list[tuple[str, str, int]]:
    with public_schema():
        return list(AccessLogEntry.objects.order_by("id").values_list("method", "path", "status"))


def is_out(browser: Client) -> bool:
    first = browser.get("/console/orders/order/")
    return first.status_code in {302, 401} and browser.get("/console/orders/order/").status_code == 302


def address_of(staff: People, given: AccessGrant, role: str = "support", now: datetime | None = None) -> str:
    with public_schema(), acting_as(staff(role).actor):
        return grants.issue_pass(grant_id=given.pk, now=now or clock.now())


def go(address: str, host: str = "acme.localhost") -> Client:
    browser = Client(headers={"host": host})
    browser.get(address.partition("/console/")[1] + address.partition("/console/")[2])
    return browser
