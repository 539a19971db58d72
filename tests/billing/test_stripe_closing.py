"""An account that is being closed buys nothing more; taken back, it is at Stripe what it was before."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kernel.actors import Actor, acting_as
from kernel.tenancy import public_schema
from shared_apps.billing.services import closing, plan_changes
from shared_apps.billing.services.customers import AccountClosing
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer

pytestmark = pytest.mark.django_db
OWNER = Actor(kind="user", id=1, label="Owner", role="owner")


def close(payer: Payer) -> None:
    with acting_as(OWNER):
        closing.close_account(brand_id=payer.brand.pk, now=payer.now)


# --- nothing is bought -----------------------------------------------------------------------------------------------


def _upgrade(payer: Payer) -> None:
    plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="year", proration_at=None, now=payer.now
    )


def _preview(payer: Payer) -> None:
    plan_changes.preview_change(brand_id=payer.brand.pk, plan_code="premium", interval="year", now=payer.now)


def _undo_cancel(payer: Payer) -> None:
    plan_changes.undo_cancel(brand_id=payer.brand.pk, now=payer.now)


def _undo_change(payer: Payer) -> None:
    plan_changes.undo_pending_change(brand_id=payer.brand.pk, now=payer.now)


@pytest.mark.parametrize("act", [_upgrade, _preview, _undo_cancel, _undo_change])
def test_an_account_being_closed_neither_buys_nor_goes_on(any_payer: Payer, act: Callable[[Payer], None]) -> None:
    any_payer.subscribe("basic", "month")
    close(any_payer)
    with pytest.raises(AccountClosing):
        act(any_payer)
    assert any_payer.look().plan_version.plan.code == "basic"


def test_it_gets_no_pay_page_even_after_the_cooling_off(payer: Payer) -> None:
    close(payer)
    with pytest.raises(AccountClosing):
        payer.start_checkout()
    with public_schema():
        Brand.objects.filter(pk=payer.brand.pk).update(closing_at=payer.now - timedelta(days=1))
    with pytest.raises(AccountClosing):
        payer.start_checkout()
