"""Labels: what is printed, what a scanner reads back, what is hidden, many in one job, and batches of orders."""

from collections.abc import Mapping

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from PIL.Image import Image

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import ship_order
from tenant_apps.orders.services.ship_orders import OrderToShip, ship_orders
from tenant_apps.shipping.models import ShippingJob
from tenant_apps.shipping.rules.labels import mask_door, mask_receiver_name, mask_receiver_phone
from tenant_apps.shipping.rules.settings import LabelTemplate, Sender
from tenant_apps.shipping.services import jobs
from tenant_apps.shipping.services.label_jobs import print_labels
from tenant_apps.shipping.services.labels import LabelFacts, draw_labels
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, sell

RECEIVER = {
    "name": "张小明",
    "phone": "+8613812345678",
    "province": "广东省",
    "city": "深圳市",
    "district": "南山区",
    "address": "科技园1栋2单元302室",
}
SENDER = Sender("榕易", "075512345678", "广东省", "深圳市", "福田区", "深南大道1号")


def label(number: str = "YT1234567890123", receiver: Mapping[str, object] = RECEIVER) -> LabelFacts:
    return LabelFacts(
        carrier="圆通速递",
        tracking_number=number,
        number="SO20261130-000001",
        receiver=receiver,
        goods=(("G-01", "面霜", 2),),
        sorting="755-A12",
        printed_at=clock.now(),
        pieces=2,
    )


def pages(content: bytes) -> list[Image]:
    """The pages as pictures of 203 dpi, as a thermal printer draws them."""
    document = pypdfium2.PdfDocument(content)
    return [page.render(scale=203 / 72).to_pil().convert("L") for page in document]


def words(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("on_a4", [False, True])
@pytest.mark.parametrize("number", ["YT1234567890123", "SF0123456789012", "JDVA12345678901-1-1-", "77" + "1" * 13])
def test_a_scanner_reads_the_codes_back(number: str, on_a4: bool) -> None:
    drawn = draw_labels([label(number)], template=LabelTemplate(), sender=SENDER, on_a4=on_a4)
    (page,) = pages(drawn)
    read = [(str(one.format), one.text) for one in zxingcpp.read_barcodes(page)]
    codes = [text for form, text in read if "128" in form]
    squares = [text for form, text in read if "QR" in form]
    assert codes.count(number) == 2
    assert squares == [number]


def test_paper_sizes() -> None:
    labels = [label(), label(), label()]
    for on_a4, size, count in ((False, (100, 180), 3), (True, (210, 297), 2)):
        document = pypdfium2.PdfDocument(draw_labels(labels, template=LabelTemplate(), sender=SENDER, on_a4=on_a4))
        assert len(document) == count
        width, height = document[0].get_size()
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == size


def test_the_receiver_is_hidden_for_the_eye() -> None:
    drawn = words(draw_labels([label()], template=LabelTemplate(), sender=SENDER))
    assert "张小明" not in drawn
    assert "13812345678" not in drawn
    assert "302" not in drawn
    assert "138******78" in drawn
    plain = words(draw_labels([label()], template=LabelTemplate(is_masked=False), sender=SENDER))
    assert "张小明" in plain
    assert "2单元302室" in plain


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("科技园1栋2单元302室", "科技园1栋***"),
        ("涞寅路1881弄30号1102", "涞寅路1881弄30号***"),
        ("海拉尔东街19号5-2-301", "海拉尔东街19号***"),
        ("铃铛阁大街9号", "铃铛阁大街9号"),
        ("藕花洲大街303号4幢", "藕花洲大街303号4幢"),
        ("范公亭西路6号三楼", "范公亭西路6号***"),
        ("", ""),
    ],
)
def test_doors(text: str, masked: str) -> None:
    assert mask_door(text) == masked


@pytest.mark.parametrize(("name", "masked"), [("张小明", "张**"), ("张", "*"), ("", ""), ("Al", "A*")])
def test_names(name: str, masked: str) -> None:
    assert mask_receiver_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"), [("+8613812345678", "138******78"), ("0755-12345678", "075********78"), ("1234", "****")]
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_receiver_phone(phone) == masked


def test_rare_characters_are_drawn() -> None:
    """Names of the third level of 通用规范汉字表, and what no font has."""
    drawn = words(
        draw_labels([label(receiver={"name": "䶮𬱟"})], template=LabelTemplate(is_masked=False), sender=SENDER)
    )
    assert "䶮" in drawn
    assert draw_labels([label(receiver={"name": "王😀\U0002f9f4"})], template=LabelTemplate(), sender=Sender())


def test_the_template_decides_what_stands_below() -> None:
    template = LabelTemplate(blocks=("text", "pieces"), text="谢谢惠顾")
    drawn = words(draw_labels([label()], template=template, sender=SENDER))
    assert "谢谢惠顾" in drawn
    assert "SO20261130-000001" not in drawn


def shipped(number: str = "YT1234567890123") -> Order:
    order = sell(("G-01", 1))
    pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    return ship_order(order_id=order.pk, carrier="YTO", tracking_number=number, now=clock.now())


def parcel_of(order: Order) -> int:
    return order_parcels.list_parcels(order_id=order.pk)[0].pk


