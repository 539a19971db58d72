"""Named views of lists: filters, search, order and columns under a name, of one person or of everybody.

A view keeps the list's address, with columns by their names: an address counts columns, and people see different ones.
It gives no rights: what is shown is decided when it is opened. What happens to everybody's is in the audit log, with
name and list only: filters may hold what somebody searched for.
"""

import secrets
from collections.abc import Sequence
from typing import Final, TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid, NotFound
from kernel.models import SavedViews

EVERYBODY: Final = 0
MAX_NAME_LENGTH: Final = 40
MAX_VIEWS: Final = 20
MAX_ADDRESS_LENGTH: Final = 2_000


class View(TypedDict):
    """`query` holds names and values of the address, `order` names of columns with "-" before those that descend."""

    id: str
    of_list: str
    name: str
    query: list[list[str]]
    order: list[str]
    columns: list[str]


class Content(TypedDict):
    """The part of a view that the list's address says."""

    query: list[list[str]]
    order: list[str]
    columns: list[str]


class ViewNotFound(NotFound):
    code = "view_not_found"
    title = _("There is no such view")


class ViewNameTaken(Conflict):
    code = "view_name_taken"
    title = _("Another view of this list has this name")


class TooManyViews(Conflict):
    code = "too_many_views"
    title = _("This list has as many saved views as it can show: delete one first")


class InvalidView(Invalid):
    code = "invalid_view"
    title = _("The view cannot be saved")


def list_views(*, of_list: str, person: int) -> list[tuple[View, bool]]:
    """Return the views of a list with whether they are everybody's: those first, then the person's own."""
    kept = {row.person: row.views for row in SavedViews.objects.filter(person__in={EVERYBODY, person})}
    return [
        (view, owner == EVERYBODY)
        for owner in (EVERYBODY, person)
        for view in kept.get(owner, [])
        if view["of_list"] == of_list
    ]


@transaction.atomic
def save_view(*, of_list: str, name: str, content: Content, person: int) -> View:
    """Save a view of `person`, or everybody's for EVERYBODY.

    Raises InvalidView (name, filters), ViewNameTaken, TooManyViews.
    """
    name = _clean_name(name)
    if sum(len(part) for pair in content["query"] for part in pair) > MAX_ADDRESS_LENGTH:
        detail = _("The filters are too long to be saved.")
        raise InvalidView(detail, errors=[FieldError("query", "too_long", detail)])
    row = _lock(person)
    beside = [view for view in row.views if view["of_list"] == of_list]
    if len(beside) >= MAX_VIEWS:
        raise TooManyViews()
    _ensure_free(name, beside)
    view = View(id=secrets.token_hex(4), of_list=of_list, name=name, **content)
    row.views = [*row.views, view]
    row.save(update_fields=["views"])
    if person == EVERYBODY:
        audit.record(action="console.view_saved", subject=f"list_view:{view['id']}", after=_facts(view))
    return view


@transaction.atomic
def rename_view(*, view_id: str, of_list: str, name: str, person: int) -> None:
    """Raises InvalidView (name), ViewNotFound, ViewNameTaken."""
    name = _clean_name(name)
    row = _lock(person)
    view = find_view(row.views, view_id=view_id, of_list=of_list)
    _ensure_free(name, [one for one in row.views if one["of_list"] == of_list and one["id"] != view_id])
    before = _facts(view)
    view["name"] = name
    row.save(update_fields=["views"])
    if person == EVERYBODY and before != _facts(view):
        audit.record(action="console.view_renamed", subject=f"list_view:{view_id}", before=before, after=_facts(view))


@transaction.atomic
def delete_view(*, view_id: str, of_list: str, person: int) -> None:
    """Raises ViewNotFound."""
    row = _lock(person)
    found = find_view(row.views, view_id=view_id, of_list=of_list)
    row.views = [view for view in row.views if view is not found]
    row.save(update_fields=["views"])
    if person == EVERYBODY:
        audit.record(action="console.view_deleted", subject=f"list_view:{view_id}", before=_facts(found))


def find_view(views: Sequence[View], *, view_id: str, of_list: str) -> View:
    """Return the view of this id. Raises ViewNotFound."""
    for view in views:
        if view["id"] == view_id and view["of_list"] == of_list:
            return view
    raise ViewNotFound()


def _facts(view: View) -> dict[str, str]:
    return {"name": view["name"], "of_list": view["of_list"]}


def _lock(person: int) -> SavedViews:
    """Return the person's row locked, so that two windows do not write over one another."""
    SavedViews.objects.bulk_create([SavedViews(person=person)], ignore_conflicts=True)
    return SavedViews.objects.select_for_update().get(person=person)


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        detail = _("A name has 1 to %(count)d characters.") % {"count": MAX_NAME_LENGTH}
        raise InvalidView(detail, errors=[FieldError("name", "length", detail)])
    return name


def _ensure_free(name: str, beside: Sequence[View]) -> None:
    if any(view["name"].casefold() == name.casefold() for view in beside):
        raise ViewNameTaken(errors=[FieldError("name", "taken", ViewNameTaken.title)])
