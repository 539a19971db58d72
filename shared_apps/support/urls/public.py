"""Addresses of support on the platform's own host, below /console/."""

from django.urls import URLPattern

app_name = "support"
urlpatterns: list[URLPattern] = []
