"""Links of the brand's page to objects and lists of the platform's console."""

from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from shared_apps.tenants.selectors import BrandRecord

ROWS: Final = 6  # of each list; the rest stands behind the link of the panel


def page_of(model: str, pk: int) -> str:
    """Return the page of an object in the platform's console: `page_of("billing_offlinepayment", 7)`."""
    return reverse(f"platform:{model}_change", args=[pk])


def list_of(model: str, brand: BrandRecord) -> str:
    """Return the list of a model's objects, narrowed to the brand."""
    return f"{reverse(f'platform:{model}_changelist')}?brand__id__exact={brand.pk}"


def first(rows: QuerySet[Any]) -> list[Any]:
    """Return the first few rows."""
    return list(rows[:ROWS])
