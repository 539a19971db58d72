"""Acts on a brand in the platform's console."""

from typing import Any

from django.test import Client

from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand

PAGE = "/console/tenants/brand/"


def act(client: Client, brand: Brand, name: str, **fields: Any) -> Any:
    return client.post(f"{PAGE}{brand.pk}/{name}/", fields)


def shown(client: Client, brand: Brand) -> str:
    return client.get(f"{PAGE}{brand.pk}/change/").content.decode()


def last_audit(brand: Brand, action: str) -> AuditRecord:
    with public_schema():
        return AuditRecord.objects.filter(subject=f"brand:{brand.pk}", action=action).order_by("-id")[0]
