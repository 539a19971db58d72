"""Sentry, when SENTRY_DSN is set. Every event carries the brand; personal data never leaves the house."""

from config import env

SENTRY_DSN = env.text("SENTRY_DSN", "")

if SENTRY_DSN:
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    from kernel.privacy.sentry import before_send

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        environment=env.text("SENTRY_ENVIRONMENT", "production"),
        release=env.text("BANYAN_RELEASE", "") or None,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        send_default_pii=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=before_send,
    )
