"""Set the seller of the brand's invoices."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.china.numbers import is_credit_code, normalise_credit_code
from kernel.core import audit
from kernel.core.errors import Invalid
from tenant_apps.invoicing.models import SellerProfile


class InvalidTaxId(Invalid):
    code = "invalid_tax_id"
    title = _("Not a valid unified social credit code (18 characters)")


@dataclass(frozen=True)
class NewSeller:
    """The seller's block of an invoice."""

    legal_name: str
    tax_id: str
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""


@transaction.atomic
def put_seller_profile(*, seller: NewSeller) -> SellerProfile:
    """Set the "seller" block of documents from now on; issued ones keep theirs. Raises InvalidTaxId."""
    tax_id = normalise_credit_code(seller.tax_id)
    if not is_credit_code(tax_id):
        raise InvalidTaxId(field="tax_id")
    values = asdict(seller) | {"tax_id": tax_id}
    profile, _is_new = SellerProfile.objects.update_or_create(id=SellerProfile.ONLY_ID, defaults=values)
    audit.record(action="invoicing.put_seller_profile", subject="seller:1", after=values)
    return profile
