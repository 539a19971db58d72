"""Electronic waybills and tracks by 快递鸟, against its stand-in: repeats, lost answers, order of events, alarms."""

import itertools
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.events.outbox import deliver_pending
from sandbox.couriers.fake import CHINA, FakeKdniao
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, Receiver, place_retail_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tenant_apps.orders.services.ship_orders import OrderToShip, ship_orders
from tenant_apps.orders.services.waybills import request_waybill
from tenant_apps.shipping.models import Parcel, TrackingEvent
from tenant_apps.shipping.rules.tracking import NewEvent, compute_progress, read_track
from tenant_apps.shipping.selectors.parcels import list_parcels
from tenant_apps.shipping.services import jobs, tracking
from tenant_apps.shipping.services import settings as services
from tenant_apps.shipping.services.waybills import void_parcel
from tenant_apps.shipping.states import ParcelState
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

PLACE = {"province": "广东省", "city": "深圳市", "district": "南山区", "address": "科技园 1栋 <2单元> & 302"}
START = datetime(2026, 11, 30, 8, 0, tzinfo=CHINA)


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeKdniao]:
    with FakeKdniao(now=START) as stand_in:
        settings.KDNIAO_API_BASE = stand_in.url
        yield stand_in


@pytest.fixture
def account(shop: Shop, fake: FakeKdniao) -> FakeKdniao:
    """A brand that has its account, and a sender."""
    sender = services.Sender("榕易", "+8613900000000", "广东省", "深圳市", "福田区", "深南大道1号")
    services.change_carriers(carriers=[], sender=sender)
    keys = services.WaybillKeys(fake.business_id, {"YTO": "K1"}, fake.app_key)
    services.change_account(account=keys)
    services.change_rules(rules=[], usual_carrier="圆通速递")
    return fake


def paid(pieces: int = 1) -> Order:
    receiver = Receiver(name="范琳'", phone="+8613900001201", **PLACE)
    order = place_retail_order(
        lines=[NewLine("G-01", pieces)], buyer=Buyer(phone="+8613900001201", receiver=receiver), now=clock.now()
    )
    return pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())


def code_of(refusal: pytest.ExceptionInfo[DomainError]) -> str:
    return refusal.value.code


@pytest.mark.django_db
def test_a_waybill_is_issued_once_and_ships_with_the_order(account: FakeKdniao) -> None:
    order = paid()
    parcel = request_waybill(order_id=order.pk, now=clock.now())
    assert (parcel.state, parcel.carrier_code, parcel.waybill["package_name"]) == ("prepared", "YTO", "深圳转运中心")
    assert request_waybill(order_id=order.pk, now=clock.now()).tracking_number == parcel.tracking_number
    assert len(account.waybills()) == 1
    shipped = ship_order(order_id=order.pk, packing=Packing(needs_parcel=True), now=clock.now())
    assert (shipped.carrier, shipped.tracking_number) == ("圆通速递", parcel.tracking_number)
    (sent,) = order_parcels.list_parcels(order_id=order.pk)
    assert (sent.pk, sent.state, sent.shipped_at is not None, str(sent.cost)) == (parcel.pk, "issued", True, "4.00")


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["break_after", "500_after", "500", "break"])
def test_a_lost_answer_never_gives_a_second_number(account: FakeKdniao, fault: str) -> None:
    order = paid()
    account.faults.order(fault)
    with pytest.raises(DomainError) as refusal:
        request_waybill(order_id=order.pk, now=clock.now())
    assert code_of(refusal) == "courier_unreachable"
    parcel = order_parcels.find_prepared_parcel(order_id=order.pk)
    assert parcel is None  # nothing was kept; the carrier knows the parcel by its code
    request_waybill(order_id=order.pk, now=clock.now())
    assert len([row for row in account.waybills() if not row["cancelled"]]) == 1


