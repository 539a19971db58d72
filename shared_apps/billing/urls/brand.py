"""Addresses of billing on a brand's host, below /console/."""

from django.urls import URLPattern

app_name = "billing"
urlpatterns: list[URLPattern] = []
