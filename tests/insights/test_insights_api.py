"""The dashboard over the wire."""

from collections.abc import Callable

import pytest

from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_an_empty_brand_has_a_dashboard_of_zeros(api: ApiClient) -> None:
    answer = api.get("/api/v1/insights/dashboard")
    assert answer.status_code == 200
    body = answer.json()
    assert len(body["sales"]) == 30
    assert body["today"]["amount"] == body["commission_payable"] == "0.00"
    assert body["top_products"] == body["low_stock"] == []


def test_the_warehouse_does_not_see_the_sales(api_as: Callable[[str], ApiClient]) -> None:
    answer = api_as("warehouse").get("/api/v1/insights/dashboard")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
