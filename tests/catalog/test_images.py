"""Pictures: looked at by content, written anew, kept with their product, shown to who may see it."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from kernel.files import storage as files
from kernel.files.images import MAX_BYTES, PictureTooLarge, UnreadablePicture, read_picture
from tenant_apps.catalog.models import Product, ProductImage
from tenant_apps.catalog.services.images import add_image, delete_image
from tenant_apps.catalog.services.products import create_product
from tests.factories.api_client import ApiClient
from tests.factories.pictures import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return create_product(name="口红")


def upload_to(api: ApiClient, product_id: int, data: bytes, name: str = "a.jpg", **fields: str) -> Any:
    body = {"file": ContentFile(data, name=name), **fields}
    headers = {"authorization": f"Bearer {api.token}"}
    return api.client.post(f"/api/v1/products/{product_id}/images", body, headers=headers)


def field_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["field"])


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 20,000 × 20,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


class TestReading:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_written_anew_with_a_thumbnail(self, form: str) -> None:
        picture = read_picture(io.BytesIO(picture_bytes(form, size=(900, 600))))
        assert (picture.width, picture.height) == (900, 600)
        with Image.open(io.BytesIO(picture.content)) as image, Image.open(io.BytesIO(picture.thumbnail)) as small:
            assert (image.format, small.format, small.size) == (form, "WEBP", (320, 213))

    def test_the_orientation_is_applied_and_nothing_else_survives(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x010F] = "SECRET CAMERA"
        out = io.BytesIO()
        Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif, comment=b"SECRET WORDS")
        picture = read_picture(io.BytesIO(out.getvalue()))
        assert (picture.width, picture.height) == (20, 40)
        assert b"SECRET" not in picture.content
        assert b"Exif" not in picture.content

    def test_what_hides_behind_the_picture_is_gone(self) -> None:
        data = picture_bytes() + b"<script>alert(1)</script>"
        assert b"script" not in read_picture(io.BytesIO(data)).content

    def test_transparency_stays(self) -> None:
        out = io.BytesIO()
        Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")
        with Image.open(io.BytesIO(read_picture(io.BytesIO(out.getvalue())).content)) as image:
            assert image.mode == "RGBA"

    def test_huge_ones_are_scaled_down(self) -> None:
        picture = read_picture(io.BytesIO(picture_bytes("PNG", size=(6_000, 3_000))))
        assert (picture.width, picture.height) == (4_096, 2_048)

    @pytest.mark.parametrize(
        "data",
        [b"", b"GIF89a" + b"\0" * 50, b"<svg/>", picture_bytes()[:300], b"\x89PNG\r\n\x1a\n" + b"x" * 99, b"%PDF-1.7"],
    )
    def test_what_is_no_picture(self, data: bytes) -> None:
        with pytest.raises(UnreadablePicture):
            read_picture(io.BytesIO(data))

    def test_gif_is_not_read_whatever_it_is_called(self) -> None:
        out = io.BytesIO()
        Image.new("P", (5, 5)).save(out, "GIF")
        with pytest.raises(UnreadablePicture):
            read_picture(ContentFile(out.getvalue(), name="picture.jpg"))

    def test_bombs_and_giants(self) -> None:
        for data in (bomb(), picture_bytes() + b"\0" * MAX_BYTES):
            with pytest.raises(PictureTooLarge):
                read_picture(io.BytesIO(data))


class TestOverHttp:
    def test_upload_list_describe_order_delete(self, api: ApiClient, product: Product) -> None:
        first = upload_to(api, product.pk, picture_bytes(colour="red"), "../../红.jpg", description="正面")
        assert first.status_code == 201, first.content.decode()
        assert (first.json()["name"], first.json()["description"], first.json()["position"]) == ("红.jpg", "正面", 1)
        second = upload_to(api, product.pk, picture_bytes(colour="blue")).json()
        ids = [first.json()["id"], second["id"]]
        base = f"/api/v1/products/{product.pk}/images"
        assert [row["id"] for row in api.get(base).json()["items"]] == ids
        turned = api.put(f"{base}/order", {"image_ids": ids[::-1]})
        assert [row["id"] for row in turned.json()["items"]] == ids[::-1]
        changed = api.patch(f"/api/v1/pictures/{ids[0]}", {"description": "背面"})
        assert changed.json()["description"] == "背面"
        assert api.delete(f"/api/v1/pictures/{ids[0]}").status_code == 204
        assert [row["id"] for row in api.get(base).json()["items"]] == ids[1:]

    def test_pictures_of_a_variant(self, api: ApiClient, product: Product) -> None:
        variant = api.post(f"/api/v1/products/{product.pk}/variants", {"sku": "R", "retail_price": "1"}).json()
        mine = upload_to(api, product.pk, picture_bytes(), variant_id=str(variant["id"]))
        assert mine.json()["variant_id"] == variant["id"]
        # The same picture may stand for the product as well.
        assert upload_to(api, product.pk, picture_bytes()).status_code == 201
        other = create_product(name="别的")
        foreign = upload_to(api, other.pk, picture_bytes(), variant_id=str(variant["id"]))
        assert (foreign.status_code, field_of(foreign)) == (422, "variant_id")

    def test_it_is_shown_and_may_be_kept(self, api: ApiClient, product: Product) -> None:
        row = upload_to(api, product.pk, picture_bytes()).json()
        for address, kind in ((row["content_url"], "image/jpeg"), (row["thumbnail_url"], "image/webp")):
            answer = api.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert "private" in answer.headers["cache-control"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            again = api.get(address, **{"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (b"", 422, "unreadable_picture"),
            (b"not a picture", 422, "unreadable_picture"),
            (bomb(), 413, "picture_too_large"),
            (picture_bytes() + b"\0" * MAX_BYTES, 413, "picture_too_large"),
        ],
    )
    def test_refused_uploads(self, api: ApiClient, product: Product, data: bytes, status: int, code: str) -> None:
        answer = upload_to(api, product.pk, data)
        assert (answer.status_code, answer.json()["code"], field_of(answer)) == (status, code, "file")
        assert not ProductImage.objects.exists()

    def test_the_same_picture_twice(self, api: ApiClient, product: Product) -> None:
        upload_to(api, product.pk, picture_bytes())
        again = upload_to(api, product.pk, picture_bytes(), "another name.jpg")
        assert (again.status_code, again.json()["code"]) == (409, "duplicate_picture")

    def test_not_more_than_fifty(self, api: ApiClient, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tenant_apps.catalog.services.images.MAX_IMAGES", 1)
        upload_to(api, product.pk, picture_bytes(colour="red"))
        answer = upload_to(api, product.pk, picture_bytes(colour="blue"))
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_pictures")

    def test_an_order_names_each_picture_once(self, api: ApiClient, product: Product) -> None:
        row = upload_to(api, product.pk, picture_bytes()).json()
        for ids in ([], [row["id"], row["id"]], [row["id"], 999_999]):
            answer = api.put(f"/api/v1/products/{product.pk}/images/order", {"image_ids": ids})
            assert (answer.status_code, field_of(answer)) == (422, "image_ids")

    def test_unknown_ones(self, api: ApiClient) -> None:
        assert upload_to(api, 999_999, picture_bytes()).json()["code"] == "product_not_found"
        for answer in (
            api.get("/api/v1/pictures/999999/content"),
            api.patch("/api/v1/pictures/999999", {"description": ""}),
            api.delete("/api/v1/pictures/999999"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")

    def test_who_may(
        self, api: ApiClient, api_as: Callable[[str], ApiClient], anonymous: Any, product: Product
    ) -> None:
        row = upload_to(api, product.pk, picture_bytes()).json()
        warehouse = api_as("warehouse")
        assert warehouse.get(row["content_url"]).status_code == 200
        assert upload_to(warehouse, product.pk, picture_bytes(colour="blue")).status_code == 403
        assert warehouse.delete(f"/api/v1/pictures/{row['id']}").status_code == 403
        assert anonymous.get(row["content_url"]).status_code == 401

    def test_in_the_console(self, console: Client, product: Product) -> None:
        image = add_image(product_id=product.pk, upload=io.BytesIO(picture_bytes()), name="a.jpg")
        for size, kind in (("thumbnail", "image/webp"), ("content", "image/jpeg")):
            answer = console.get(f"/console/catalog/pictures/{image.pk}/{size}/")
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert Client(headers=console.defaults).get(f"/console/catalog/pictures/{image.pk}/content/").status_code != 200


def test_files_go_with_the_picture(product: Product, django_capture_on_commit_callbacks: Any) -> None:
    image = add_image(product_id=product.pk, upload=io.BytesIO(picture_bytes()), name="a.jpg")
    places = [Path(files.path_of(name)) for name in (image.path, image.thumbnail_path)]
    assert all(place.exists() for place in places)
    with django_capture_on_commit_callbacks(execute=True):
        delete_image(image_id=image.pk)
    assert not any(place.exists() for place in places)
