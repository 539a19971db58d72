"""Make the demo brand, once, whole or not at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.db import transaction

from config.demo import furnishing, network, paperwork, people
from config.demo.catalogue import BRAND_NAME
from config.demo.trade import Trade
from kernel.core import clock
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import provisioning

SLUG = "demo"
SEED = 20_261_111
DAYS = 90


@dataclass(frozen=True)
class DemoBrand:
    """Result of a run."""

    retail_orders_delivered: int
    agents: int


def is_seeded() -> bool:
    with public_schema():
        return tenants.find_brand_by_host(f"{SLUG}.{settings.BASE_DOMAIN}") is not None


@transaction.atomic
def plant(*, password: str, now: datetime, days: int = DAYS) -> DemoBrand:
    """Found the brand and let it trade for `days` days up to `now`, by the same services that everybody uses.

    Everything commits together: a run that breaks off leaves nothing. The same day and seed make the same brand.
    """
    owner = people.OWNER
    brand = provisioning.provision_brand(
        name=BRAND_NAME,
        slug=SLUG,
        owner_name=owner.name,
        owner_email=owner.email,
        owner_phone=None,
        password=password,
    )
    with brand_schema(brand.schema_name):
        return _furnish_and_trade(password=password, now=now, days=days)


def _furnish_and_trade(*, password: str, now: datetime, days: int) -> DemoBrand:
    random = Random(SEED)  # noqa: S311 - a story, not a secret
    opening = clock.day_bounds(clock.business_date(now) - timedelta(days=days))[0]
    staff = furnishing.create_staff(password=password)
    articles = furnishing.fill_catalogue()
    level_ids = furnishing.set_levels(articles, now=opening)
    sellers = furnishing.enrol_agents(people.make_agents(random), level_ids, now=opening)
    network.take_deposits(sellers, now=opening)
    buyers = furnishing.register_customers(people.make_customers(random))
    furnishing.receive_first_stock(articles, now=opening)
    furnishing.set_seller()
    trade = Trade(random, articles=articles, sellers=sellers, buyers=buyers)
    delivered = trade.play(days=days, until=now)
    paperwork.issue_invoices(random, delivered, now=now)
    paperwork.pay_agents(sellers, staff, now=now)
    network.record_links(random, sellers, now=now)
    network.set_rules(level_ids, now=now)
    network.receive_applications(sellers, level_ids, now=now)
    furnishing.suspend_last(sellers)
    return DemoBrand(retail_orders_delivered=len(delivered), agents=len(sellers))