@pytest.mark.django_db
def test_refusals_are_the_carriers_own_words(account: FakeKdniao) -> None:
    order = paid()
    account.acts()["POST refuse"]({"reason": "电子面单余额不足"})
    with pytest.raises(DomainError) as refusal:
        request_waybill(order_id=order.pk, now=clock.now())
    assert (code_of(refusal), str(refusal.value.detail)) == ("courier_refused", "电子面单余额不足")
    services.change_account(account=services.WaybillKeys(account.business_id, {}, "wrong"))
    with pytest.raises(DomainError) as refusal:
        request_waybill(order_id=order.pk, now=clock.now())
    assert code_of(refusal) == "courier_refused"


@pytest.mark.django_db
def test_what_a_waybill_needs(shop: Shop, fake: FakeKdniao) -> None:
    order = paid()
    for wanted, carrier in (("carrier_missing", ""), ("carrier_unknown", "丹鸟"), ("sender_missing", "YTO")):
        with pytest.raises(DomainError) as refusal:
            request_waybill(order_id=order.pk, carrier=carrier, now=clock.now())
        assert code_of(refusal) == wanted
    sender = services.Sender("榕易", "+8613900000000", "广东省", "深圳市", "", "深南大道1号")
    services.change_carriers(carriers=[], sender=sender)
    with pytest.raises(DomainError) as refusal:
        request_waybill(order_id=order.pk, carrier="YTO", now=clock.now())
    assert code_of(refusal) == "no_waybill_account"
    assert not Parcel.objects.exists()


@pytest.mark.django_db
def test_a_packed_parcel_ships_as_it_is_or_is_voided(account: FakeKdniao) -> None:
    order = paid(2)
    parcel = request_waybill(order_id=order.pk, now=clock.now())
    part = Packing(lines=[ShipmentLine(1, 1)])
    for packing, number in ((part, ""), (Packing(), "OTHER")):
        with pytest.raises(DomainError) as refusal:
            ship_order(order_id=order.pk, tracking_number=number, packing=packing, now=clock.now())
        assert code_of(refusal) == "prepared_otherwise"
    void_parcel(parcel_id=parcel.pk)
    assert [row["cancelled"] for row in account.waybills()] == [True]
    with pytest.raises(DomainError) as refusal:
        void_parcel(parcel_id=parcel.pk)
    assert code_of(refusal) == "parcel_not_prepared"
    ship_order(order_id=order.pk, carrier="YTO", tracking_number="YT1", packing=part, now=clock.now())
    assert [one.state for one in order_parcels.list_parcels(order_id=order.pk)] == ["voided", "issued"]


@pytest.mark.django_db
def test_a_number_that_the_carrier_keeps_is_not_voided(account: FakeKdniao) -> None:
    parcel = request_waybill(order_id=paid().pk, now=clock.now())
    account.tell(parcel.tracking_number, "1", "已揽收")
    with pytest.raises(DomainError) as refusal:
        void_parcel(parcel_id=parcel.pk)
    assert code_of(refusal) == "courier_refused"
    parcel.refresh_from_db()
    assert parcel.state == "prepared"


@pytest.mark.django_db
def test_a_batch_gets_its_waybills(account: FakeKdniao) -> None:
    made = [paid() for _ in range(3)]
    job_id = ship_orders(orders=[OrderToShip(one.pk) for one in made], now=clock.now())
    jobs.run_job(job_id=job_id)
    assert jobs.get_job(job_id=job_id).refusals == []
    numbers = set(Order.objects.filter(fulfilment_state="shipped").values_list("tracking_number", flat=True))
    assert numbers == {row["number"] for row in account.waybills()}


@pytest.mark.django_db
def test_the_api_gets_and_voids_a_waybill(account: FakeKdniao, api: ApiClient) -> None:
    order = paid()
    made = api.post(f"/api/v1/orders/{order.pk}/waybill", {"carrier": "圆通"})
    assert (made.status_code, made.json()["state"]) == (201, "prepared")
    assert api.post(f"/api/v1/parcels/{made.json()['id']}/void").json()["state"] == "voided"


def told(*what: tuple[int, ParcelState]) -> list[NewEvent]:
    return [NewEvent(START + timedelta(hours=hours), state, f"{hours} {state}") for hours, state in what]


