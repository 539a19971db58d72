"""Addresses below /agent/ on a brand's host: the only pages that the login of an agent opens."""

from django.urls import path

from shared_apps.accounts.views import agent_home, passwords, second_step

app_name = "agent"

urlpatterns = [
    path("", agent_home.page, name="home"),
    path("sign-out/", agent_home.sign_out, name="sign_out"),
    path("password/", passwords.change, name="password_change"),
    path("two-step/", second_step.page, name="second_step"),
    path("two-step/off/", second_step.turn_off, name="second_step_off"),
]
