"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "catalog.bundle": _("Parts of a bundle changed"),
        "catalog.picture_added": _("Picture added"),
        "catalog.picture_deleted": _("Picture deleted"),
        "catalog.options": _("Options changed"),
        "catalog.variants_generated": _("Variants generated"),
        "catalog.tax_rate": _("Tax rate changed"),
        "catalog.retail_price": _("Retail price changed"),
        "catalog.cost_price": _("Cost price changed"),
        "catalog.imported": _("Products imported"),
        "catalog.shelf": _("Shelf state changed"),
    },
    facts={
        "changed": _("Changed"),
        "created": _("Created"),
        "file": _("File"),
        "options": _("Options"),
        "parts": _("Parts"),
        "picture": _("Picture"),
        "retail_price": _("Retail price"),
        "skus": _("SKUs"),
        "tax_rate": _("Tax rate"),
    },
    subjects={
        "product": Subject(_("Product"), model="catalog.product"),
        "variant": Subject(_("SKU"), model="catalog.variant"),
    },
)
