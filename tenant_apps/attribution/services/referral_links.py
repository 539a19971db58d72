"""Links of agents: made once per agent and product, and counted when they are opened."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.codes import make_code
from kernel.core.errors import Conflict
from tenant_apps.agents.selectors import agents
from tenant_apps.attribution import selectors as attribution
from tenant_apps.attribution.models import ReferralLink
from tenant_apps.attribution.rules.referrals import LINK_CODE_LENGTH
from tenant_apps.catalog.selectors import products

_ATTEMPTS = 5

# The day's row and the link's total in one statement.
_COUNT = """
WITH counted AS (
    INSERT INTO attribution_visit (link_id, day, opened, visitors) VALUES (%(link)s, %(day)s, 1, %(visitors)s)
    ON CONFLICT (link_id, day) DO UPDATE
    SET opened = attribution_visit.opened + 1, visitors = attribution_visit.visitors + excluded.visitors
    RETURNING link_id
)
UPDATE attribution_referrallink SET visit_count = visit_count + 1 FROM counted WHERE id = counted.link_id
"""


class LinkNotMade(Conflict):
    code = "link_not_made"
    title = _("No free code was found for the link; try again")


@transaction.atomic
def ensure_link(*, agent_id: int, now: datetime, product_id: int | None = None) -> ReferralLink:
    """Return the agent's link to the shop or to one product, made where there is none yet.

    One statement where it exists. Raises AgentNotFound, ProductNotFound, LinkNotMade.
    """
    existing = attribution.find_link(agent_id=agent_id, product_id=product_id)
    if existing is not None:
        return existing
    agents.get_agent(agent_id=agent_id)
    if product_id is not None:
        products.get_product(product_id=product_id)
    for _attempt in range(_ATTEMPTS):
        link = ReferralLink(
            code=make_code(LINK_CODE_LENGTH),
            agent_id=agent_id,
            product_id=product_id,
            created_at=now,
        )
        # A twin that made the same link, or the same code by chance: either way nothing is written.
        ReferralLink.objects.bulk_create([link], ignore_conflicts=True)
        made = attribution.find_link(agent_id=agent_id, product_id=product_id)
        if made is not None:
            return made
    raise LinkNotMade


def count_visit(*, link_id: int, day: date, is_new_visitor: bool) -> None:
    """Count one opening of the link. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"link": link_id, "day": day, "visitors": int(is_new_visitor)})
