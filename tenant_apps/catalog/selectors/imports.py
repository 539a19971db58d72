"""Read imports of products."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.catalog.models import CatalogImport


class ImportNotFound(NotFound):
    code = "import_not_found"
    title = _("There is no such import")


def list_imports() -> QuerySet[CatalogImport]:
    return CatalogImport.objects.order_by("-id")


def get_import(*, job_id: int) -> CatalogImport:
    """Raises ImportNotFound."""
    job = CatalogImport.objects.filter(pk=job_id).first()
    if job is None:
        raise ImportNotFound
    return job
