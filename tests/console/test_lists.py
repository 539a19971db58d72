"""Lists follow their address to the letter, and keep it under a name."""

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from console import saved_views
from console.list_views import Tab
from console.lists import StrictChangeList
from console.saved_views import MAX_VIEWS, Content
from console.sites import brand_site
from kernel.models import AuditRecord, SavedViews
from tenant_apps.catalog.services import categories
from tests.factories.hands import ConsoleAs, console, console_as
from tests.factories.trade import open_shop, sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db
PLAIN = Content(query=[], order=[], columns=[])


def address(kind: str, name: str = "orders_order", *args: str) -> str:
    return reverse(f"brand:{name}_{kind}", urlconf="config.urls_brand", args=args)


def rows_of(client: Client, query: str, name: str = "orders_order") -> StrictChangeList:
    answer = client.get(f"{address('changelist', name)}?{query}", follow=True)
    assert answer.status_code == 200
    changes: StrictChangeList = answer.context["cl"]
    return changes


@pytest.fixture
def orders() -> None:
    shop = open_shop()
    for _number in range(2):
        sell((shop.skus[0], 1))


@pytest.mark.parametrize(
    "query",
    [
        "o=99",
        "o=x",
        "o=--1",
        "o=1.1",
        "o=1.-1",
        "o=1&o=2",
        "p=0",
        "p=x",
        "p=",
        "p=999",
        "p=1&p=1",
        "q=a&q=b",
        "columns=",
        "columns=nothing",
        "columns=number,nothing",
        "columns=number&columns=total",
        "nothing=1",
        "state__exact=open&nothing=1",
        "e=1",
    ],
)
def test_what_a_list_does_not_know_shows_nothing_and_says_so(console: Client, orders: None, query: str) -> None:
    changes = rows_of(console, query)
    assert changes.result_count == 0
    assert changes.is_refused
    exported = console.get(f"{address('export')}?{query}")
    assert exported.status_code == (200 if query == "e=1" else 422)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("o=", 2),
        ("o=-1", 2),
        ("p=1", 2),
        ("all=", 2),
        ("columns=number,total", 2),
        ("state__exact=open", 2),
        ("state__exact=completed", 0),
        ("state__exact=bogus", 0),
        ("waits_for=bogus", 0),
        ("waits_for=payment&waits_for=shipping", 0),
    ],
)
def test_what_a_list_knows_has_its_effect(console: Client, orders: None, query: str, count: int) -> None:
    assert rows_of(console, query).result_count == count


def test_a_filter_that_is_hidden_for_its_one_choice_has_its_effect(console: Client) -> None:
    top = categories.create_category(name="Care")
    categories.create_category(name="Cream", parent_id=top.pk)
    page = brand_site._registry[type(top)]
    changes = rows_of(console, f"parent__id__exact={top.pk}", "catalog_category")
    assert "parent" in page.list_filter
    assert [row.name for row in changes.result_list] == ["Cream"]
    assert rows_of(console, f"parent__id__exact={top.pk + 9}", "catalog_category").result_count == 0
    assert rows_of(console, "parent__isnull=True", "catalog_category").result_count == 1


@pytest.mark.parametrize("query", ["form=pdf", "form=", "form=csv&form=csv"])
def test_a_file_of_an_unknown_form_is_refused(console: Client, query: str) -> None:
    assert console.get(f"{address('export')}?{query}").status_code == 422


def save(client: Client, query: str, **data: str) -> HttpResponseBase:
    return client.post(f"{address('save_view')}?{query}", data)


def tabs_of(client: Client, query: str = "") -> dict[str, Tab]:
    answer = client.get(f"{address('changelist')}?{query}")
    return {str(tab.title): tab for tab in answer.context["list_views"].tabs}


def test_a_view_keeps_filters_order_and_columns(console: Client, orders: None) -> None:
    shown = rows_of(console, "")
    place = shown.list_display.index("number")
    query = f"state__exact=open&o=-{place}&columns=number,placed_at"
    answer = save(console, query, name=" Open  ones ")
    assert answer.status_code == 302
    opened = console.get(answer["location"])
    tab = opened.context["list_views"].open_tab
    assert tab.title == "Open ones"
    assert opened.context["list_views"].save == ""
    changes = opened.context["cl"]
    assert [name for name in changes.list_display if name != "action_checkbox"] == ["number", "placed_at"]
    numbers = [order.number for order in changes.result_list]
    assert numbers == sorted(numbers, reverse=True)
    assert not tabs_of(console)["Open ones"].active
    assert next(iter(tabs_of(console, "p=1").values())).active


def test_a_view_of_ones_own_is_nobody_elses(console_as: ConsoleAs, orders: None) -> None:
    sales = console_as("sales")
    warehouse = console_as("warehouse")
    save(sales, "state__exact=open", name="Mine", for_everybody="on")
    assert "Mine" in tabs_of(sales)
    assert "Mine" not in tabs_of(warehouse)
    tab = tabs_of(sales)["Mine"]
    assert warehouse.post(tab.delete).status_code == 404
    assert warehouse.post(tab.rename, {"name": "Yours"}).status_code == 404
    assert sales.post(tab.rename, {"name": "Open"}).status_code == 302
    assert sales.post(tabs_of(sales)["Open"].delete).status_code == 302
    assert len(tabs_of(sales)) == 1


