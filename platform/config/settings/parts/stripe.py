"""Stripe. Without STRIPE_API_KEY billing by card is off and says so; `make run` sets it by starting the fake Stripe."""

from config import env

STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "")  # empty for Stripe's own address
# Several while a secret is rolled: a webhook that fits any of them is taken.
STRIPE_WEBHOOK_SECRETS = env.text("STRIPE_WEBHOOK_SECRETS", "").replace(",", " ").split()
# What the account has. Stripe enables Alipay for subscriptions on request and refuses WeChat Pay for them, by country.
STRIPE_PAYMENT_METHOD_TYPES = env.words("STRIPE_PAYMENT_METHOD_TYPES", "card")
