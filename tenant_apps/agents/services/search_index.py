"""Fill what agents are found by where an older release wrote them."""

from datetime import datetime
from typing import Final

from django.db import transaction

from kernel.database.term_index import index_rows
from tenant_apps.agents.models import Agent

BATCH_SIZE: Final = 1_000


@transaction.atomic
def index_unknown_agents(*, now: datetime) -> datetime | None:
    """Make a thousand agents findable; return when to go on."""
    unknown = Agent.objects.filter(search_terms=[]).defer("id_number", "bank_card")
    return now if index_rows(unknown, limit=BATCH_SIZE) == BATCH_SIZE else None
