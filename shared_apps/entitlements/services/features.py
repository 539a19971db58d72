"""Refuse what the current brand's plan does not include."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import PaymentRequired
from shared_apps.entitlements.selectors import may
from shared_apps.entitlements.states import FEATURE_NAMES, UPGRADE_URL


class FeatureNotInPlan(PaymentRequired):
    """`extra` carries the feature's name and the page of larger plans."""

    code = "feature_not_in_plan"
    title = _("The plan does not include this")


def ensure_feature(feature: str) -> None:
    """Raise FeatureNotInPlan unless the current brand's plan includes the feature."""
    if not may(feature):
        raise feature_refusal(feature)


def feature_refusal(feature: str) -> FeatureNotInPlan:
    """Return the refusal of a feature, to be raised by whoever asked for it."""
    return FeatureNotInPlan(
        gettext("%(what)s: a larger plan includes it.") % {"what": FEATURE_NAMES[feature]},
        feature=feature,
        upgrade_url=UPGRADE_URL,
    )
