"""Forms write through services; what a service refuses appears in the form and nothing is kept."""

from typing import Any

import pytest
from django import forms
from django.contrib.admin import AdminSite
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory

from console.admin import BrandModelAdmin
from kernel.core.errors import Conflict
from shared_apps.accounts.services import users
from tenant_apps.catalog.models import Category


class CategoryPage(BrandModelAdmin[Category]):
    view_permission = edit_permission = add_permission = "catalog.edit"
    fields = ("name", "position")

    def save_by_service(
        self, request: HttpRequest, form: forms.ModelForm[Category], existing: Category | None
    ) -> Category:
        category = existing or Category()
        category.name = form.cleaned_data["name"].strip()
        category.position = form.cleaned_data["position"]
        category.save()
        if category.name == "refused":
            raise Conflict("This name is refused", field="name")
        return category


class Silent(BrandModelAdmin[Category]):
    view_permission = edit_permission = "catalog.edit"


def post(page: BrandModelAdmin[Category], data: dict[str, Any], object_id: str | None = None) -> Any:
    request: Any = RequestFactory().post("/console/catalog/category/add/", data)
    request.user = users.create_user(name="Fang", role="owner", email="saving@console.example", password="qing-he-2026")
    request.session = {}
    request._messages = FallbackStorage(request)
    request._dont_enforce_csrf_checks = True
    return page.changeform_view(request, object_id)


@pytest.mark.django_db
def test_a_form_is_saved_by_its_service() -> None:
    page = CategoryPage(Category, AdminSite(name="brand"))
    answer = post(page, {"name": "  Masks ", "position": "3"})
    assert answer.status_code == 302
    assert Category.objects.filter(name="Masks", position=3).count() == 1


@pytest.mark.django_db
def test_a_refusal_is_shown_in_the_form_and_nothing_is_kept() -> None:
    page = CategoryPage(Category, AdminSite(name="brand"))
    answer = post(page, {"name": "refused", "position": "3"})
    assert answer.status_code == 200
    form = answer.context_data["adminform"].form
    assert form.errors["name"] == ["This name is refused"]
    assert form["position"].value() == "3"
    assert not Category.objects.filter(name="refused").exists()


@pytest.mark.django_db
def test_a_page_that_may_edit_must_name_its_service() -> None:
    category = Category.objects.create(name="Masks")
    page = Silent(Category, AdminSite(name="brand"))
    data = {"name": "Creams", "position": "1", "parent": ""}
    with pytest.raises(NotImplementedError):
        post(page, data, object_id=str(category.pk))


@pytest.mark.django_db
def test_nothing_is_deleted_from_a_console() -> None:
    page = CategoryPage(Category, AdminSite(name="brand"))
    request = RequestFactory().get("/")
    assert not page.has_delete_permission(request)
