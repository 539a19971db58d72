"""The law against pyramid selling, as other apps name it."""

from tenant_apps.agents.rules.compliance import LAW as LAW
from tenant_apps.agents.rules.compliance import PAID_TIERS as PAID_TIERS