def test_a_view_for_everybody_is_changed_by_whoever_may_share(console_as: ConsoleAs, orders: None) -> None:
    manager = console_as("manager")
    sales = console_as("sales")
    save(manager, "state__exact=open", name="Ours", for_everybody="on")
    tab = tabs_of(sales)["Ours"]
    assert tab.is_shared
    assert (tab.rename, tab.delete) == ("", "")
    view_id = SavedViews.objects.get(person=saved_views.EVERYBODY).views[0]["id"]
    assert sales.post(address("rename_view", "orders_order", view_id), {"name": "x"}).status_code == 403
    assert sales.post(address("delete_view", "orders_order", view_id)).status_code == 403
    assert manager.post(address("delete_view", "catalog_product", view_id)).status_code == 404
    assert manager.post(address("delete_view", "orders_order", view_id)).status_code == 302
    assert "Ours" not in tabs_of(sales)


def test_what_happens_to_everybodys_views_is_in_the_audit_log() -> None:
    for person in (7, saved_views.EVERYBODY):
        view = saved_views.save_view(of_list="a_b", name="Ours", content=PLAIN, person=person)
        for name in ("All ours", "All ours"):
            saved_views.rename_view(view_id=view["id"], of_list="a_b", name=name, person=person)
        saved_views.delete_view(view_id=view["id"], of_list="a_b", person=person)
    noted = AuditRecord.objects.filter(action__startswith="console.view_").order_by("id")
    first, second = ({"name": name, "of_list": "a_b"} for name in ("Ours", "All ours"))
    assert list(noted.values_list("action", "subject", "before", "after")) == [
        ("console.view_saved", f"list_view:{view['id']}", None, first),
        ("console.view_renamed", f"list_view:{view['id']}", first, second),
        ("console.view_deleted", f"list_view:{view['id']}", second, None),
    ]


def test_a_view_shows_no_column_its_reader_may_not_see(console_as: ConsoleAs) -> None:
    """The owner sorts stock by its value; whoever may not see costs gets the list without it."""
    owner = console_as("owner")
    warehouse = console_as("warehouse")
    chosen = rows_of(owner, "columns=goods,value", "inventory_stock").list_display
    at = [one if isinstance(one, str) else one.__name__ for one in chosen].index("value")
    query = f"columns=goods,value&o=-{at}"
    answer = owner.post(
        f"{address('save_view', 'inventory_stock')}?{query}", {"name": "By value", "for_everybody": "on"}
    )
    assert answer.status_code == 302
    assert "value" in answer["location"]
    page = warehouse.get(address("changelist", "inventory_stock"))
    tab = next(tab for tab in page.context["list_views"].tabs if tab.title == "By value")
    assert "value" not in tab.link
    assert "o=" not in tab.link
    opened = warehouse.get(address("changelist", "inventory_stock") + tab.link).context["list_views"].open_tab
    assert opened.title == tab.title
    assert rows_of(warehouse, "columns=goods,value", "inventory_stock").is_refused


def test_columns_are_chosen_and_the_order_stays(console: Client, orders: None) -> None:
    names = [one if isinstance(one, str) else one.__name__ for one in rows_of(console, "").list_display]
    query = f"o=-{names.index('placed_at')}&state__exact=open"
    form = console.get(f"{address('columns')}?{query}")
    assert form.status_code == 200
    answer = console.post(f"{address('columns')}?{query}", {"columns": ["number", "placed_at"]})
    changes = console.get(answer["location"]).context["cl"]
    shown = [one if isinstance(one, str) else one.__name__ for one in changes.list_display]
    assert [one for one in shown if one != "action_checkbox"] == ["number", "placed_at"]
    assert changes.get_ordering_field_columns() == {shown.index("placed_at"): "desc"}
    assert changes.params["state__exact"] == "open"
    assert console.post(f"{address('columns')}?{query}", {"columns": []}).status_code == 200
    assert console.get(f"{address('columns')}?o=99").status_code == 404
    assert save(console, "e=1", name="x").status_code == 404


@pytest.mark.parametrize(
    ("name", "code"), [("", "length"), ("x" * 41, "length"), (" \t ", "length"), ("TAKEN", "taken")]
)
def test_a_name_is_short_and_taken_once(name: str, code: str) -> None:
    saved_views.save_view(of_list="a_b", name="Taken", content=PLAIN, person=7)
    saved_views.save_view(of_list="a_c", name="Taken", content=PLAIN, person=7)
    other = saved_views.save_view(of_list="a_b", name="Other", content=PLAIN, person=7)
    with pytest.raises((saved_views.InvalidView, saved_views.ViewNameTaken)) as saving:
        saved_views.save_view(of_list="a_b", name=name, content=PLAIN, person=7)
    with pytest.raises((saved_views.InvalidView, saved_views.ViewNameTaken)) as renaming:
        saved_views.rename_view(view_id=other["id"], of_list="a_b", name=name, person=7)
    assert [caught.value.errors[0].code for caught in (saving, renaming)] == [code, code]


def test_a_list_has_only_so_many_views_and_no_endless_one() -> None:
    for number in range(MAX_VIEWS):
        saved_views.save_view(of_list="a_b", name=f"View {number}", content=PLAIN, person=7)
    with pytest.raises(saved_views.TooManyViews):
        saved_views.save_view(of_list="a_b", name="One more", content=PLAIN, person=7)
    endless = Content(query=[["q", "x" * 2_001]], order=[], columns=[])
    with pytest.raises(saved_views.InvalidView):
        saved_views.save_view(of_list="a_c", name="Endless", content=endless, person=7)
    with pytest.raises(saved_views.ViewNotFound):
        saved_views.delete_view(view_id="none", of_list="a_b", person=7)