@pytest.mark.parametrize(
    ("events", "state", "signed_hour"),
    [
        (told((1, ParcelState.PICKED_UP), (2, ParcelState.IN_TRANSIT)), ParcelState.IN_TRANSIT, None),
        (told((5, ParcelState.SIGNED), (3, ParcelState.OUT_FOR_DELIVERY)), ParcelState.SIGNED, 5),
        (told((5, ParcelState.SIGNED), (6, ParcelState.OUT_FOR_DELIVERY)), ParcelState.SIGNED, 5),
        (told((5, ParcelState.SIGNED), (6, ParcelState.TROUBLE)), ParcelState.TROUBLE, None),
        (
            told((5, ParcelState.SIGNED), (7, ParcelState.RETURNING), (8, ParcelState.SIGNED)),
            ParcelState.RETURNING,
            None,
        ),
        (told((7, ParcelState.RETURNING), (9, ParcelState.RETURNED)), ParcelState.RETURNED, None),
        (told((5, ParcelState.SIGNED), (5, ParcelState.IN_TRANSIT)), ParcelState.SIGNED, 5),
    ],
)
def test_the_state_follows_from_time_and_rank(
    events: list[NewEvent], state: ParcelState, signed_hour: int | None
) -> None:
    for order in itertools.permutations(events):
        progress = compute_progress(order)
        assert progress is not None
        assert progress.state == state
        assert progress.signed_at == (START + timedelta(hours=signed_hour) if signed_hour else None)
    assert compute_progress([]) is None


@pytest.mark.parametrize(
    ("trace", "state"),
    [
        ({"AcceptStation": "【深圳】已揽收"}, ParcelState.PICKED_UP),
        ({"AcceptStation": "快件正在派送"}, ParcelState.OUT_FOR_DELIVERY),
        ({"AcceptStation": "已放入丰巢"}, ParcelState.AT_STATION),
        ({"AcceptStation": "已签收，签收人：前台"}, ParcelState.SIGNED),
        ({"AcceptStation": "客户拒收，退回中"}, ParcelState.RETURNING),
        ({"AcceptStation": "到达转运中心"}, ParcelState.IN_TRANSIT),
        ({"AcceptStation": "到达", "Action": "202"}, ParcelState.OUT_FOR_DELIVERY),
        ({"AcceptStation": "到达", "Action": "299"}, ParcelState.IN_TRANSIT),
    ],
)
def test_traces_are_read(trace: dict[str, str], state: ParcelState) -> None:
    row = {"AcceptTime": "2026-11-30 08:00:00", **trace}
    junk: list[object] = [{"AcceptTime": "soon", "AcceptStation": "x"}, {"AcceptTime": "2026-11-30 08:00:00"}, "x"]
    track = read_track({"LogisticCode": "YT1", "ShipperCode": "YTO", "Traces": [*junk, row]})
    assert [(event.state, event.occurred_at) for event in track.events] == [(state, START)]


def push(brand: Brand, body: str) -> int:
    client = Client(headers={"host": f"{brand.slug}.localhost"}, enforce_csrf_checks=True)
    answer = client.post("/couriers/kdniao/", dict(parse_qsl(body)))
    deliver_pending(limit=100)
    return answer.status_code


@pytest.mark.django_db
def test_pushes_move_the_parcel_and_deliver_the_order(account: FakeKdniao, brand: Brand) -> None:
    order = paid()
    number = request_waybill(order_id=order.pk, now=clock.now()).tracking_number
    ship_order(order_id=order.pk, now=clock.now())
    signed_at = clock.now().replace(microsecond=0)
    account.tell(number, "202", "快件正在派送", signed_at - timedelta(hours=1))
    short = account.push_body(number)
    account.tell(number, "301", "已签收", signed_at)
    for body in (account.push_body(number), short, account.push_body(number)):  # whole, then late, then twice
        assert push(brand, body) == 200
    order.refresh_from_db()
    assert (order.fulfilment_state, order.delivered_at) == ("delivered", signed_at)
    assert TrackingEvent.objects.count() == 2
    account.tell(number, "406", "退回签收", signed_at + timedelta(days=1))
    push(brand, account.push_body(number))
    (parcel,) = order_parcels.list_parcels(order_id=order.pk)
    assert (parcel.state, parcel.signed_at) == ("returned", None)


