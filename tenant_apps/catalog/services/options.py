"""Set a product's options (颜色, 尺码) and generate its variants."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as combine

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from shared_apps.entitlements.services import quotas
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.services import free_prices
from tenant_apps.catalog.services.products import lock_product
from tenant_apps.catalog.states import ShelfState

MAX_OPTIONS = 3
MAX_VARIANTS = 200
MAX_NAME_LENGTH = 20
MAX_VALUE_LENGTH = 30


class InvalidOptions(Invalid):
    code = "invalid_options"
    title = _("The options break a rule")


class OptionInUse(Conflict):
    code = "option_in_use"
    title = _("Variants of the product still carry this option or value")


class SkuTaken(Conflict):
    code = "duplicate_sku"
    title = _("Another variant has this SKU")


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generated:
    """Variants created, and the number of combinations that existed already."""

    created: list[Variant]
    existing: int


def option_key(values: dict[str, str]) -> str:
    """Join the values into one text, independent of the order of the options."""
    return orjson.dumps([values[name] for name in sorted(values)]).decode()


@transaction.atomic
def set_options(*, product_id: int, options: Sequence[Option]) -> Product:
    """Set a product's options. Values can be added and re-ordered; those that variants use must stay.

    Raises ProductNotFound, InvalidOptions, OptionInUse.
    """
    wanted = [Option(_tidy(one.name), tuple(_tidy(value) for value in one.values)) for one in options]
    if faults := _faults(wanted):
        raise InvalidOptions(faults[0].detail, errors=faults)
    product = lock_product(product_id)
    known = {one.name: set(one.values) for one in wanted}
    for variant in Variant.objects.filter(product=product).exclude(option_key="").order_by("id"):
        carried = variant.option_values
        if set(carried) != set(known) or any(value not in known[name] for name, value in carried.items()):
            raise OptionInUse(_("SKU %(sku)s would lose its option values.") % {"sku": variant.sku}, field="options")
    before = product.options
    product.options = [{"name": one.name, "values": list(one.values)} for one in wanted]
    product.save(update_fields=["options", "updated_at"])
    audit.record(
        action="catalog.options",
        subject=f"product:{product_id}",
        before={"options": before},
        after={"options": product.options},
    )
    return product


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _faults(options: Sequence[Option]) -> list[FieldError]:
    found = []
    if len(options) > MAX_OPTIONS:
        found.append(FieldError("options", "too_many_options", _("A product has three options at most.")))
    names = [one.name for one in options]
    combinations = 1
    for place, one in enumerate(options):
        combinations *= max(len(one.values), 1)
        if not _is_word(one.name, MAX_NAME_LENGTH) or names.count(one.name) > 1:
            detail = _("The name of an option is unique and has 1 to 20 visible characters.")
            found.append(FieldError(f"options.{place}.name", "invalid_option_name", detail))
        if not one.values or len(set(one.values)) != len(one.values):
            detail = _("An option has values, each once.")
            found.append(FieldError(f"options.{place}.values", "invalid_option_values", detail))
        if not all(_is_word(value, MAX_VALUE_LENGTH) for value in one.values):
            detail = _("A value has 1 to 30 visible characters.")
            found.append(FieldError(f"options.{place}.values", "invalid_option_values", detail))
    if combinations > MAX_VARIANTS:
        most = _("The options make %(count)d variants; 200 are possible.") % {"count": combinations}
        found.append(FieldError("options", "too_many_variants", most))
    return found


def _is_word(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and not text.isspace()


@transaction.atomic
def generate_variants(
    *, product_id: int, sku_prefix: str, retail_price: Decimal, free_is_meant: bool = False
) -> Generated:
    """Create a variant for every combination that has none: SKU `PREFIX-红-M`, name "红 / M", the given price.

    Idempotent: a combination is identified by its values, not its SKU. All new ones fit the plan or none is created. On
    the shelf a price of 0.00 is refused (PriceIsZero) unless `free_is_meant`.
    Raises ProductNotFound, InvalidOptions, SkuTaken, QuotaExceeded.
    """
    product = lock_product(product_id)
    options = product.options
    if not options:
        raise InvalidOptions(_("The product has no options yet."), field="options")
    known = set(Variant.objects.filter(product=product).exclude(option_key="").values_list("option_key", flat=True))
    combinations = [
        dict(zip([option["name"] for option in options], values, strict=True))
        for values in combine(*(option["values"] for option in options))
    ]
    missing = [values for values in combinations if option_key(values) not in known]
    made = [_variant(product, values, sku_prefix, retail_price) for values in missing]
    _refuse_bad(made)
    if made and product.state == ShelfState.ON and not retail_price and not free_is_meant:
        raise free_prices.PriceIsZero(field="free_is_meant")
    if made:
        quotas.take("skus", len(made))
        with refine_integrity_error({"catalog_variant_sku_unique": lambda: SkuTaken(field="sku_prefix")}):
            Variant.objects.bulk_create(made)
        audit.record(
            action="catalog.variants_generated",
            subject=f"product:{product_id}",
            after={"skus": [one.sku for one in made], "retail_price": str(retail_price)},
        )
    return Generated(made, len(combinations) - len(missing))


def _variant(product: Product, values: dict[str, str], prefix: str, price: Decimal) -> Variant:
    return Variant(
        product=product,
        sku=rules.normalise_sku("-".join([prefix.strip(), *values.values()])),
        name=" / ".join(values.values()),
        option_values=values,
        option_key=option_key(values),
        retail_price=price,
    )


def _refuse_bad(made: Sequence[Variant]) -> None:
    for one in made:
        for fault in rules.variant_faults({"sku": one.sku, "retail_price": one.retail_price}):
            raise InvalidOptions(fault.detail, field="sku_prefix" if fault.field == "sku" else fault.field)
    taken = Variant.objects.filter(sku__in=[one.sku for one in made]).order_by("sku").values_list("sku", flat=True)[:5]
    if taken:
        raise SkuTaken(_("These SKUs are taken: %(skus)s.") % {"skus": ", ".join(taken)}, field="sku_prefix")
