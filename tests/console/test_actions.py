"""Buttons act by POST only, ask the permission every time, and show refusals where they were caused."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory

from console.actions import DialogForm, list_action, list_link, object_action, object_link, show_refusal
from console.bulk_actions import bulk_action
from kernel.core.errors import Conflict, FieldError, Invalid, Text
from tenant_apps.catalog.models import Category

PAGE = "/console/catalog/category/7/rename/"


class RenameForm(DialogForm):
    title = forms.CharField(label="Title")


class Recorder:
    """Stands where a ModelAdmin stands: what the actions need of one, and a note of what was done."""

    opts = Category._meta
    admin_site = SimpleNamespace(name="brand", each_context=lambda request: {"site_title": "Acme"})

    def __init__(self) -> None:
        self.done: list[str] = []

    def get_object(self, request: HttpRequest, object_id: str) -> Category | None:
        return Category(pk=7, name="Masks") if object_id == "7" else None

    @object_action("Rename", permission="catalog.edit", form=RenameForm)
    def rename(self, request: HttpRequest, category: Category, form: RenameForm) -> Text:
        title = form.cleaned_data["title"]
        if title == "taken":
            raise Conflict("There is one already", field="lines.0.title")
        self.done.append(title)
        return f"{category.name} became {title}"

    @object_action("Close", permission="catalog.edit")
    def close(self, request: HttpRequest, category: Category, form: DialogForm) -> None:
        raise Conflict("It is closed already")

    @list_action("Tidy", permission="catalog.edit")
    def tidy(self, request: HttpRequest, form: DialogForm) -> None:
        self.done.append("tidied")

    @object_link("Goods", permission="catalog.edit")
    def goods(self, request: HttpRequest, category: Category) -> str:
        return f"/goods/?category={category.pk}"

    @list_link("Export", permission="catalog.edit")
    def export(self, request: HttpRequest) -> str:
        return "/goods.xlsx"

    @bulk_action("Hide", permission="catalog.edit", is_reversible=True)
    def hide(self, request: HttpRequest, category: Category) -> None:
        if category.name.startswith("kept"):
            raise Conflict("It must stay")
        self.done.append(category.name)


def make_request(method: str = "get", data: dict[str, str] | None = None, *, may: bool = True, **headers: str) -> Any:
    request: Any = getattr(RequestFactory(), method)(PAGE, data=data or {}, headers=headers)
    request.user = SimpleNamespace(
        has_perm=lambda permission: may and permission == "catalog.edit",
        is_authenticated=True,
        is_active=True,
        is_anonymous=False,
        email="",
        get_username=lambda: "fang",
    )
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def sentences(request: Any) -> list[str]:
    return [str(message) for message in request._messages]


def test_get_shows_the_dialog_and_does_nothing() -> None:
    admin = Recorder()
    answer = Recorder.rename(admin, make_request(hx_request="true"), object_id="7")
    page = answer.content.decode()
    assert 'name="title"' in page
    assert 'hx-post="/console/catalog/category/7/rename/"' in page
    assert "<html" not in page
    assert admin.done == []


def test_post_acts_and_says_so() -> None:
    admin = Recorder()
    request = make_request("post", {"title": "Creams"})
    answer = Recorder.rename(admin, request, object_id="7")
    assert (answer.status_code, answer["Location"]) == (302, "/console/catalog/category/7/change/")
    assert admin.done == ["Creams"]
    assert sentences(request) == ["Masks became Creams"]


def test_htmx_is_told_to_load_the_page_anew() -> None:
    admin = Recorder()
    answer = Recorder.rename(admin, make_request("post", {"title": "Creams"}, hx_request="true"), object_id="7")
    assert answer["HX-Redirect"] == "/console/catalog/category/7/change/"


def test_an_incomplete_form_does_nothing() -> None:
    admin = Recorder()
    answer = Recorder.rename(admin, make_request("post", {"title": ""}, hx_request="true"), object_id="7")
    assert answer.status_code == 200
    assert admin.done == []


def test_a_refusal_stands_beside_its_field() -> None:
    admin = Recorder()
    request = make_request("post", {"title": "taken"}, hx_request="true")
    page = Recorder.rename(admin, request, object_id="7").content.decode()
    assert "There is one already" in page
    assert 'value="taken"' in page
    assert sentences(request) == []


def test_a_refusal_of_no_field_stands_on_top() -> None:
    page = Recorder.close(Recorder(), make_request("post", hx_request="true"), object_id="7").content.decode()
    assert "It is closed already" in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_permission_nothing_is_shown_or_done(method: str) -> None:
    admin = Recorder()
    calls: tuple[Callable[[HttpRequest], object], ...] = (
        lambda request: Recorder.rename(admin, request, object_id="7"),
        lambda request: Recorder.tidy(admin, request),
        lambda request: Recorder.hide(admin, request, Category.objects.none()),
        lambda request: Recorder.goods(admin, request, object_id="7"),
        lambda request: Recorder.export(admin, request),
    )
    for call in calls:
        with pytest.raises(PermissionDenied, match=r"catalog\.edit"):
            call(make_request(method, {"title": "Creams"}, may=False))
    assert admin.done == []


def test_an_unknown_object_is_not_found() -> None:
    with pytest.raises(Http404):
        Recorder.rename(Recorder(), make_request("post", {"title": "x"}), object_id="8")


def test_a_list_action_returns_to_the_list() -> None:
    admin = Recorder()
    answer = Recorder.tidy(admin, make_request("post"))
    assert answer["Location"] == "/console/catalog/category/"
    assert admin.done == ["tidied"]


def test_a_link_leads_on_without_a_dialog() -> None:
    answer = Recorder.goods(Recorder(), make_request(), object_id="7")
    assert (answer.status_code, answer["Location"]) == (302, "/goods/?category=7")
    assert Recorder.export(Recorder(), make_request())["Location"] == "/goods.xlsx"
    with pytest.raises(Http404):
        Recorder.goods(Recorder(), make_request(), object_id="8")
    for link in (Recorder.goods, Recorder.export):
        assert link.dialog is None  # type: ignore[attr-defined]
    assert Recorder.tidy.dialog is not None  # type: ignore[attr-defined]


def test_a_dialog_opened_by_its_address_is_a_whole_page() -> None:
    page = Recorder.rename(Recorder(), make_request(), object_id="7").content.decode()
    assert "<html" in page
    assert "Rename | Acme" in page
    assert 'name="title"' in page


class Rows(list[Category]):
    """The two things a bulk action asks of a queryset."""

    def order_by(self, *fields: str) -> "Rows":
        return self


def test_a_bulk_action_does_what_it_can_and_lists_the_rest() -> None:
    admin = Recorder()
    request = make_request("post")
    rows = Rows(Category(pk=number, name=f"kept {number}" if number % 2 else f"gone {number}") for number in range(14))
    Recorder.hide(admin, request, rows)
    assert admin.done == [f"gone {number}" for number in range(0, 14, 2)]
    said = sentences(request)
    assert len(said) == 7  # one for what was done, five refusals, one for the two left
    assert sum("It must stay" in sentence for sentence in said) == 5


def test_each_error_finds_its_field() -> None:
    form = RenameForm(data={"title": "x"}, request=make_request())
    assert form.is_valid()
    show_refusal(form, Invalid(errors=[FieldError("title", "long", "Too long"), FieldError("other", "odd", "Odd")]))
    assert form.errors["title"] == ["Too long"]
    assert form.non_field_errors() == ["Odd"]
