"""Add channels."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.core.integrity import refine_integrity_error
from tenant_apps.orders.models import Channel


class DuplicateChannel(Conflict):
    code = "duplicate_channel"
    title = _("There is a channel with this code")


@transaction.atomic
def create_channel(*, code: str, name: str, kind: str) -> Channel:
    """Add a channel. Raises DuplicateChannel."""
    with refine_integrity_error({"orders_channel_code_unique": lambda: DuplicateChannel(field="code")}):
        return Channel.objects.create(code=code, name=name, kind=kind)
