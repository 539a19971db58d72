"""A filter that is given counts: an empty, repeated or unknown value never answers with the whole list."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from kernel.core import clock
from tenant_apps.agents.models import Agent
from tenant_apps.commissions.services import plans
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import ship_order
from tenant_apps.orders.services.pay_order import pay_order
from tests.accounts.surface import CALLS, Call
from tests.factories.api_client import ApiClient
from tests.factories.trade import open_shop, sell

RATE = Decimal("0.05")

pytestmark = pytest.mark.django_db

# They choose how much of the list is shown and as of when, never which of its rows.
FORMS = frozenset({"cursor", "limit", "as_of", "on", "step", "measure", "tiers", "format"})
READS = [call for call in CALLS if call.method == "get" and call.optional_query]
FILTERS = [(call, name, kind) for call in READS for name, kind in call.optional_query]


@pytest.fixture
def trade(api: ApiClient) -> ApiClient:
    """Something in the lists."""
    shop = open_shop()
    now = clock.now()
    plans.set_plan(level_id=shop.ling.level_id, rates=plans.PlanRates(RATE, RATE, 7), now=now - timedelta(days=1))
    order = sell(("G-01", 2), agent_code="LING")
    pay_order(order_id=order.pk, method="bank", reference="b-1", now=now)
    ship_order.ship_order(order_id=order.pk, carrier="顺丰", tracking_number="SF1", now=now)
    sell(("G-02", 1), agent_code="MEI")
    return api


def ask(api: ApiClient, call: Call, **query: str) -> Any:
    address = call.address
    known = {"agent_id": Agent.objects.get(code="LING").pk, "order_id": Order.objects.earliest("id").pk, "code": "1002"}
    for name, value in (call.path | {name: known[name] for name in call.path if name in known}).items():
        address = address.replace(f"{{{name}}}", str(value))
    given = {**{name: str(value) for name, value in call.query.items()}, **query}
    return api.get(address + "?" + "&".join(f"{name}={quote(value)}" for name, value in given.items()))


def test_an_empty_value_is_refused_by_name(trade: ApiClient) -> None:
    wrong = []
    for call, name, _kind in FILTERS:
        if name == "cursor":  # an empty one is the first page
            continue
        for empty in ("", " "):
            answer = ask(trade, call, **{name: empty})
            if answer.status_code != 422 or (name, "empty_value") not in faults(answer):
                wrong.append(f"{call}?{name}={empty!r}: {answer.status_code}")
    assert wrong == []


def test_a_value_given_twice_is_refused(trade: ApiClient) -> None:
    for path in (
        "orders?state=open&state=completed",
        "agents?search=LING&search=MEI",
        "exports/orders.csv?state=open&state=open",
    ):
        answer = trade.get(f"/api/v1/{path}")
        assert (answer.status_code, {code for _name, code in faults(answer)}) == (422, {"given_twice"})


def test_an_unknown_value_is_refused_or_finds_nothing(trade: ApiClient) -> None:
    wrong = []
    for call, name, kind in FILTERS:
        if name in FORMS:
            continue
        answer = ask(trade, call, **{name: str(2**63 - 2) if kind == "integer" else "zz-nothing-of-the-kind"})
        if answer.status_code not in {404, 422} and not is_empty(answer):
            wrong.append(f"{call}?{name}: {answer.status_code} not empty")
    assert wrong == []


def test_a_period_of_no_days_finds_nothing(trade: ApiClient) -> None:
    wrong = []
    for call in READS:
        names = dict(call.optional_query)
        if "since" not in names:
            continue
        late = "2999-01-01" if ask(trade, call, since="2999-01-01").status_code != 422 else "2999-01-01T00:00:00Z"
        answer = ask(trade, call, since=late)
        if answer.status_code not in {404, 422} and not is_empty(answer):
            wrong.append(f"{call}: {answer.status_code} not empty")
    assert wrong == []


def test_a_period_that_ends_before_it_begins_is_refused(trade: ApiClient) -> None:
    wrong = []
    for call in READS:
        if not {"since", "until"} <= {*dict(call.optional_query)}:
            continue
        moment = "" if ask(trade, call, since="2026-01-01").status_code != 422 else "T00:00:00Z"
        for until in ("2026-01-31", "2026-02-01"):
            answer = ask(trade, call, since=f"2026-02-01{moment}", until=f"{until}{moment}")
            swapped = until < "2026-02-01"
            includes_until = not swapped and answer.status_code == 200 and "outside" in call.address
            if not includes_until and (answer.status_code != 422 or faults(answer) != [("until", "period_invalid")]):
                wrong.append(f"{call}: {answer.status_code} until {until}")
    assert wrong == []


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def is_empty(answer: Any) -> bool:
    """Tell whether the answer has no rows: a list without items, or a file of its heading alone."""
    kind = answer["Content-Type"]
    if "json" in kind:
        said = answer.json()
        return isinstance(said, dict) and said.get("items", said.get("lines")) == []
    body = b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)
    if "sheet" in kind:
        return len(CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()) <= 1
    return not ZipFile(BytesIO(body)).namelist() if "zip" in kind else body.count(b"\n") <= 1
