"""Find orders by the words somebody types."""

from collections.abc import Collection, Sequence

from django.db.models import Q

from kernel.china.search_terms import NOTHING, Word, id_word, split_words
from tenant_apps.agents.selectors import lookup as agents
from tenant_apps.catalog.selectors import products as catalog
from tenant_apps.customers import selectors as customers
from tenant_apps.orders.models import OrderSearch
from tenant_apps.orders.rules.search import AGENT, CUSTOMER, GOODS, find_fields, order_word

MAX_OWNERS = 500  # customers, agents or goods of the name that is searched, the newest first


def read_search(text: str) -> list[Word]:
    """Read what somebody searches for: each word with all that it may stand for.

    On the order: its numbers, its parcels' numbers, the receiver's name and phone. Customers, agents and goods are
    looked up as they are called today. Of a number the last four digits are enough.
    """
    words = []
    for word in split_words(text):
        others = (
            id_word(CUSTOMER, customers.find_ids(word=word, limit=MAX_OWNERS)),
            id_word(AGENT, agents.find_ids(word=word, limit=MAX_OWNERS)),
            id_word(GOODS, catalog.find_variant_ids(word=word, limit=MAX_OWNERS)),
        )
        words.append(order_word(word).joined_with(others))
    return words or [NOTHING]


def matches_search(words: Sequence[Word]) -> Q:
    """Condition on orders that hold every word."""
    return Q(pk__in=OrderSearch.objects.find(words))


def get_found_fields(*, words: Sequence[Word], order_ids: Collection[int]) -> dict[int, list[str]]:
    """Map each order to the names of the fields in which it holds the words."""
    terms = OrderSearch.objects.read_terms(order_ids)
    return {order_id: find_fields(words, held) for order_id, held in terms.items()}
