"""Import customers from a file: who they are, and where goods go."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.china import divisions
from tenant_apps.customers.services import NewCustomer, import_customers, remove_customers
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow

ADDRESS_COLUMNS = ("province", "city", "district", "street")


class CustomersImporter(Importer[NewCustomer, list[NewCustomer]]):
    """Adds customers by phone number or by id in a channel; those who are known stay as they are.

    Rows that are refused hold up nobody else: the corrected file brings them later.
    """

    kind = "customers"
    label = _("Import customers")
    permission = "customers.edit"
    is_whole = False
    reasons = {"unknown_division": _("No such district")}
    figures = {"added": _("New customers"), "known": _("Known already, unchanged"), "addresses": _("Addresses")}
    done_url = "admin:customers_customer_changelist"

    def columns(self) -> Sequence[Column]:
        return (
            Column(
                "name",
                pgettext_lazy("person", "Name"),
                ("name", "姓名", "客户姓名", "客户", "客户名称", "customer name"),
                example="王芳",
                is_of_vocabulary=False,
            ),
            Column(
                "phone", _("Phone"), ("手机", "手机号", "手机号码", "电话", "联系电话", "mobile"), example="13800138000"
            ),
            Column("channel", _("Channel"), ("渠道", "来源渠道", "来源"), example="taobao"),
            Column("customer", example="tb_10086"),
            Column("province", _("Province"), ("省", "省份"), example="福建省"),
            Column("city", _("City"), ("市", "城市"), example="厦门市"),
            Column("district", _("District"), ("区", "县", "区县", "区/县"), example="思明区"),
            Column("street", _("Street and number"), ("详细地址", "收货地址", "地址"), example="湖滨南路 1 号 601"),
            Column("note"),
        )

    def read_row(self, row: SourceRow, run: Run) -> NewCustomer:
        customer = NewCustomer(
            line=row.number,
            name=row.text("name", max_length=100),
            phone=row.phone("phone"),
            channel=row.identifier("channel", max_length=32).lower(),
            external_id=row.identifier("customer"),
            notes=row.text("note", max_length=2_000),
            place=_read_place(row),
            street=row.text("street"),
        )
        if bool(customer.channel) != bool(customer.external_id):
            missing = "customer" if customer.channel else "channel"
            row.refuse(missing, "incomplete", _("Channel and id in the channel are given together."))
        elif not (row.has("phone") or customer.external_id):
            row.refuse("phone", "missing", _("A customer needs a phone number, or a channel and an id in it."))
        if customer.place and not (customer.street and customer.phone and customer.name):
            row.refuse("street", "incomplete", _("An address needs street, name and phone number besides."))
        return customer

    def plan(self, rows: Iterator[NewCustomer], run: Run) -> list[NewCustomer]:
        kept = []
        seen: set[tuple[str, ...]] = set()
        for customer in rows:
            keys = {("phone", customer.phone), ("customer", customer.channel, customer.external_id)}
            told = {key for key in keys if key[-1]}
            if told & seen:
                column = next(iter(told & seen))[0]
                run.refuse(customer.line, "twice_in_file", _("This stands in the file more than once."), column=column)
                continue
            seen |= told
            kept.append(customer)
        return kept

    def write(self, plan: list[NewCustomer], run: Run) -> Outcome:
        done = import_customers(customers=plan)
        figures = {"added": len(done.added), "known": done.known, "addresses": done.addresses}
        return Outcome(figures, {"customer_ids": done.added})

    def undo(self, run: Run) -> None:
        remove_customers(customer_ids=run.job.result["customer_ids"])


def _read_place(row: SourceRow) -> divisions.District | None:
    """The district by its name, with city and province where they are needed to tell it from others."""
    names: dict[str, Any] = {name: row.text(name, max_length=40) for name in ADDRESS_COLUMNS[:3]}
    if not any(names.values()):
        if row.has("street"):
            row.refuse("district", "missing", _("An address needs its district."))
        return None
    places = divisions.find_districts(**names)
    if len(places) != 1:
        detail = _("There are several districts of this name.") if places else _("There is no such district.")
        row.refuse("district", "unknown_division", detail)
        return None
    return places[0]
