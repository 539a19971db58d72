"""Placing an order costs the same number of statements, however many lines it has."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories.trade import open_shop, sell

pytestmark = pytest.mark.django_db

# BEGIN and COMMIT, which are SAVEPOINT and RELEASE inside a test's own transaction, are counted too.
MAX_STATEMENTS = 15


def statements_for(skus: tuple[str, ...]) -> list[str]:
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        sell(*((sku, 2) for sku in skus), agent_code="LING", discount="1.00")
    return [query["sql"] for query in captured.captured_queries[1:-1]]


def test_three_lines_and_thirty_take_the_same_statements() -> None:
    shop = open_shop(goods=30)
    sell((shop.skus[0], 1))
    three = statements_for(shop.skus[:3])
    thirty = statements_for(shop.skus)
    assert len(three) == len(thirty)
    assert len(three) <= MAX_STATEMENTS
