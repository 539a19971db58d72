"""Addresses of billing on the platform's own host."""

from django.urls import URLPattern

app_name = "billing"
urlpatterns: list[URLPattern] = []
