"""Read pictures."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.catalog.models import ProductImage


class ImageNotFound(NotFound):
    code = "picture_not_found"
    title = _("There is no such picture")


def list_images(*, product_id: int) -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(product_id=product_id).order_by("position", "id")


def get_image(*, image_id: int) -> ProductImage:
    """Raises ImageNotFound."""
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise ImageNotFound
    return image
