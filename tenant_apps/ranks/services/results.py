"""An agent's results: what the brand sold to and through the agent, after refunds, by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from tenant_apps.ranks.models import SalesPosting
from tenant_apps.ranks.states import ExcludedBecause

BATCH_SIZE = 5_000  # postings a statement

# One statement, because it stands in every payment's transaction. The posting's unique source decides whether the day
# is touched at all: a replay finds it there and adds nothing. Days are locked in order of agent and day.
_POST = """
WITH given AS (
    SELECT * FROM unnest(%s::varchar[], %s::bigint[], %s::date[], %s::numeric[])
        AS given (source, agent_id, day, amount)
), posted AS (
    INSERT INTO ranks_salesposting (source, agent_id, day, amount)
    SELECT source, agent_id, day, amount FROM given
    ON CONFLICT (source) DO NOTHING
    RETURNING agent_id, day, amount
), added AS (
    INSERT INTO ranks_agentsales (agent_id, day, paid, refunded, order_count)
    SELECT agent_id, day, coalesce(sum(amount) FILTER (WHERE amount > 0), 0),
           coalesce(-sum(amount) FILTER (WHERE amount < 0), 0), count(*) FILTER (WHERE amount > 0)
    FROM posted GROUP BY agent_id, day ORDER BY agent_id, day
    ON CONFLICT (agent_id, day) DO UPDATE SET
        paid = ranks_agentsales.paid + EXCLUDED.paid,
        refunded = ranks_agentsales.refunded + EXCLUDED.refunded,
        order_count = ranks_agentsales.order_count + EXCLUDED.order_count
)
SELECT count(*) FROM posted
"""

_EXCLUDE = """
INSERT INTO ranks_ownpurchase (posting_id, agent_id, day, amount, is_seller, reason)
SELECT posting.id, given.agent_id, posting.day, posting.amount, posting.agent_id = given.agent_id, given.reason
FROM ranks_salesposting AS posting, unnest(%s::bigint[], %s::varchar[]) AS given (agent_id, reason)
WHERE posting.source = %s
ON CONFLICT (posting_id, agent_id) DO NOTHING
"""

_EXCLUDE_ALIKE = """
INSERT INTO ranks_ownpurchase (posting_id, agent_id, day, amount, is_seller, reason)
SELECT posting.id, known.agent_id, posting.day, posting.amount, known.is_seller, known.reason
FROM ranks_salesposting AS posting, ranks_salesposting AS paid
JOIN ranks_ownpurchase AS known ON known.posting_id = paid.id
WHERE posting.source = %s AND paid.source = %s
ON CONFLICT (posting_id, agent_id) DO NOTHING
"""


class SalesPostedDifferently(Conflict):
    code = "sales_posted_differently"
    title = _("These sales were posted before with another content")


@dataclass(frozen=True, slots=True)
class NewSales:
    """One source's addition to an agent's sales: positive when paid, negative when refunded."""

    agent_id: int
    source: str
    day: date
    amount: Decimal


@transaction.atomic
def post_sales(*, agent_id: int, source: str, day: date, amount: Decimal) -> None:
    """Add an order's goods money (positive) or a refund (negative) to the agent's sales of `day`; nothing for zero.

    The same source again changes nothing. Raises SalesPostedDifferently when it comes with another agent or amount.
    """
    if amount and not _post([NewSales(agent_id, source, day, amount)]):
        known = SalesPosting.objects.get(source=source)
        if (known.agent_id, known.amount) != (agent_id, amount):
            raise SalesPostedDifferently(source=source)


def exclude_sales(*, source: str, agents: Mapping[int, ExcludedBecause]) -> None:
    """Take the sales posted from `source` off the results of these agents, for the reason given with each.

    Whose sale it is stays as posted. A source that posted nothing, and a second time, change nothing.
    """
    if agents:
        reasons = [reason.value for reason in agents.values()]
        with connection.cursor() as cursor:
            cursor.execute(_EXCLUDE, [list(agents), reasons, source])


def exclude_refund(*, source: str, paid_source: str) -> None:
    """Take a refund off the results of whom its payment was taken off: it gives back nothing that did not count."""
    with connection.cursor() as cursor:
        cursor.execute(_EXCLUDE_ALIKE, [source, paid_source])


@transaction.atomic
def post_many_sales(*, sales: Sequence[NewSales]) -> int:
    """The same for a whole file, 5,000 a statement; returns how many were new. Known sources stay as they are."""
    wanted = [one for one in sales if one.amount]
    return sum(_post(wanted[start : start + BATCH_SIZE]) for start in range(0, len(wanted), BATCH_SIZE))


@transaction.atomic
def take_back_sales(*, reference: str) -> int:
    """Post the opposite of every source that begins with `reference:`; returns how many. A second time changes nothing.

    The days then count as sold and refunded: postings are never deleted.
    """
    posted = SalesPosting.objects.filter(source__startswith=f"{reference}:").exclude(source__endswith=":undone")
    opposite = [NewSales(one.agent_id, f"{one.source}:undone", one.day, -one.amount) for one in posted.order_by("id")]
    return post_many_sales(sales=opposite)


def _post(sales: Sequence[NewSales]) -> int:
    columns = [[getattr(one, name) for one in sales] for name in ("source", "agent_id", "day", "amount")]
    with connection.cursor() as cursor:
        cursor.execute(_POST, columns)
        return int(cursor.fetchone()[0])
