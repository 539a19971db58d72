"""Reading the tree of categories."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.errors import Invalid, NotFound
from tenant_apps.catalog.models import Category


class CategoryNotFound(NotFound):
    code = "category_not_found"
    title = _("There is no such category")


class UnknownCategory(Invalid):
    code = "unknown_category"
    title = _("There is no such category")


def list_categories() -> QuerySet[Category]:
    """All categories, in the order of the shop."""
    return Category.objects.order_by("position", "id")


def get_category(*, category_id: int) -> Category:
    """Raises CategoryNotFound."""
    category = Category.objects.filter(id=category_id).first()
    if category is None:
        raise CategoryNotFound
    return category
