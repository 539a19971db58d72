"""Support changes the plan of a brand that pays at Stripe: the amount is seen first, then agreed to."""

import re
from typing import Any

import pytest
from django.test import Client

from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from tests.billing.stripe_payer import Payer

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    with public_schema():
        user = User.objects.create(name="Li", email="li@banyan.example", role="billing")
        client.force_login(user, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return client


def press(client: Client, payer: Payer, act: str, **fields: Any) -> Any:
    return client.post(f"/console/tenants/brand/{payer.brand.pk}/{act}/", fields)


def plan_of(payer: Payer) -> tuple[str, bool]:
    row = payer.look()
    return row.plan_version.plan.code, row.pending_plan_version_id is not None


def agreed_in(page: str) -> str:
    found = re.search(r'name="agreed" value="([^"]+)"', page)
    assert found is not None
    return found.group(1).replace("&#x27;", "'")


def test_a_larger_plan_is_seen_agreed_to_and_paid(any_payer: Payer, clerk: Client) -> None:
    any_payer.subscribe("basic", "month")
    wanted = {"plan_code": "standard", "interval": "month", "reason": "They called"}
    first = press(clerk, any_payer, "change_plan", **wanted)
    text = first.content.decode()
    assert first.status_code == 200
    assert "To be paid now" in text
    assert plan_of(any_payer)[0] == "basic"  # nothing is done by looking
    other = press(clerk, any_payer, "change_plan", **(wanted | {"plan_code": "premium", "agreed": agreed_in(text)}))
    assert "To be paid now" in other.content.decode()  # agreed to another plan's amount
    assert plan_of(any_payer)[0] == "basic"
    done = press(clerk, any_payer, "change_plan", **wanted, agreed=agreed_in(text))
    assert done.status_code == 302, done.content.decode()
    assert plan_of(any_payer)[0] == "standard"
    with public_schema():
        record = AuditRecord.objects.get(action="billing.plan_upgrade")
    facts: Any = record.after
    assert (record.subject, facts["plan"], facts["reason"], record.actor_label) == (
        f"brand:{any_payer.brand.pk}",
        "standard",
        "They called",
        "Li",
    )


def test_a_smaller_plan_waits_and_the_wait_is_undone(any_payer: Payer, clerk: Client) -> None:
    any_payer.subscribe("standard", "month")
    wanted = {"plan_code": "basic", "interval": "month", "reason": "Too large"}
    text = press(clerk, any_payer, "change_plan", **wanted).content.decode()
    assert press(clerk, any_payer, "change_plan", **wanted, agreed=agreed_in(text)).status_code == 302
    assert plan_of(any_payer) == ("standard", True)
    assert "Basic" in clerk.get(f"/console/tenants/brand/{any_payer.brand.pk}/change/").content.decode()
    assert press(clerk, any_payer, "undo_change", reason="They stay").status_code == 302
    assert plan_of(any_payer) == ("standard", False)


def test_a_cancellation_is_undone(any_payer: Payer, clerk: Client) -> None:
    any_payer.subscribe("basic", "month")
    assert press(clerk, any_payer, "cancel_plan", reason="They asked by letter").status_code == 302
    assert any_payer.look().cancel_at_period_end
    page = clerk.get(f"/console/tenants/brand/{any_payer.brand.pk}/change/").content.decode()
    assert "Undo the cancellation" in page
    assert "They asked by letter" in page
    assert press(clerk, any_payer, "undo_cancel", reason="They changed their mind").status_code == 302
    assert not any_payer.look().cancel_at_period_end
