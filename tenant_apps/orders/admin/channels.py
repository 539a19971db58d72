"""Sales channels in the brand console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from console.admin import BrandModelAdmin
from console.sites import brand_site
from tenant_apps.orders.models import Channel
from tenant_apps.orders.services import channels


@admin.register(Channel, site=brand_site)
class ChannelAdmin(BrandModelAdmin[Channel]):
    view_permission = "orders.view"
    add_permission = "orders.import"
    list_display = ("code", "name", "kind")
    search_fields = ("code", "name")
    fields = ("code", "name", "kind")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Channel | None) -> Channel:
        return channels.create_channel(**form.cleaned_data)
