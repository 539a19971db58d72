"""Pages on which a brand arranges carriers, rules, labels and its waybill account."""

from collections.abc import Mapping

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import View

from console.brand_pages import BrandPage, DressedForm, SettingsPage
from console.dialogs import dress_field
from kernel.core import clock
from tenant_apps.shipping.rules.choosing import spell_regions
from tenant_apps.shipping.rules.labels import MAX_OWN_TEXT, LabelBlock
from tenant_apps.shipping.rules.settings import MAX_RULES
from tenant_apps.shipping.selectors import carriers as known
from tenant_apps.shipping.selectors.settings import get_options, get_waybill_key
from tenant_apps.shipping.services import settings as services
from tenant_apps.shipping.services.labels import LabelFacts, draw_labels

SPARE_ROWS = 3
_TEXT_COLUMNS = {
    "name": _("Name"),
    "regions": _("Regions"),
    "warehouses": _("Warehouses"),
    "channels": _("Channels"),
    "carrier": _("Carrier"),
}
_NUMBER_COLUMNS = {
    "from_grams": _("From (g)"),
    "to_grams": _("Below (g)"),
    "from_value": _("Value from"),
    "to_value": _("Value below"),
}


class RulesForm(DressedForm):
    """Rules as the rows of a table, sorted by the number in front; a row without name and carrier is left out."""

    usual_carrier = forms.CharField(
        label=_("Usual carrier"), max_length=40, required=False, help_text=_("Taken where no rule holds.")
    )
    columns = (pgettext_lazy("rules", "Order"), *_TEXT_COLUMNS.values(), *_NUMBER_COLUMNS.values())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        held = get_options().rules
        wanted = self.data.get("rows", "")
        count = int(wanted) if wanted.isdecimal() and len(wanted) < 3 else len(held) + SPARE_ROWS
        self.row_count = min(count, MAX_RULES)
        for row in range(self.row_count):
            self._add_row(row, _written(held[row]) if row < len(held) else {})

    def _add_row(self, row: int, initial: Mapping[str, object]) -> None:
        cells: dict[str, forms.Field] = {"place": forms.IntegerField(min_value=1, max_value=999, initial=row + 1)}
        for name in _TEXT_COLUMNS:
            cells[name] = forms.CharField(max_length=300, initial=initial.get(name))
        for name in ("from_grams", "to_grams"):
            cells[name] = forms.IntegerField(min_value=0, max_value=1_000_000, initial=initial.get(name))
        for name in ("from_value", "to_value"):
            cells[name] = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, initial=initial.get(name))
        for name, cell in cells.items():
            cell.required = False
            cell.widget.attrs["aria-label"] = f"{row + 1} {name}"
            dress_field(cell)
            self.fields[f"rule_{row}_{name}"] = cell

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        names = ("place", *_TEXT_COLUMNS, *_NUMBER_COLUMNS)
        return [[self[f"rule_{row}_{name}"] for name in names] for row in range(self.row_count)]

    def rules(self) -> list[services.CarrierRule]:
        """Return the filled rows in their order. Raises InvalidShippingSettings for a word that is no region."""
        found = []
        for row in range(self.row_count):
            names = ("place", *_TEXT_COLUMNS, *_NUMBER_COLUMNS)
            filled = {name: self.cleaned_data[f"rule_{row}_{name}"] for name in names}
            if not any(filled[name] not in {None, ""} for name in names if name != "place"):
                continue
            place = filled["place"] or row + 1
            rule = services.CarrierRule(
                name=filled["name"],
                carrier=filled["carrier"],
                regions=services.read_region_words(filled["regions"]),
                warehouses=tuple(filled["warehouses"].split()),
                channels=tuple(filled["channels"].split()),
                **{name: filled[name] for name in _NUMBER_COLUMNS},
            )
            found.append((place, row, rule))
        return [rule for _place, _row, rule in sorted(found, key=lambda one: one[:2])]


def _written(rule: services.CarrierRule) -> dict[str, object]:
    """Return a rule as the cells of its row."""
    return {
        "name": rule.name,
        "carrier": rule.carrier,
        "regions": spell_regions(rule.regions),
        "warehouses": " ".join(rule.warehouses),
        "channels": " ".join(rule.channels),
        **{name: getattr(rule, name) for name in _NUMBER_COLUMNS},
    }


class RulesPage(SettingsPage[RulesForm]):
    title = _("Rules for carriers")
    template_name = "shipping/console/rules.html"
    form_class = RulesForm
    permission = "shipping.view"
    edit_permission = "shipping.edit"
    here = "shipping:rules"
    said = _("The rules are saved.")

    def get_initial(self) -> dict[str, object]:
        return {"usual_carrier": get_options().usual_carrier}

    def save(self, form: RulesForm) -> None:
        services.change_rules(rules=form.rules(), usual_carrier=form.cleaned_data["usual_carrier"])

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(carriers=known.list_carrier_names(), **kwargs)


