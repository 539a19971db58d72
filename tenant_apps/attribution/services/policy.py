"""Change the brand's one policy: rules of binding, targets of links, content of posters."""

from typing import IO, Any, TypedDict, Unpack

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import FieldError, Invalid, Text
from kernel.database.rows import write_changes
from kernel.files import images
from kernel.files import storage as files
from tenant_apps.attribution.models import Policy
from tenant_apps.attribution.rules import referrals as rules
from tenant_apps.attribution.rules.bindings import BindingPolicy
from tenant_apps.attribution.states import BindingMode

MAX_EXPIRY_DAYS = 3_650
MAX_COOKIE_DAYS = 400
_FOLDER = "posters/pictures"


class PolicyFields(TypedDict, total=False):
    """Fields of the policy. Days; addresses are the brand's own shop's, empty for none."""

    mode: str
    protection_days: int
    expiry_days: int
    cookie_days: int
    own_purchases_earn: bool
    shop_url: str
    product_url: str
    poster_title: str
    poster_text: str


class InvalidPolicy(Invalid):
    code = "invalid_policy"
    title = _("The policy breaks a rule")


def binding_policy_of(policy: Policy) -> BindingPolicy:
    """Return the part of the policy that decides about bindings."""
    return BindingPolicy(
        BindingMode(policy.mode), policy.protection_days, policy.expiry_days, policy.own_purchases_earn
    )


@transaction.atomic
def change_policy(**changes: Unpack[PolicyFields]) -> Policy:
    """Change what is given. Bindings that stand keep their two dates. Raises InvalidPolicy, naming each field."""
    policy = Policy.objects.select_for_update().get(id=1)
    before = {name: getattr(policy, name) for name in changes}
    for name, value in changes.items():
        setattr(policy, name, value)
    broken = _broken(policy)
    if broken:
        raise InvalidPolicy(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    write_changes(policy, changes)
    audit.record(action="attribution.policy_changed", subject="attribution:1", before=before, after=dict(changes))
    return policy


def _broken(policy: Policy) -> dict[str, Text]:
    """Find faults of the policy as a whole, by field."""
    broken: dict[str, Text] = {}
    if policy.mode not in BindingMode.values:
        broken["mode"] = _("This is not a way of binding.")
    if policy.protection_days < 0:
        broken["protection_days"] = _("Days are not negative.")
    if not policy.protection_days <= policy.expiry_days <= MAX_EXPIRY_DAYS:
        broken["expiry_days"] = _("A binding ends after its protection, and within 3,650 days.")
    if not 1 <= policy.cookie_days <= MAX_COOKIE_DAYS:
        broken["cookie_days"] = _("Browsers keep this for 1 to 400 days.")
    if policy.shop_url and not rules.is_shop_address(policy.shop_url):
        broken["shop_url"] = _("This is not the address of a page on the web.")
    if policy.product_url and not _is_product_address(policy.product_url):
        broken["product_url"] = _("This is not the address of a page on the web with {product} in it.")
    return broken


def _is_product_address(address: str) -> bool:
    """The product's number stands in the path or the query: it cannot decide which host is asked."""
    host_end = address.find("/", address.find("//") + 2)
    place = address.find(rules.PRODUCT_MARK)
    return 0 < host_end < place and rules.is_shop_address(address.replace(rules.PRODUCT_MARK, "1"))


@transaction.atomic
def set_poster_picture(*, upload: "File[Any] | IO[bytes]") -> Policy:
    """The picture that posters carry; the former one is deleted. Raises UnreadablePicture, PictureTooLarge."""
    picture = images.read_picture(upload)
    name, thumbnail = images.store_picture(picture, folder=_FOLDER)
    files.delete_file(thumbnail)  # a poster is drawn from the picture itself
    return _put_picture(name)


@transaction.atomic
def remove_poster_picture() -> Policy:
    """Posters without a picture."""
    return _put_picture("")


def _put_picture(name: str) -> Policy:
    policy = Policy.objects.select_for_update().get(id=1)
    former = policy.poster_picture
    write_changes(policy, {"poster_picture": name})
    if former:
        transaction.on_commit(lambda: files.delete_file(former))
    audit.record(action="attribution.poster_picture", subject="attribution:1", after={"has_picture": bool(name)})
    return policy
