"""The two Stripes."""

from tests.factories.stripe_backends import fake_stripe, stripe_backend

__all__ = ["fake_stripe", "stripe_backend"]
