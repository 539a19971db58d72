"""Imports of teams."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.recruiting.models import TeamImport


class ImportNotFound(NotFound):
    code = "team_import_not_found"
    title = _("There is no such import")


def list_imports() -> QuerySet[TeamImport]:
    """The newest first, without the long lists."""
    return TeamImport.objects.defer("errors", "agent_ids").order_by("-id")


def get_import(*, import_id: int) -> TeamImport:
    """Raises ImportNotFound."""
    job = TeamImport.objects.filter(id=import_id).first()
    if job is None:
        raise ImportNotFound
    return job
