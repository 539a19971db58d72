"""Addresses below /console/ that take precedence over the console's own."""

from django.urls import path

from shared_apps.accounts.views import confirmation, passwords, second_step, sign_in

app_name = "accounts"

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/code/", sign_in.second_step_page, name="code"),
    path("enter/", sign_in.enter, name="enter"),
    path("email/confirm/", confirmation.confirm, name="email_confirm"),
    path("password/forgotten/", passwords.forgotten, name="password_forgotten"),
    path("password/reset/", passwords.reset, name="password_reset"),
    path("password/change/", passwords.change, name="password_change"),
    path("two-step/", second_step.page, name="second_step"),
    path("two-step/off/", second_step.turn_off, name="second_step_off"),
]
