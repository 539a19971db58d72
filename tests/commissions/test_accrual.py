"""From payment over receipt to refund, in every order of arrival."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.core import clock
from kernel.database.append_only import AppendOnlyViolation
from kernel.events.outbox import deliver_pending
from tenant_apps.agents.services.levels import move_to_level
from tenant_apps.agents.services.tree import change_sponsor
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import CommissionEntry, CommissionHold, CommissionPlanVersion
from tenant_apps.commissions.services import accrual, plans
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import close_order, place_order, refund_order, ship_order
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.chance import examples

from .conftest import NOW, Network, sell

pytestmark = pytest.mark.django_db


def amounts(order: Order) -> list[tuple[str, int, str, str]]:
    entries = CommissionEntry.objects.filter(order=order).order_by("id").select_related("beneficiary")
    return [(entry.beneficiary.code, entry.tier, entry.kind, str(entry.amount)) for entry in entries]


def wanted(line_no: int, quantity: int, amount: str | None = None) -> refund_order.RefundRequest:
    return refund_order.RefundRequest(line_no, quantity, Decimal(amount) if amount else None)


def owed() -> Decimal:
    return finance.trial_balance().balance_of(AccountCode.OTHER_PAYABLES)


def test_a_paid_retail_order_pays_the_agent_and_the_agents_sponsor(network: Network) -> None:
    order = sell(("LIP-1", 2), ("LIP-2", 1))
    deliver_pending()
    assert amounts(order) == [
        ("LING", 1, "accrual", "16.00"),
        ("LING", 1, "accrual", "2.67"),
        ("MEI", 2, "accrual", "10.00"),
        ("MEI", 2, "accrual", "1.67"),
    ]
    assert owed() == Decimal("30.34")
    statement = finance.account_statement(code=AccountCode.OTHER_PAYABLES, party=f"agent:{network.mei.pk}")
    assert statement.closing == Decimal("11.67")
    assert finance.trial_balance().difference == 0


def test_the_base_is_goods_money_after_the_discount_and_without_freight(network: Network) -> None:
    order = sell(("LIP-1", 1), discount="20.00", freight="10.00")
    accrual.accrue_order(order_id=order.pk)
    assert amounts(order) == [("LING", 1, "accrual", "6.40"), ("MEI", 2, "accrual", "4.00")]


def test_a_restock_pays_the_buyers_sponsor_and_the_sponsor_above(network: Network) -> None:
    from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
    from tenant_apps.pricing.services import level_prices as pricing

    variant = get_variants_by_sku(skus=["LIP-1"], now=clock.now())["LIP-1"]
    pricing.set_level_price(
        level_id=network.ling.level_id, variant_id=variant.id, price=Decimal("60.00"), now=clock.now()
    )
    order = place_order.place_restock_order(agent_id=network.ling.pk, lines=[place_order.NewLine("LIP-1", 10)], now=NOW)
    pay_order(order_id=order.pk, method="bank", reference="b-1", now=NOW)
    deliver_pending()
    assert amounts(order) == [("MEI", 1, "accrual", "60.00"), ("HUA", 2, "accrual", "30.00")]


def test_an_unpaid_or_unattributed_order_earns_nothing(network: Network) -> None:
    unpaid = place_order.place_retail_order(lines=[place_order.NewLine("LIP-1", 1)], agent_code="LING", now=NOW)
    assert accrual.accrue_order(order_id=unpaid.pk) == 0
    assert accrual.accrue_order(order_id=sell(agent_code=None).pk) == 0
    assert owed() == 0


def test_the_terms_are_those_of_the_moment_of_payment(network: Network) -> None:
    order = sell()
    plans.set_plan(
        level_id=network.ling.level_id,
        rates=plans.PlanRates(Decimal("0.30"), Decimal(0), 0),
        now=NOW + timedelta(hours=1),
    )
    move_to_level(agent_id=network.ling.pk, level_id=network.hua.level_id, reason="promoted", now=NOW)
    change_sponsor(agent_id=network.ling.pk, sponsor_id=network.hua.pk, now=NOW + timedelta(hours=1))
    accrual.accrue_order(order_id=order.pk)
    assert amounts(order) == [("LING", 1, "accrual", "8.00"), ("MEI", 2, "accrual", "5.00")]


def test_commission_below_a_fen_is_written_and_posts_nothing(network: Network) -> None:
    order = sell(("LIP-1", 1), discount="99.99")
    entries = LedgerEntry.objects.count()
    assert accrual.accrue_order(order_id=order.pk) == 2
    assert amounts(order) == [("LING", 1, "accrual", "0.00"), ("MEI", 2, "accrual", "0.00")]
    assert (LedgerEntry.objects.count(), owed()) == (entries, Decimal("0.00"))


def test_the_same_rates_again_begin_no_new_plan(network: Network) -> None:
    level_id = network.ling.level_id
    before = CommissionPlanVersion.objects.filter(level_id=level_id).count()
    rates = plans.PlanRates(Decimal("0.08"), Decimal("0.02"), 10)
    plan = plans.set_plan(level_id=level_id, rates=rates, now=NOW)
    assert plan.valid_from < NOW
    assert CommissionPlanVersion.objects.filter(level_id=level_id).count() == before


def test_the_same_payment_told_three_times_earns_once(network: Network) -> None:
    order = sell()
    assert [accrual.accrue_order(order_id=order.pk) for _ in range(3)] == [2, 0, 0]
    assert owed() == Decimal("13.00")


def test_commission_becomes_available_after_the_holding_days_of_its_plan(network: Network) -> None:
    order = sell()
    ship_order.ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=NOW)
    received = NOW + timedelta(days=3)
    close_order.deliver_order(order_id=order.pk, now=received)
    deliver_pending()
    before = received + timedelta(days=9, hours=23)
    after = received + timedelta(days=10)
    assert selectors.balance_of(agent_id=network.ling.pk, as_of=before).available == 0
    assert selectors.balance_of(agent_id=network.ling.pk, as_of=before).held == Decimal("8.00")
    assert selectors.balance_of(agent_id=network.ling.pk, as_of=after).available == Decimal("8.00")
    assert selectors.balance_of(agent_id=network.mei.pk, as_of=received + timedelta(days=7)).available == 5


def test_a_second_receipt_does_not_move_the_day(network: Network) -> None:
    order = sell()
    accrual.release_order(order_id=order.pk, delivered_at=NOW)
    days = list(CommissionHold.objects.filter(order=order).values_list("available_at", flat=True))
    accrual.release_order(order_id=order.pk, delivered_at=NOW + timedelta(days=30))
    assert list(CommissionHold.objects.filter(order=order).values_list("available_at", flat=True)) == days


def test_part_refunds_take_back_their_share_and_the_last_the_rest(network: Network) -> None:
    order = sell(("LIP-2", 3))  # 99.99, of which Ling has 8.00
    first = refund_order.refund_order(order_id=order.pk, lines=[wanted(1, 1)], now=NOW)
    second = refund_order.refund_everything(order_id=order.pk, now=NOW)
    accrual.reverse_refund(refund_id=first.pk)
    accrual.reverse_refund(refund_id=second.pk)
    assert [row for row in amounts(order) if row[0] == "LING"] == [
        ("LING", 1, "accrual", "8.00"),
        ("LING", 1, "reversal", "-2.67"),
        ("LING", 1, "reversal", "-5.33"),
    ]
    assert owed() == 0


def test_a_refund_told_before_the_payment_accrues_first_and_repeats_harmlessly(network: Network) -> None:
    order = sell()
    refund = refund_order.refund_everything(order_id=order.pk, now=NOW)
    assert accrual.reverse_refund(refund_id=refund.pk) == 2
    assert accrual.reverse_refund(refund_id=refund.pk) == 0
    assert accrual.accrue_order(order_id=order.pk) == 0
    assert owed() == 0
    assert selectors.balance_of(agent_id=network.ling.pk, as_of=NOW).accrued == Decimal("8.00")


def test_refunded_freight_takes_nothing_from_the_agents(network: Network) -> None:
    order = sell(("LIP-1", 1), freight="10.00")
    refund = refund_order.refund_order(
        order_id=order.pk, lines=[wanted(refund_order.FREIGHT_LINE, 0, "10.00")], now=NOW
    )
    accrual.reverse_refund(refund_id=refund.pk)
    assert [kind for _code, _tier, kind, _amount in amounts(order)] == ["accrual", "accrual"]


def test_entries_are_never_changed(network: Network) -> None:
    accrual.accrue_order(order_id=sell().pk)
    entry = CommissionEntry.objects.order_by("id")[0]
    with pytest.raises(AppendOnlyViolation):
        entry.save()
    with pytest.raises(AppendOnlyViolation):
        CommissionEntry.objects.all().delete()


@settings(max_examples=examples(15))
@given(data=st.data())
def test_after_refunds_in_any_order_nothing_is_left_of_a_fully_refunded_order(
    network: Network, data: st.DataObject
) -> None:
    pieces = data.draw(st.integers(1, 5), label="pieces")
    order = sell(("LIP-1", 1), ("LIP-2", pieces), discount="7.77")
    refunds = [
        refund_order.refund_order(order_id=order.pk, lines=[wanted(2, 1)], now=NOW).pk for _ in range(pieces - 1)
    ]
    refunds.append(refund_order.refund_everything(order_id=order.pk, now=NOW).pk)
    for refund_id in data.draw(st.permutations(refunds), label="arrival"):
        accrual.reverse_refund(refund_id=refund_id)
    for agent in (network.ling, network.mei):
        rows = CommissionEntry.objects.filter(order=order, beneficiary=agent)
        assert sum(row.amount for row in rows) == 0
