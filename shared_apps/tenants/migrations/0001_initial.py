import django.db.models.deletion
import django.db.models.functions.datetime
import django_tenants.postgresql_backend.base
from django.db import migrations, models

import kernel.core.clock
import shared_apps.tenants.models.brands


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                (
                    "schema_name",
                    models.CharField(
                        db_index=True,
                        max_length=63,
                        unique=True,
                        validators=[django_tenants.postgresql_backend.base._check_schema_name],
                    ),
                ),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("slug", models.CharField(max_length=32, verbose_name="subdomain")),
                ("skeleton", models.CharField(editable=False, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("trialing", "On trial"),
                            ("active", "Active"),
                            ("trial_expired", "Trial expired"),
                            ("past_due", "Payment overdue"),
                            ("read_only", "Read-only"),
                            ("suspended", "Suspended"),
                            ("archived", "Archived"),
                        ],
                        default="trialing",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "state_since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=kernel.core.clock.now,
                        verbose_name="in this state since",
                    ),
                ),
                (
                    "suspended_from",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("trialing", "On trial"),
                            ("active", "Active"),
                            ("trial_expired", "Trial expired"),
                            ("past_due", "Payment overdue"),
                            ("read_only", "Read-only"),
                            ("suspended", "Suspended"),
                            ("archived", "Archived"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "suspended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not suspended"),
                            ("staff", "By support"),
                            ("unpaid", "Not paid"),
                            ("closing", "Account closed by its owner"),
                        ],
                        db_default="",
                        default="",
                        editable=False,
                        max_length=10,
                        verbose_name="suspended because",
                    ),
                ),
                (
                    "archived_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not suspended"),
                            ("staff", "By support"),
                            ("unpaid", "Not paid"),
                            ("closing", "Account closed by its owner"),
                        ],
                        db_default="",
                        default="",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "suspension_reason",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=500),
                ),
                (
                    "entitlements",
                    models.JSONField(
                        db_default={"features": ["*"], "limits": {}, "plan": ""},
                        default=shared_apps.tenants.models.brands.everything_included,
                        editable=False,
                    ),
                ),
                (
                    "provisioning_state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("provisioning", "Being set up"),
                            ("ready", "Ready"),
                            ("failed", "Set-up failed"),
                        ],
                        default="requested",
                        max_length=20,
                        verbose_name="set-up",
                    ),
                ),
                ("provisioning_error", models.TextField(blank=True, verbose_name="why the set-up failed")),
                ("trial_ends_at", models.DateTimeField(verbose_name="trial ends at")),
                (
                    "trial_extensions",
                    models.SmallIntegerField(db_default=0, default=0, editable=False, verbose_name="trial extensions"),
                ),
                ("closing_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="closes at")),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived at"),
                ),
                (
                    "schema_dropped_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="data deleted at"),
                ),
                ("owner_name", models.CharField(max_length=100, verbose_name="owner")),
                (
                    "owner_email",
                    models.EmailField(blank=True, max_length=254, null=True, verbose_name="owner's e-mail address"),
                ),
                ("owner_phone", models.CharField(blank=True, max_length=16, null=True, verbose_name="owner's phone")),
                (
                    "company_name",
                    models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="company"),
                ),
                ("company_key", models.CharField(blank=True, editable=False, max_length=120, null=True)),
                (
                    "company_name_key",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
                ),
                ("time_zone", models.CharField(default="Asia/Shanghai", max_length=40, verbose_name="time zone")),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                ("language", models.CharField(default="zh-hans", max_length=10, verbose_name="language")),
                ("cell", models.CharField(default="main", max_length=20, verbose_name="cell")),
                ("schema_fingerprint", models.CharField(blank=True, max_length=64, verbose_name="schema version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "brand",
                "verbose_name_plural": "brands",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="tenants_brand_slug_unique"),
                    models.UniqueConstraint(fields=("skeleton",), name="tenants_brand_skeleton_unique"),
                    models.UniqueConstraint(fields=("owner_email",), name="tenants_brand_one_trial_per_email"),
                    models.UniqueConstraint(fields=("owner_phone",), name="tenants_brand_one_trial_per_phone"),
                    models.UniqueConstraint(
                        condition=models.Q(("company_key__isnull", False)),
                        fields=("company_key",),
                        name="tenants_brand_one_trial_per_company",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("trial_extensions__gte", 0), ("trial_extensions__lte", 2)),
                        name="tenants_brand_trial_extended_twice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("owner_email__isnull", False), ("owner_phone__isnull", False), _connector="OR"
                        ),
                        name="tenants_brand_owner_can_be_reached",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z][a-z0-9-]{1,30}[a-z0-9]$")),
                        name="tenants_brand_slug_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "trialing",
                                    "active",
                                    "trial_expired",
                                    "past_due",
                                    "read_only",
                                    "suspended",
                                    "archived",
                                ],
                            )
                        ),
                        name="tenants_brand_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("provisioning_state__in", ["requested", "provisioning", "ready", "failed"])
                        ),
                        name="tenants_brand_provisioning_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "suspended"),
                                (
                                    "suspended_from__in",
                                    [
                                        "trialing",
                                        "active",
                                        "trial_expired",
                                        "past_due",
                                        "read_only",
                                        "suspended",
                                        "archived",
                                    ],
                                ),
                            ),
                            models.Q(models.Q(("state", "suspended"), _negated=True), ("suspended_from", "")),
                            _connector="OR",
                        ),
                        name="tenants_brand_suspension_remembers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "suspended"), ("suspended_because__in", ["staff", "unpaid", "closing"])),
                            models.Q(models.Q(("state", "suspended"), _negated=True), ("suspended_because", "")),
                            _connector="OR",
                        ),
                        name="tenants_brand_suspension_has_a_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BrandArchive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("dumped", "Dumped"),
                            ("verified", "Verified by restoring"),
                            ("failed", "Failed"),
                            ("restored", "Restored"),
                        ],
                        default="dumped",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("path", models.CharField(max_length=300)),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size_bytes", models.BigIntegerField(verbose_name="size")),
                ("row_counts", models.JSONField(verbose_name="rows per table")),
                ("schema_fingerprint", models.CharField(max_length=64, verbose_name="schema version")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("retained_until", models.DateTimeField(verbose_name="schema kept until")),
                ("restored_at", models.DateTimeField(blank=True, null=True, verbose_name="restored at")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "archive",
                "verbose_name_plural": "archives",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BrandExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requested_by", models.CharField(max_length=200, verbose_name="requested by")),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("running", "Running"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("deleted", "Deleted"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("attempts", models.SmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("path", models.CharField(blank=True, default="", max_length=300)),
                ("size_bytes", models.BigIntegerField(default=0, verbose_name="size")),
                ("sha256", models.CharField(blank=True, default="", max_length=64, verbose_name="SHA-256")),
                ("row_counts", models.JSONField(default=dict, verbose_name="rows per table")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="kept until")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "export of everything",
                "verbose_name_plural": "exports of everything",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BrandMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_cell", models.CharField(max_length=20, verbose_name="from cell")),
                ("to_cell", models.CharField(max_length=20, verbose_name="to cell")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("requested_by", models.CharField(max_length=200, verbose_name="requested by")),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "archive",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brandarchive",
                        verbose_name="archive",
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "move to another cell",
                "verbose_name_plural": "moves to another cell",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Domain",
            fields=[
                ("domain", models.CharField(db_index=True, max_length=253, unique=True)),
                ("is_primary", models.BooleanField(db_index=True, default=True)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="domains", to="tenants.brand"
                    ),
                ),
            ],
            options={
                "verbose_name": "domain",
                "verbose_name_plural": "domains",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DomainClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                ("token", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for the DNS record"),
                            ("verified", "Verified"),
                            ("removed", "Removed"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("method", models.CharField(blank=True, default="", max_length=5, verbose_name="proved by")),
                (
                    "last_answer",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="last answer of the DNS"),
                ),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="checked at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("failing_since", models.DateTimeField(blank=True, null=True, verbose_name="without proof since")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "own domain",
                "verbose_name_plural": "own domains",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SchemaDump",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("statements", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("fingerprint",), name="tenants_schemadump_fingerprint_unique")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="brandarchive",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["dumped", "verified", "failed", "restored"])),
                name="tenants_archive_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="brandarchive",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "verified"), _negated=True), ("verified_at__isnull", False), _connector="OR"
                ),
                name="tenants_archive_verified_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="brandexport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["requested", "running"])),
                fields=("brand",),
                name="tenants_export_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="brandexport",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["requested", "running", "ready", "failed", "deleted"])),
                name="tenants_export_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="brandmove",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at__isnull", True), ("finished_at__isnull", True)),
                fields=("brand",),
                name="tenants_move_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="brandmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_cell", models.F("to_cell")), _negated=True),
                name="tenants_move_goes_elsewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="domainclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "verified")), fields=("domain",), name="tenants_claim_verified_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="domainclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "removed"), _negated=True),
                fields=("brand", "domain"),
                name="tenants_claim_once_per_brand",
            ),
        ),
        migrations.AddConstraint(
            model_name="domainclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "verified", "removed"])), name="tenants_claim_state_known"
            ),
        ),
    ]
