"""Each service asks the plan, adds nothing beyond it, and leaves everything that is there readable."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as people
from shared_apps.accounts.services import api_keys, users
from shared_apps.accounts.services import people as accounts_people
from shared_apps.accounts.services.visitors import ensure_visitor
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.services import quotas
from shared_apps.entitlements.services.features import FeatureNotInPlan
from shared_apps.entitlements.services.quotas import QuotaExceeded
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as agent_reads
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.lifecycle import (
    end_agent,
    resume_agent,
    suspend_agent,
)
from tenant_apps.agents.services.register import change_agent
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.selectors.products import count_active_variants
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tenant_apps.commissions.services import plans
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.states import ImportState
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.invoicing.services import documents
from tenant_apps.invoicing.states import BuyerKind
from tenant_apps.orders.models import Channel, Order
from tenant_apps.orders.services.place_order import NewLine, place_restock_order, place_retail_order
from tests.factories.trade import Shop, sell

from .conftest import Allow

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
PRICE = Decimal("9.90")


def used(name: str) -> int:
    return Quota.objects.get(name=name).used


def refused(work: Callable[[], object], quota: str) -> None:
    with pytest.raises(QuotaExceeded) as refusal, transaction.atomic():
        work()
    assert refusal.value.extra["quota"] == quota


def withheld(work: Callable[[], object], feature: str) -> None:
    with pytest.raises(FeatureNotInPlan) as refusal, transaction.atomic():
        work()
    assert (refusal.value.status, refusal.value.code) == (402, "feature_not_in_plan")
    assert refusal.value.extra == {"feature": feature, "upgrade_url": "/console/billing/plans/"}


class TestStaff:
    def hire(self, name: str) -> Any:
        return users.create_user(name=name, role="sales", email=f"{name}@acme.example")

    def test_places_are_taken_and_left(self, allow: Allow) -> None:
        allow(staff=2)  # one is the owner
        wang = self.hire("wang")
        refused(lambda: self.hire("li"), "staff")
        users.deactivate_user(user_id=wang.pk)
        users.deactivate_user(user_id=wang.pk)  # again leaves no second place
        self.hire("li")
        refused(lambda: users.reactivate_user(user_id=wang.pk), "staff")
        assert used("staff") == 2 == people.count_staff()

    def test_a_taken_address_takes_no_place(self, allow: Allow) -> None:
        allow(staff=5)
        self.hire("wang")
        with pytest.raises(accounts_people.EmailTaken), transaction.atomic():
            self.hire("wang")
        assert used("staff") == 2

    def test_visiting_support_and_the_platform_s_own_staff_do_not_count(self, allow: Allow) -> None:
        allow(staff=1)
        ensure_visitor(staff_id=1, name="Zhou", language="en")
        assert used("staff") == 1 == people.count_staff()
        with public_schema():
            users.create_user(name="Zhou", role="support", email="zhou@banyan.example")


class TestSkus:
    def add(self, sku: str) -> Variant:
        product = Product.objects.first() or create_product(name="口红")
        return add_variant(product_id=product.pk, sku=sku, retail_price=PRICE)

    def test_what_is_not_for_sale_leaves_its_place(self, allow: Allow) -> None:
        allow(skus=2)
        first = self.add("A")
        _second = self.add("B")
        refused(lambda: self.add("C"), "skus")
        change_variant(variant_id=first.pk, is_active=False)
        change_variant(variant_id=first.pk, is_active=False, name="red")
        self.add("C")
        refused(lambda: change_variant(variant_id=first.pk, is_active=True), "skus")
        change_variant(variant_id=first.pk, name="green")  # what takes no place can be changed
        assert used("skus") == 2 == count_active_variants()

    def test_a_new_one_that_is_not_for_sale_takes_none(self, allow: Allow) -> None:
        allow(skus=0)
        product = create_product(name="口红")
        add_variant(product_id=product.pk, sku="A", retail_price=PRICE, is_active=False)
        assert used("skus") == 0

    def test_an_import_adds_all_or_none(self, allow: Allow) -> None:
        allow(skus=3)
        ensure_variants(rows=[NewVariant(sku="A", name="a")])
        three = [NewVariant(sku=sku, name=sku) for sku in "BCD"]
        refused(lambda: ensure_variants(rows=three), "skus")
        assert list(Variant.objects.values_list("sku", flat=True)) == ["A"]
        assert set(ensure_variants(rows=[NewVariant(sku="a", name="a"), *three[:2]])) == {"A", "B", "C"}
        assert used("skus") == 3


class TestAgents:
    @pytest.fixture
    def level(self, db: None) -> int:
        return create_level(code="GOLD", name="金牌", rank=1).pk

    def register(self, level: int, last: int) -> Agent:
        return enrol_agent(name="林", phone=f"+861390000000{last}", level_id=level, now=NOW)

    def test_agents_count_until_they_end(self, allow: Allow, level: int) -> None:
        allow(agents=2)
        first = self.register(level, 1)
        second = self.register(level, 2)
        refused(lambda: self.register(level, 3), "agents")
        suspend_agent(agent_id=first.pk)
        resume_agent(agent_id=first.pk)
        assert used("agents") == 2
        end_agent(agent_id=second.pk)
        self.register(level, 3)
        refused(lambda: self.register(level, 2), "agents")  # comes back
        end_agent(agent_id=first.pk)
        assert self.register(level, 2) == second
        assert used("agents") == 2 == agent_reads.count_agents()

    def test_after_a_downgrade_all_stay_and_work(self, allow: Allow, level: int) -> None:
        allow(agents=3)
        team = [self.register(level, number) for number in range(3)]
        allow(agents=1)
        assert entitlements.get_counts(now=clock.now())["agents"] == entitlements.Use("agents", 1, 3)
        refused(lambda: self.register(level, 4), "agents")
        for agent in team:
            suspend_agent(agent_id=agent.pk)
            resume_agent(agent_id=agent.pk)  # nobody is added by that
        change_agent(agent_id=team[0].pk, name="林黛玉")
        assert [agent.name for agent in agent_reads.list_agents(as_of=NOW.date())].count("林黛玉") == 1
        end_agent(agent_id=team[2].pk)
        refused(lambda: self.register(level, 4), "agents")  # two are still more than one
        end_agent(agent_id=team[1].pk)
        end_agent(agent_id=team[0].pk)
        self.register(level, 4)


class TestWarehouses:
    def test_the_plan_s_number(self, allow: Allow) -> None:
        allow("multi_warehouse", warehouses=2)
        create_warehouse(code="B", name="二仓")
        refused(lambda: create_warehouse(code="C", name="三仓"), "warehouses")
        assert Warehouse.objects.count() == 2 == used("warehouses")

    def test_a_second_one_needs_the_feature_whatever_the_number(self, allow: Allow) -> None:
        allow("api", warehouses=5)
        withheld(lambda: create_warehouse(code="B", name="二仓"), "multi_warehouse")
        assert used("warehouses") == 1


class TestOrders:
    def test_both_kinds_count_and_a_refusal_leaves_no_gap(self, allow: Allow, shop: Shop) -> None:
        allow(orders=2)
        sell((shop.skus[0], 1))
        line = [NewLine(shop.skus[0], 1)]
        place_restock_order(agent_id=shop.ling.pk, lines=line, now=clock.now())
        refused(lambda: place_restock_order(agent_id=shop.ling.pk, lines=line, now=clock.now()), "orders")
        refused(lambda: sell((shop.skus[0], 1)), "orders")
        assert Order.objects.count() == 2 == entitlements.get_counts(now=clock.now())["orders"].used

    def test_what_fails_for_another_reason_does_not_count(self, allow: Allow, shop: Shop) -> None:
        allow(orders=1)
        with pytest.raises(inventory.InsufficientStock), transaction.atomic():
            sell((shop.skus[0], 1_000))
        sell((shop.skus[0], 1))

    def test_the_new_month_begins_anew(self, allow: Allow, shop: Shop) -> None:
        allow(orders=1)
        line = [NewLine(shop.skus[0], 1)]
        october = datetime(2027, 10, 31, 15, tzinfo=UTC)
        november = datetime(2027, 10, 31, 16, tzinfo=UTC)
        place_retail_order(lines=line, now=october)
        refused(lambda: place_retail_order(lines=line, now=october), "orders")
        place_retail_order(lines=line, now=november)
        refused(lambda: place_retail_order(lines=line, now=october), "orders")


class TestImports:
    HEADING = "订单号,商家编码,商品名称,数量,单价,下单时间,收货人,手机号,收货地址\n"

    def upload(self, mode: str, *rows: str) -> ImportJob:
        Channel.objects.get_or_create(code="taobao", defaults={"name": "淘宝", "kind": "import"})
        upload: Any = ContentFile((self.HEADING + "\n".join(rows)).encode(), name="今天.csv")
        return jobs.create_import(new=jobs.NewImport(kind="orders", channel="taobao", mode=mode, upload=upload))

    def run(self, job: ImportJob) -> ImportJob:
        for start in (jobs.start_check, jobs.start_commit):
            start(job_id=job.pk)
            running.run(job_id=job.pk, now=clock.now())
            job.refresh_from_db()
            if job.state == ImportState.FAILED:
                break
        return job

    def row(self, number: str, sku: str, day: str = "2026-10-20") -> str:
        return f"{number},{sku},口红,1,10.00,{day} 10:00:00,王小姐,13812345678,上海市徐汇区漕溪路1号"

    def test_uploading_needs_the_feature(self, allow: Allow) -> None:
        allow("api")
        withheld(lambda: self.upload("live", self.row("T1", "G-01")), "order_import")

    def test_new_orders_count_in_the_month_in_which_they_come(self, allow: Allow, shop: Shop) -> None:
        """Whatever date the file gives them: otherwise last month's places would be this month's to use."""
        allow("order_import", orders=2)
        job = self.run(self.upload("live", *(self.row(f"T{number}", "G-01") for number in range(3))))
        assert (job.state, job.figures["order_count"], job.reasons) == (ImportState.COMMITTED, 2, {"order_refused": 1})
        row = Quota.objects.get(name="orders")
        assert (row.used, row.period) == (2, f"{clock.business_date(clock.now()):%Y-%m}")
        assert quotas.recount_brand(now=clock.now()) == []

    def test_past_orders_do_not_count_but_their_skus_do(self, allow: Allow) -> None:
        allow("order_import", orders=0, skus=2)
        today = f"{clock.business_date(clock.now())}"
        job = self.run(self.upload("history", self.row("T1", "A", today), self.row("T2", "B", today)))
        assert (job.state, job.figures["order_count"]) == (ImportState.COMMITTED, 2)
        assert (used("orders"), used("skus")) == (0, 2)
        assert quotas.recount_brand(now=clock.now()) == []
        full = self.run(self.upload("history", self.row("T3", "C")))
        assert (full.state, Order.objects.count()) == (ImportState.FAILED, 2)
        assert "2" in full.message


class TestFeatures:
    def test_a_second_tier(self, allow: Allow, shop: Shop) -> None:
        level = shop.ling.level_id
        both = plans.PlanRates(Decimal("0.1"), Decimal("0.02"), 7)
        one = plans.PlanRates(Decimal("0.1"), Decimal("0"), 7)
        plans.set_plan(level_id=level, rates=both, now=NOW)
        allow("api")
        plans.set_plan(level_id=level, rates=both, now=NOW)  # nothing new is said
        higher = plans.PlanRates(Decimal("0.11"), Decimal("0.02"), 7)
        withheld(lambda: plans.set_plan(level_id=level, rates=higher, now=NOW), "tiered_commission")
        plans.set_plan(level_id=level, rates=one, now=NOW + timedelta(hours=1))
        withheld(lambda: plans.set_plan(level_id=level, rates=both, now=NOW), "tiered_commission")
        allow("tiered_commission")
        plans.set_plan(level_id=level, rates=both, now=NOW + timedelta(hours=2))

    def test_issuing_an_invoice(self, allow: Allow, shop: Shop) -> None:
        allow("api")
        order = sell((shop.skus[0], 1))
        buyer = documents.Buyer(BuyerKind.INDIVIDUAL, "王小姐")
        withheld(lambda: documents.issue_invoice(order_id=order.pk, buyer=buyer, now=NOW), "invoicing")

    def test_keys_are_issued_with_the_api_only(self, allow: Allow) -> None:
        allow("invoicing")
        withheld(lambda: api_keys.issue_api_key(name="till", role="sales"), "api")
        allow("api")
        api_keys.issue_api_key(name="till", role="sales")
