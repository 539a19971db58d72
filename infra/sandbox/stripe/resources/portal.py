"""The customer portal: its configurations, and sessions that open its page."""

from __future__ import annotations

from stripe.params.billing_portal import (
    ConfigurationCreateParams,
    ConfigurationListParams,
    ConfigurationRetrieveParams,
    ConfigurationUpdateParams,
    SessionCreateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id

KIND = "billing_portal.configuration"
FEATURES: Json = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "feedback_options": None, "options": ["other"]},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": None,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


@operation("POST", "/v1/billing_portal/configurations", ConfigurationCreateParams)
def create_configuration(work: Work, params: Params) -> Json:
    """Create a configuration: the acts that the portal offers."""
    now = work.now()
    configuration = complete(
        {
            "id": new_id("bpc"),
            "object": KIND,
            "active": True,
            "business_profile": dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
            "created": now,
            "features": {name: dict(value) for name, value in FEATURES.items()},
            "is_default": False,
            "livemode": False,
            "login_page": {"enabled": False, "url": None},
            "metadata": {},
            "updated": now,
        }
    )
    _take(work, configuration, params)
    work.add(KIND, configuration)
    work.emit("billing_portal.configuration.created", configuration)
    return configuration


def _take(work: Work, configuration: Json, params: Params) -> None:
    merge_metadata(configuration, params.get("metadata"))
    for name in ("active", "default_return_url", "name"):
        if name in params:
            configuration[name] = params[name] if params[name] != "" else None
    for name in ("business_profile", "login_page"):
        if name in params:
            configuration[name] = {**configuration[name], **params.sub(name).plain()}
    if "features" in params:
        wanted = params.sub("features").plain()
        features = {name: {**value, **wanted.get(name, {})} for name, value in configuration["features"].items()}
        configuration["features"] = features
    configuration["updated"] = work.now()


@operation("GET", "/v1/billing_portal/configurations/{configuration}", ConfigurationRetrieveParams)
def retrieve_configuration(work: Work, params: Params, configuration: str) -> Json:
    return work.get(KIND, configuration)


@operation("POST", "/v1/billing_portal/configurations/{configuration}", ConfigurationUpdateParams)
def update_configuration(work: Work, params: Params, configuration: str) -> Json:
    """Change what customers may do."""
    found = work.get(KIND, configuration)
    with work.changing(found, "billing_portal.configuration.updated"):
        _take(work, found, params)
    return found


@operation("GET", "/v1/billing_portal/configurations", ConfigurationListParams)
def list_configurations(work: Work, params: Params) -> Json:
    """Configurations, by `active` and `is_default`."""
    rows = work.rows(KIND, **filters(params, "active", "is_default"))
    return page(rows, params, "/v1/billing_portal/configurations")


@operation("POST", "/v1/billing_portal/sessions", SessionCreateParams)
def create_portal_session(work: Work, params: Params) -> Json:
    """A short-lived link to the portal's page for one customer."""
    customer = work.get("customer", params.need("customer"), "customer")
    if identifier := params.get("configuration"):
        configuration = work.get(KIND, identifier, "configuration")
    else:
        default = [row for row in work.rows(KIND, active=True) if row["is_default"]]
        if not default:
            raise invalid(
                "No configuration provided and your test mode default configuration has not been created. Provide a "
                "configuration or create your default by saving your customer portal settings in test mode at "
                "https://dashboard.stripe.com/test/settings/billing/portal."
            )
        configuration = default[0]
    session = complete(
        {
            "id": new_id("bps"),
            "object": "billing_portal.session",
            "configuration": configuration["id"],
            "created": work.now_of(customer),
            "customer": customer["id"],
            "flow": None,
            "livemode": False,
            "locale": params.get("locale"),
            "return_url": params.get("return_url") or configuration["default_return_url"],
            "url": f"{work.account.base_url}/p/session/{new_id('test', 40)}",
        }
    )
    session["_secret"] = session["url"].rpartition("/")[2]
    work.add("billing_portal.session", session)
    work.emit("billing_portal.session.created", session)
    return session
