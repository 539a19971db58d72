import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import kernel.privacy.encryption


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, null=True, verbose_name="e-mail address")),
                ("phone", models.CharField(blank=True, max_length=16, null=True, verbose_name="phone")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("manager", "Manager"),
                            ("sales", "Sales"),
                            ("warehouse", "Warehouse"),
                            ("finance", "Finance"),
                            ("service", "Service (API key)"),
                            ("visitor", "Visiting support"),
                            ("agent", "Agent"),
                            ("support", "Support"),
                            ("billing", "Billing"),
                            ("auditor", "Auditor (reads only)"),
                            ("platform_admin", "Platform administrator"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("language", models.CharField(default="zh-hans", max_length=10, verbose_name="language")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("email_confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="e-mail confirmed at")),
                (
                    "totp_secret",
                    kernel.privacy.encryption.EncryptedTextField(
                        blank=True, default="", verbose_name="secret of the authenticator app"
                    ),
                ),
                (
                    "totp_confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="two-step sign-in since"),
                ),
                ("totp_last_step", models.BigIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("email",), name="accounts_user_email_unique"),
                    models.UniqueConstraint(fields=("phone",), name="accounts_user_phone_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="accounts_user_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phone__regex", "^\\+[1-9][0-9]{6,14}$")), name="accounts_user_phone_e164"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email__isnull", False), ("phone__isnull", False), _connector="OR"),
                        name="accounts_user_can_be_reached",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="accounts_user_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "owner",
                                    "manager",
                                    "sales",
                                    "warehouse",
                                    "finance",
                                    "service",
                                    "visitor",
                                    "agent",
                                    "support",
                                    "billing",
                                    "auditor",
                                    "platform_admin",
                                ],
                            )
                        ),
                        name="accounts_user_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("prefix", models.CharField(max_length=12, verbose_name="begins with")),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("manager", "Manager"),
                            ("sales", "Sales"),
                            ("warehouse", "Warehouse"),
                            ("finance", "Finance"),
                            ("service", "Service (API key)"),
                            ("visitor", "Visiting support"),
                            ("agent", "Agent"),
                            ("support", "Support"),
                            ("billing", "Billing"),
                            ("auditor", "Auditor (reads only)"),
                            ("platform_admin", "Platform administrator"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("permissions", models.JSONField(blank=True, null=True, verbose_name="permissions")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires at")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used at")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="accounts_apikey_digest_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="accounts_apikey_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "owner",
                                    "manager",
                                    "sales",
                                    "warehouse",
                                    "finance",
                                    "service",
                                    "visitor",
                                    "agent",
                                    "support",
                                    "billing",
                                    "auditor",
                                    "platform_admin",
                                ],
                            )
                        ),
                        name="accounts_apikey_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "service"), _negated=True),
                            ("permissions__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_apikey_service_is_scoped",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OneTimeToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("password_reset", "Password reset"),
                            ("entry_link", "Entry link"),
                            ("recovery_code", "Recovery code"),
                        ],
                        max_length=20,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="accounts_token_digest_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["password_reset", "entry_link", "recovery_code"])),
                        name="accounts_token_purpose_known",
                    ),
                ],
            },
        ),
    ]
