"""Stripe. Without STRIPE_API_KEY billing by card is off and says so; `make run` sets it by starting the fake Stripe."""

from config import env

STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "")  # empty for Stripe's own address
# Several while a secret is rolled: a webhook that fits any of them is taken.
STRIPE_WEBHOOK_SECRETS = env.text("STRIPE_WEBHOOK_SECRETS", "").replace(",", " ").split()
# What of the account's ways to pay is offered. Stripe's pay page takes neither Alipay nor WeChat Pay for subscriptions.
STRIPE_PAYMENT_METHOD_TYPES = env.words("STRIPE_PAYMENT_METHOD_TYPES", "card")
# Domains of our own for Stripe's pay page and portal (its dashboard, "Custom domains"), such as https://pay.example.com.
STRIPE_PAGE_ORIGINS = env.words("STRIPE_PAGE_ORIGINS", "")
