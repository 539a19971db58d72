"""The list of all brands: finding one, and what each row shows beside its own columns."""

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from shared_apps.accounts import selectors as people
from shared_apps.support.models import BrandFigures

# Columns of the list that brands pushed: annotated under these names, so that the list can be sorted by them.
PUSHED = ("schema_bytes", "orders_30_days", "failed_jobs", "last_seen_at")


def with_figures(brands: QuerySet[Any]) -> QuerySet[Any]:
    """The same brands, each with the last figures it pushed (None for one that never did)."""
    figures = BrandFigures.objects.filter(pk=OuterRef("pk"))
    annotated: QuerySet[Any] = brands.annotate(**{name: Subquery(figures.values(name)) for name in PUSHED})
    return annotated


def search_brands(brands: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those with the text in their name, company, owner's name or a domain.

    The owner's phone (in any writing) and e-mail address are found only whole: a list that answers to parts of them
    would give away, letter by letter, what it masks.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        return brands
    with_domain = brands.model._default_manager.filter(domains__domain__icontains=text).values("pk")
    found = Q(pk__in=with_domain)
    for name in ("name", "slug", "company_name", "owner_name"):
        found |= Q(**{f"{name}__icontains": text})
    whole = people.sign_in_name(text)
    found |= Q(owner_email=whole) if "@" in whole else Q(owner_phone=whole)
    return brands.filter(found)
