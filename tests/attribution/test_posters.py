"""Posters: a picture of the right size whose QR code leads to the link, whatever stands on it."""

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import segno
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from kernel.core import clock
from kernel.files import fonts, images
from kernel.tenancy.context import current_schema, enter_brand
from shared_apps.tenants.models import Brand
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Policy, ReferralLink
from tenant_apps.attribution.services import policy, posters, referral_links
from tenant_apps.catalog.services.products import create_product

pytestmark = pytest.mark.django_db

ADDRESS = "https://acme.example/r/K7M2QWERTY/?q"


def make_link(name: str, product: str = "") -> ReferralLink:
    level = create_level(code="GOLD", name="金牌", rank=1)
    agent = enrol_agent(name=name, phone="+8613800000000", level_id=level.pk, code="ANNA", now=clock.now())
    product_id = create_product(name=product, tax_rate=Decimal("0.13")).pk if product else None
    link = referral_links.ensure_link(agent_id=agent.pk, product_id=product_id, now=clock.now())
    return selectors.get_link(link_id=link.pk)


def picture(colour: str = "orange", size: tuple[int, int] = (1_600, 900), form: str = "JPEG") -> ContentFile[bytes]:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return ContentFile(out.getvalue(), name="brand.jpg")


def drawn(link: ReferralLink) -> Image.Image:
    content = posters.render(posters.poster_of(link, selectors.get_policy(), address=ADDRESS))
    assert content.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "title", "text", "product"),
    [
        ("王芳", "", "", ""),
        ("王芳", "源头好物 放心选", "每一瓶都有防伪码，支持七天无理由退货。", "烟酰胺精华 30ml"),
        ("欧阳" * 50, "很" * 60, "长" * 200, "名" * 200),
        ("Maximiliane " * 8, "W" * 60, "incomprehensibilities " * 9, "supercalifragilistic" * 9),
        ("🌸 花花 🌳", "🔥🔥🔥", "​​ \u202e", "emoji 👩‍👩‍👧 only"),
        ("王䶮 李㛃 陈𬱟", "Zoë", "a\tb", "x"),
    ],
)
def test_any_words_fit(name: str, title: str, text: str, product: str) -> None:
    policy.change_policy(poster_title=title, poster_text=text)
    poster = drawn(make_link(name[:100].strip(), product))
    assert poster.size == (750, 1334)
    assert poster.mode == "RGB"
    # Nothing is written into the margins: they are as white as the paper.
    for box in ((0, 730, 47, 1334), (703, 730, 750, 1334), (0, 1290, 750, 1334)):
        assert poster.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), (255, 255, 255))]


def test_a_name_that_cannot_be_drawn_is_refused_and_the_letter_named(brand: Brand) -> None:
    link = make_link("王𪚥")
    with pytest.raises(fonts.NotDrawable) as refusal:
        drawn(link)
    assert "𪚥" in str(refusal.value.detail)


def test_the_page_of_a_poster_that_cannot_be_drawn_says_why(console: Client) -> None:
    link = make_link("王𪚥")
    answer = console.get(f"/console/posters/{link.pk}.png")
    assert (answer.status_code, answer["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "𪚥" in answer.content.decode()


def test_the_brands_picture_fills_the_top() -> None:
    link = make_link("王芳")
    plain = drawn(link)
    policy.set_poster_picture(upload=picture())
    poster = drawn(link)
    red, green, blue = poster.getpixel((375, 300))  # type: ignore[misc]
    assert red > 240
    assert 150 < green < 180
    assert blue < 20
    assert plain.tobytes() != poster.tobytes()
    first = selectors.get_policy().poster_picture
    policy.set_poster_picture(upload=picture("navy", form="PNG"))
    assert selectors.get_policy().poster_picture != first
    policy.remove_poster_picture()
    assert drawn(link).tobytes() == plain.tobytes()


def test_the_code_on_it_leads_to_the_link() -> None:
    """Read back by the modules: what segno drew for the address stands on the poster, dark on white, unscaled."""
    poster = drawn(make_link("王芳")).convert("L")
    code = segno.make(ADDRESS, error="m", micro=False)
    modules = int(code.symbol_size(border=4)[0])
    scale = posters._QR_SIDE // modules
    start = (posters._QR_SIDE - modules * scale) // 2 + scale // 2
    left = posters._MARGIN
    top = posters.HEIGHT - posters._MARGIN - posters._QR_SIDE
    seen = [
        [poster.getpixel((left + start + x * scale, top + start + y * scale)) == 0 for x in range(modules)]
        for y in range(modules)
    ]
    assert seen == [[bool(dark) for dark in row] for row in code.matrix_iter(border=4)]
    assert scale >= 4  # a phone reads it from a screen at arm's length


def test_a_poster_is_drawn_once_for_what_is_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_link("王芳")
    count = 0
    draw = posters._draw

    def counting(poster: posters.Poster) -> bytes:
        nonlocal count
        count += 1
        return draw(poster)

    monkeypatch.setattr(posters, "_draw", counting)
    first = drawn(link).tobytes()
    assert drawn(link).tobytes() == first
    assert count == 1
    policy.change_policy(poster_title="新品")
    assert drawn(link).tobytes() != first
    assert count == 2


def test_old_posters_are_forgotten(settings: Settings) -> None:
    link = make_link("王芳")
    drawn(link)
    now = clock.now()
    assert posters.forget_old_posters(now=now) == 0
    folder = Path(settings.MEDIA_ROOT) / current_schema() / "posters" / "drawn"
    assert list(folder.iterdir())
    assert posters.forget_old_posters(now=now + timedelta(days=31)) >= 1
    assert not list(folder.iterdir())


def test_nothing_to_forget_where_nothing_was_drawn(other_brand: Brand) -> None:
    enter_brand(other_brand)
    assert posters.forget_old_posters(now=clock.now()) == 0


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(images.UnreadablePicture):
        policy.set_poster_picture(upload=ContentFile(b"<svg onload=alert(1)>", name="a.jpg"))
    assert Policy.objects.get().poster_picture == ""
