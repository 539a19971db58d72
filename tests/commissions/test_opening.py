"""Test opening balances of agents: credited once, and taken back only while they are unspent."""

from decimal import Decimal

import pytest

from kernel.core.money import ZERO
from kernel.models import AuditRecord
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import OpeningBalance
from tenant_apps.commissions.services import opening, payouts
from tenant_apps.commissions.states import PayoutMethod
from tenant_apps.finance.models import LedgerEntry
from tests.factories.trade import assert_books_are_sound, owed_to_agents

from .conftest import NOW, Network

pytestmark = pytest.mark.django_db
OWED = Decimal("1280.50")


def available(agent_id: int) -> Decimal:
    return selectors.balance_of(agent_id=agent_id, as_of=NOW).available


def test_without_amounts_nothing_is_written(network: Network) -> None:
    entries = LedgerEntry.objects.count()
    opening.open_balances(amounts={}, reference="r", now=NOW)
    opening.take_back_balances(reference="never", now=NOW)
    assert (LedgerEntry.objects.count(), OpeningBalance.objects.count()) == (entries, 0)
    assert not AuditRecord.objects.filter(action__startswith="commissions.opening").exists()


def test_balances_are_owed_at_once_and_can_be_taken_back_and_opened_again(network: Network) -> None:
    amounts = {network.ling.pk: OWED, network.mei.pk: Decimal("0.01")}
    opening.open_balances(amounts=amounts, reference="first", now=NOW)
    assert (available(network.ling.pk), owed_to_agents()) == (OWED, OWED + Decimal("0.01"))
    assert opening.find_opened(agent_ids=[network.hua.pk, *amounts]) == set(amounts)
    opening.take_back_balances(reference="first", now=NOW)
    assert (available(network.ling.pk), available(network.mei.pk), owed_to_agents()) == (ZERO, ZERO, ZERO)
    assert opening.find_opened(agent_ids=list(amounts)) == set()
    opening.open_balances(amounts=amounts, reference="second", now=NOW)
    assert available(network.ling.pk) == OWED
    acts = ["commissions.opened", "commissions.opening_undone", "commissions.opened"]
    found = AuditRecord.objects.filter(action__startswith="commissions.open").order_by("id")
    assert list(found.values_list("action", flat=True)) == acts
    assert_books_are_sound()


def test_balances_stay_once_one_of_them_was_asked_for(network: Network) -> None:
    amounts = {network.ling.pk: OWED, network.mei.pk: OWED}
    opening.open_balances(amounts=amounts, reference="first", now=NOW)
    payee = payouts.Payee(PayoutMethod.BANK, "林某", "6222000011112222333")
    payouts.request_payout(agent_id=network.mei.pk, amount=Decimal("0.01"), payee=payee, now=NOW)
    with pytest.raises(opening.BalanceSpent):
        opening.take_back_balances(reference="first", now=NOW)
    assert available(network.ling.pk) == OWED
    assert_books_are_sound()
