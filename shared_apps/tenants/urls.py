"""Addresses on the platform's own host."""

from django.urls import path

from shared_apps.tenants import views

app_name = "tenants"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("signin/", views.FindBrandPage.as_view(), name="find_brand"),
    path("terms/", views.legal, {"text": "terms"}, name="terms"),
    path("privacy/", views.legal, {"text": "privacy"}, name="privacy"),
    path("signup/", views.SignUpPage.as_view(), name="sign_up"),
]
