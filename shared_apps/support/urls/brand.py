"""Addresses of support on a brand's host, below /console/."""

from django.urls import URLPattern

app_name = "support"
urlpatterns: list[URLPattern] = []
