"""Addresses of billing on the platform's own host."""

from django.urls import path

from shared_apps.billing.views import pricing, webhooks

app_name = "billing"
urlpatterns = [
    path("webhooks/stripe", webhooks.receive_stripe_event, name="stripe-webhook"),
    path("pricing/", pricing.pricing, name="pricing"),
]