@pytest.mark.django_db
def test_an_order_is_delivered_with_its_last_parcel(account: FakeKdniao, brand: Brand) -> None:
    order = paid(2)
    ship_order(
        order_id=order.pk,
        carrier="YTO",
        tracking_number="A",
        packing=Packing(lines=[ShipmentLine(1, 1)]),
        now=clock.now(),
    )
    for number, state in (("A", "partly_shipped"), ("B", "delivered")):
        if number == "B":
            ship_order(order_id=order.pk, carrier="YTO", tracking_number="B", now=clock.now())
        track = read_track(
            {
                "LogisticCode": number,
                "ShipperCode": "YTO",
                "Traces": [{"AcceptTime": "2026-11-30 08:00:00", "AcceptStation": "已签收"}],
            }
        )
        tracking.record_track(track=track, now=clock.now())
        deliver_pending(limit=100)
        order.refresh_from_db()
        assert order.fulfilment_state == state


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["sign", "body", "json"])
def test_pushes_of_others_are_refused(account: FakeKdniao, brand: Brand, change: str) -> None:
    number = request_waybill(order_id=paid().pk, now=clock.now()).tracking_number
    account.tell(number, "301", "已签收")
    form = dict(parse_qsl(account.push_body(number)))
    if change == "sign":
        form["DataSign"] = form["DataSign"].swapcase()
    elif change == "body":
        form["RequestData"] = form["RequestData"].replace("301", "202")
    else:
        form["RequestData"] = ""
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    assert client.post("/couriers/kdniao/", form).status_code == 403
    assert json.loads(client.post("/couriers/kdniao/", form).content)["Success"] is False
    assert client.get("/couriers/kdniao/").status_code == 405
    assert not TrackingEvent.objects.exists()


@pytest.mark.django_db
def test_polling_asks_each_number_every_two_hours(account: FakeKdniao) -> None:
    order = paid()
    number = request_waybill(order_id=order.pk, now=clock.now()).tracking_number
    assert tracking.next_poll(clock.now()) is None
    ship_order(order_id=order.pk, now=clock.now())
    now = clock.now()
    assert tracking.next_poll(now) == now
    tracking.poll_tracks(now=now)
    account.tell(number, "1", "已揽收", now)
    tracking.poll_tracks(now=now + timedelta(hours=1))
    assert not TrackingEvent.objects.exists()
    assert tracking.next_poll(now) == now + tracking.POLL_EVERY
    account.faults.order("500")
    tracking.poll_tracks(now=now + timedelta(hours=2))  # unanswered: asked next time
    tracking.poll_tracks(now=now + timedelta(hours=4))
    (parcel,) = order_parcels.list_parcels(order_id=order.pk)
    assert parcel.state == "picked_up"


@pytest.mark.django_db
def test_alarms_find_what_stands_still(account: FakeKdniao) -> None:
    now = clock.now()
    order = paid()
    request_waybill(order_id=order.pk, now=now)
    ship_order(order_id=order.pk, now=now)
    (parcel,) = order_parcels.list_parcels(order_id=order.pk)

    def found(moment: datetime) -> set[str]:
        kinds = ("no_pickup", "no_event", "trouble", "going_back")
        return {kind for kind in kinds if list_parcels(filters={"alarm": kind}, now=moment).exists()}

    assert found(now) == set()
    assert found(now + timedelta(hours=25)) == {"no_pickup"}
    assert found(now + timedelta(hours=73)) == {"no_pickup", "no_event"}
    for state, kinds in (("4", {"trouble"}), ("404", {"going_back"})):
        moment = now + timedelta(hours=80 + len(state))
        account.tell(parcel.tracking_number, state, f"问题 {state}", moment)
        tracking.poll_tracks(now=moment + timedelta(hours=3 * len(state)))
        assert found(moment) == kinds