class CarriersForm(DressedForm):
    """Carriers that the brand uses, and its sender."""

    name = forms.CharField(label=_("Sender"), max_length=100, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    province = forms.CharField(label=_("Province"), max_length=60, required=False)
    city = forms.CharField(label=_("City"), max_length=60, required=False)
    district = forms.CharField(label=_("District"), max_length=60, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        offered = forms.MultipleChoiceField(
            label=_("Carriers"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None ticked: all are offered."),
            choices=[(one.code, one.name) for one in known.list_known_carriers()],
        )
        self.fields = {"carriers": offered, **self.fields}


_SENDER = ("name", "phone", "province", "city", "district", "address")


class CarriersPage(SettingsPage[CarriersForm]):
    title = _("Carriers and sender")
    template_name = "shipping/console/settings.html"
    form_class = CarriersForm
    permission = "shipping.view"
    edit_permission = "shipping.edit"
    here = "shipping:carriers"
    said = _("Carriers and sender are saved.")

    def get_initial(self) -> dict[str, object]:
        options = get_options()
        sender = {name: getattr(options.sender, name) for name in _SENDER}
        return {"carriers": list(options.carriers), **sender}

    def save(self, form: CarriersForm) -> None:
        filled = form.cleaned_data
        sender = services.Sender(**{name: filled[name] for name in _SENDER})
        services.change_carriers(carriers=filled["carriers"], sender=sender)


class TemplateForm(DressedForm):
    """Blocks of a label with their places (empty: left out), and the shop's own text."""

    is_masked = forms.BooleanField(
        label=_("Hide the receiver's name, phone and door"),
        required=False,
        help_text=_("For the eye; the bar code holds what the carrier needs."),
    )
    text = forms.CharField(label=_("Own text"), max_length=MAX_OWN_TEXT, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        held = get_options().template.blocks
        for block, label in LabelBlock.choices:
            place = held.index(block) + 1 if block in held else None
            field = forms.IntegerField(
                label=_("Place of “%(block)s”") % {"block": label},
                min_value=1,
                max_value=20,
                required=False,
                initial=place,
            )
            dress_field(field)
            self.fields[f"place_{block}"] = field

    def blocks(self) -> tuple[str, ...]:
        places = {block: self.cleaned_data.get(f"place_{block}") for block in LabelBlock.values}
        return tuple(sorted((block for block, place in places.items() if place), key=lambda one: places[one] or 0))


class TemplatePage(SettingsPage[TemplateForm]):
    title = _("Label template")
    template_name = "shipping/console/template.html"
    form_class = TemplateForm
    permission = "shipping.view"
    edit_permission = "shipping.edit"
    here = "shipping:template"
    said = _("The label template is saved.")

    def get_initial(self) -> dict[str, object]:
        template = get_options().template
        return {"text": template.text, "is_masked": template.is_masked}

    def save(self, form: TemplateForm) -> None:
        filled = form.cleaned_data
        template = services.LabelTemplate(form.blocks(), filled["text"], filled["is_masked"])
        services.change_template(template=template)


class TemplatePreview(BrandPage, View):
    """A label of an invented parcel, as the template arranges it."""

    permission = "shipping.view"
    title = _("Preview of a label")

    def get(self, request: HttpRequest) -> HttpResponse:
        options = get_options()
        label = LabelFacts(
            carrier="圆通速递",
            tracking_number="YT1234567890123",
            number="SO20261130-000001",
            receiver={
                "name": "张小明",
                "phone": "13800000000",
                "province": "广东省",
                "city": "深圳市",
                "district": "南山区",
                "address": "粤海街道科技园1栋2单元302室",
            },
            goods=(("A-01", "面霜", 2), ("B-01", "眼霜", 1)),
            note=str(_("Leave it at the door")),
            sorting="755-A12 08",
            package="深圳转运中心",
            printed_at=clock.now(),
            pieces=3,
        )
        drawn = draw_labels([label], template=options.template, sender=options.sender)
        return HttpResponse(drawn, content_type="application/pdf")


class AccountForm(DressedForm):
    """Account at 快递鸟. The key is not shown; an empty one keeps what is there."""

    business_id = forms.CharField(label=_("Business id at 快递鸟"), max_length=100, required=False)
    app_key = forms.CharField(
        label=_("App key"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Left empty, the key that is kept stays."),
    )
    forget_key = forms.BooleanField(label=_("Remove the key"), required=False)
    customers = forms.CharField(
        label=_("Accounts with carriers"),
        required=False,
        widget=forms.Textarea,
        help_text=_("One a line: the carrier's code, a blank, the account, such as YTO K1234."),
    )

    def accounts(self) -> dict[str, str]:
        lines = [line.split(maxsplit=1) for line in self.cleaned_data["customers"].splitlines() if line.strip()]
        return {line[0].upper(): line[1].strip() if len(line) > 1 else "" for line in lines}


class AccountPage(SettingsPage[AccountForm]):
    title = _("Electronic waybills")
    template_name = "shipping/console/settings.html"
    form_class = AccountForm
    permission = "shipping.view"
    edit_permission = "shipping.edit"
    here = "shipping:account"
    said = _("The waybill account is saved.")

    def get_initial(self) -> dict[str, object]:
        account = get_options().account
        lines = [f"{code} {number}".strip() for code, number in account.customers.items()]
        return {"business_id": account.business_id, "customers": "\n".join(lines)}

    def save(self, form: AccountForm) -> None:
        filled = form.cleaned_data
        key = filled["app_key"] or None
        if filled["forget_key"]:
            if key:
                raise services.InvalidShippingSettings(_("Enter a key or remove it, not both"), field="forget_key")
            key = ""
        keys = services.WaybillKeys(filled["business_id"], form.accounts(), key)
        services.change_account(account=keys)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(has_key=bool(get_waybill_key()), **kwargs)
