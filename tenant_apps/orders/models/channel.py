"""Table of sales channels."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenant_apps.orders.states import ChannelKind


class Channel(models.Model):
    """A shop, platform or person that orders come from. Orders refer to it by its code."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["code"], name="orders_channel_code_unique")]

    def __str__(self) -> str:
        return self.name
