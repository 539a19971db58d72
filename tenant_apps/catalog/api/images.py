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
    """List the pictures of a product and of its variants in their order. The first one represents the product."""
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
    """Send multipart form data: JPEG, PNG or WebP by content, at most 10 MB and 50 megapixels. Metadata is removed."""
    image = images.add_image(product_id=product_id, upload=file, name=file.name or "", **details.model_dump())
    return FastJson(schemas.image_row(image), 201)


@router.put("/products/{product_id}/images/order", response=schemas.ImagesOut, summary="Reorder a product's pictures")
@requires("catalog.edit")
def order_images(request: HttpRequest, product_id: int, payload: schemas.ImageOrderIn) -> HttpResponse:
    """Each picture of the product must be named exactly once."""
    images.order_images(product_id=product_id, image_ids=payload.image_ids)
    return _images(product_id)


@router.patch("/pictures/{image_id}", response=schemas.ImageOut, summary="Change a picture's description")
@requires("catalog.edit")
def change_image(request: HttpRequest, image_id: int, payload: schemas.ImagePatch) -> HttpResponse:
    """Set the alternative text, which screen readers read out."""
    return FastJson(schemas.image_row(images.change_image(image_id=image_id, description=payload.description)))


@router.delete("/pictures/{image_id}", response={204: None}, summary="Delete a picture")
@requires("catalog.edit")
def delete_image(request: HttpRequest, image_id: int) -> Status[None]:
    """Delete a picture and its files."""
    images.delete_image(image_id=image_id)
    return Status(204, None)


@router.get("/pictures/{image_id}/content", summary="Download a picture", response={200: None})
@requires("catalog.view")
def get_content(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """Return the stored picture. Its content never changes, so a private cache may keep it for good."""
    return send_unchanging(request, **asdict(get_picture_file(image_id=image_id, thumbnail=False)))


@router.get("/pictures/{image_id}/thumbnail", summary="Download a picture's thumbnail", response={200: None})
@requires("catalog.view")
def get_thumbnail(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """Return a WebP of at most 320 × 320 pixels."""
    return send_unchanging(request, **asdict(get_picture_file(image_id=image_id, thumbnail=True)))
