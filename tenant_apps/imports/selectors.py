"""Reads of imports."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.imports.models import ImportJob as ImportJob  # the type of what these return
from tenant_apps.imports.states import RUNNING


class ImportNotFound(NotFound):
    code = "import_not_found"
    title = _("There is no such import")


def get_import(*, job_id: int) -> ImportJob:
    """Raises ImportNotFound."""
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise ImportNotFound
    return job


def list_imports(*, kinds: set[str] | None = None) -> QuerySet[ImportJob]:
    """Imports of the kinds (None: all), for paging."""
    jobs = ImportJob.objects.order_by("-id")
    return jobs if kinds is None else jobs.filter(kind__in=kinds)


def list_running_ids() -> list[int]:
    """Jobs at which a worker is, or should be."""
    return list(ImportJob.objects.filter(state__in=RUNNING).order_by("id").values_list("id", flat=True))
