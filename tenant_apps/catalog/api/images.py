"""API of pictures."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from kernel.http.downloads import send_unchanging
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.catalog.schemas import products as schemas
from tenant_apps.catalog.selectors.images import get_picture_file, list_images
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.services import images

router = Router(tags=["catalog"])


@router.get("/products/{product_id}/images", response=schemas.ImagesOut, summary="List a product's pictures")
@requires("catalog.view")
def list_product_images(request: HttpRequest, product_id: int) -> HttpResponse:
    """In their order, those of its variants too. The first one stands for the product."""
    return _images(get_product(product_id=product_id).pk)


def _images(product_id: int) -> FastJson:
    return FastJson({"items": [schemas.image_row(image) for image in list_images(product_id=product_id)]})


@router.post("/products/{product_id}/images", response={201: schemas.ImageOut}, summary="Add a picture")
@requires("catalog.edit")
def add_image(
    request: HttpRequest,
    product_id: int,
    file: File[UploadedFile],
    details: Form[schemas.ImageForm],
) -> HttpResponse:
    """Multipart: JPEG, PNG or WebP by content, 10 MB and 50 megapixels at most. Only its pixels are kept."""
    image = images.add_image(product_id=product_id, upload=file, name=file.name or "", **details.model_dump())
    return FastJson(schemas.image_row(image), 201)


@router.put("/products/{product_id}/images/order", response=schemas.ImagesOut, summary="Reorder a product's pictures")
@requires("catalog.edit")
def order_images(request: HttpRequest, product_id: int, payload: schemas.ImageOrderIn) -> HttpResponse:
    """Names each picture once."""
    images.order_images(product_id=product_id, image_ids=payload.image_ids)
    return _images(product_id)


@router.patch("/pictures/{image_id}", response=schemas.ImageOut, summary="Change a picture's description")
@requires("catalog.edit")
def change_image(request: HttpRequest, image_id: int, payload: schemas.ImagePatch) -> HttpResponse:
    """Alternative text, for people who cannot see the picture."""
    return FastJson(schemas.image_row(images.change_image(image_id=image_id, description=payload.description)))


@router.delete("/pictures/{image_id}", response={204: None}, summary="Delete a picture")
@requires("catalog.edit")
def delete_image(request: HttpRequest, image_id: int) -> Status[None]:
    """Its files go with it."""
    images.delete_image(image_id=image_id)
    return Status(204, None)


@router.get("/pictures/{image_id}/content", summary="Download a picture", response={200: None})
@requires("catalog.view")
def get_content(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The picture as it is kept. It never changes: caches of the one who asked may keep it for good."""
    return send_unchanging(request, **asdict(get_picture_file(image_id=image_id, thumbnail=False)))


@router.get("/pictures/{image_id}/thumbnail", summary="Download a picture's thumbnail", response={200: None})
@requires("catalog.view")
def get_thumbnail(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """At most 320 pixels wide and high, as WebP."""
    return send_unchanging(request, **asdict(get_picture_file(image_id=image_id, thumbnail=True)))