@pytest.mark.django_db
def test_a_job_prints_each_box_once(shop: Shop) -> None:
    first, same, other = shipped(), shipped(), shipped("YT9999999999999")
    ids = [parcel_of(one) for one in (other, first, same)]
    job_id = print_labels(parcel_ids=ids, now=clock.now())
    jobs.run_job(job_id=job_id)
    job = jobs.get_job(job_id=job_id)
    assert (job.state, job.percent) == ("done", 100)
    with jobs.open_result(job=job) as file:
        drawn = pages(file.read())
    read = [zxingcpp.read_barcodes(page)[0].text for page in drawn]
    assert read == ["YT9999999999999", "YT1234567890123"]
    jobs.run_job(job_id=job_id)  # over: nothing happens


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "paper", "code"),
    [("", "label", "no_tracking_number"), ("1", "a5", "unknown_paper")],
)
def test_labels_that_cannot_be_printed(shop: Shop, number: str, paper: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        print_labels(parcel_ids=[parcel_of(shipped(number))], paper=paper, now=clock.now())
    assert refusal.value.code == code
    with pytest.raises(DomainError) as refusal:
        print_labels(parcel_ids=[99], now=clock.now())
    assert refusal.value.code == "parcel_not_found"


@pytest.mark.django_db
def test_the_api_starts_and_shows_a_job(shop: Shop, api: ApiClient) -> None:
    started = api.post("/api/v1/parcels/labels", {"parcel_ids": [parcel_of(shipped())], "paper": "a4"})
    assert started.status_code == 202
    job_id = started.json()["id"]
    assert api.get(f"/api/v1/shipping/jobs/{job_id}/file").status_code == 404
    jobs.run_job(job_id=job_id)
    shown = api.get(f"/api/v1/shipping/jobs/{job_id}").json()
    assert (shown["state"], shown["has_file"]) == ("done", True)
    content = b"".join(api.get(f"/api/v1/shipping/jobs/{job_id}/file"))
    assert content.startswith(b"%PDF")


@pytest.mark.django_db
def test_a_batch_ships_what_it_can_and_names_the_rest(shop: Shop) -> None:
    good = [sell(("G-01", 1)) for _ in range(3)]
    for order in good:
        pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    unpaid = sell(("G-01", 1))
    wanted = [OrderToShip(one.pk, "YTO", f"YT{one.pk}") for one in (good[0], unpaid, *good[1:])]
    job_id = ship_orders(orders=wanted, now=clock.now())
    jobs.run_job(job_id=job_id)
    job = jobs.get_job(job_id=job_id)
    assert (job.state, job.done, [one["label"] for one in job.refusals]) == ("done", 4, [unpaid.number])
    assert set(Order.objects.filter(fulfilment_state="shipped").values_list("pk", flat=True)) == {
        one.pk for one in good
    }


@pytest.mark.django_db
def test_a_batch_goes_on_where_a_worker_died(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [sell(("G-01", 1)) for _ in range(3)]
    for order in made:
        pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    job_id = ship_orders(orders=[OrderToShip(one.pk, "YTO", "1") for one in made], now=clock.now())
    ShippingJob.objects.filter(pk=job_id).update(heartbeat_at=clock.now() - jobs.STALLED_AFTER)
    job = jobs.get_job(job_id=job_id)
    jobs._do_item(job, jobs.get_runner("batch_ship"), 0)
    with pytest.raises(jobs.JobTakenOver):  # another worker that had not heard of it
        jobs._do_item(job, jobs.get_runner("batch_ship"), 0)
    jobs.run_job(job_id=job_id)
    done = jobs.get_job(job_id=job_id)
    assert (done.state, done.done, done.refusals) == ("done", 3, [])
    assert jobs.next_look(clock.now()) is None


@pytest.mark.django_db
def test_the_ship_page_offers_one_box_for_one_receiver(shop: Shop, brand: Brand) -> None:
    user = users.create_user(name="w", role="warehouse", email="w@box.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(user)
    first, second, third = (sell(("G-01", 1)) for _ in range(3))
    for order in (first, second, third):
        Order.objects.filter(pk=order.pk).update(receiver=RECEIVER)
        pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    shown = console.get(f"/console/orders/ship/?ids={first.pk},{second.pk}").context["parcels"]
    assert [parcel.same_box for parcel in shown] == [None, first]
    assert [list(parcel.others) for parcel in shown] == [[third], [third]]
    filled = {
        "ids": f"{first.pk},{second.pk}",
        f"carrier_{first.pk}": "SF",
        f"tracking_number_{first.pk}": "SF1",
        f"with_{second.pk}": str(first.pk),
    }
    assert console.post("/console/orders/ship/", filled).status_code == 302
    numbers = {
        parcel.tracking_number for one in (first, second) for parcel in order_parcels.list_parcels(order_id=one.pk)
    }
    assert numbers == {"SF1"}
    background = {
        "ids": str(third.pk),
        f"carrier_{third.pk}": "SF",
        f"tracking_number_{third.pk}": "SF9",
        "in_background": "1",
    }
    answer = console.post("/console/orders/ship/", background)
    assert answer.status_code == 302
    assert console.get(answer["Location"]).context["job"].total == 1
