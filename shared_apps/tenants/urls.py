"""Addresses on the platform's own host."""

from django.urls import path

from shared_apps.tenants import views

app_name = "tenants"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("signup/", views.SignUpPage.as_view(), name="sign_up"),
]
