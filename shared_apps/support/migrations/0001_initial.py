import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("consent", "Allowed by the owner"),
                            ("break_glass", "Emergency, decided by two administrators"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("may_write", models.BooleanField(default=False, verbose_name="may change things")),
                ("requested_by_id", models.BigIntegerField()),
                ("requested_by", models.CharField(max_length=200, verbose_name="given by")),
                ("approved_by_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "approved_by",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="second administrator"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("hours", models.SmallIntegerField(verbose_name="hours")),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                ("revoked_by", models.CharField(blank=True, default="", max_length=200, verbose_name="revoked by")),
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
                "verbose_name": "support access",
                "verbose_name_plural": "support accesses",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AccessLogEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField()),
                ("staff_name", models.CharField(max_length=200, verbose_name="who")),
                ("occurred_at", models.DateTimeField(verbose_name="time")),
                ("method", models.CharField(max_length=10, verbose_name="method")),
                ("path", models.CharField(max_length=500, verbose_name="address")),
                ("status", models.SmallIntegerField(verbose_name="answer")),
                ("ip_address", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("request_id", models.CharField(max_length=64, verbose_name="request id")),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="support.accessgrant",
                        verbose_name="access",
                    ),
                ),
            ],
            options={
                "verbose_name": "request during a visit",
                "verbose_name_plural": "requests during visits",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AccessPass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField()),
                ("staff_name", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passes", to="support.accessgrant"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AdviserAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField()),
                ("staff_name", models.CharField(max_length=200, verbose_name="adviser")),
                ("assigned_by", models.CharField(max_length=200, verbose_name="assigned by")),
                ("assigned_at", models.DateTimeField(verbose_name="assigned at")),
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "adviser",
                "verbose_name_plural": "advisers",
            },
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title_zh", models.CharField(max_length=300, verbose_name="Chinese text")),
                ("title_en", models.CharField(max_length=300, verbose_name="English text")),
                ("link", models.URLField(blank=True, default="", verbose_name="link")),
                (
                    "severity",
                    models.CharField(
                        choices=[("info", "Information"), ("warning", "Warning"), ("critical", "Critical")],
                        default="info",
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("all", "All brands"),
                            ("states", "Brands in certain states"),
                            ("plans", "Brands on certain plans"),
                            ("brands", "Certain brands"),
                        ],
                        default="all",
                        max_length=10,
                        verbose_name="for",
                    ),
                ),
                ("selection", models.JSONField(blank=True, default=list, verbose_name="selection")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("created_by", models.CharField(max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "announcement",
                "verbose_name_plural": "announcements",
                "ordering": ["-starts_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="support_announcement_runs"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title_zh", ""), _negated=True), models.Q(("title_en", ""), _negated=True)
                        ),
                        name="support_announcement_says_it",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BrandFigures",
            fields=[
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
                ("schema_bytes", models.BigIntegerField(default=0, verbose_name="size")),
                ("orders_30_days", models.BigIntegerField(default=0, verbose_name="orders of 30 days")),
                ("failed_jobs", models.BigIntegerField(default=0, verbose_name="failed jobs")),
                ("pending_deliveries", models.BigIntegerField(default=0, verbose_name="deliveries waiting")),
                (
                    "oldest_delivery_seconds",
                    models.BigIntegerField(default=0, verbose_name="oldest delivery waits (s)"),
                ),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last seen")),
                ("usage", models.JSONField(default=dict, verbose_name="usage")),
                ("failures", models.JSONField(db_default=[], default=list, verbose_name="what failed")),
                ("staff", models.JSONField(default=list, verbose_name="staff")),
                ("refreshed_at", models.DateTimeField(verbose_name="as of")),
            ],
            options={
                "verbose_name": "figures of a brand",
                "verbose_name_plural": "figures of brands",
                "indexes": [models.Index(fields=["last_seen_at"], name="support_figures_last_seen_at")],
            },
        ),
        migrations.CreateModel(
            name="BrandNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="text")),
                ("author_id", models.BigIntegerField()),
                ("author", models.CharField(max_length=200, verbose_name="author")),
                ("created_at", models.DateTimeField(verbose_name="time")),
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
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField()),
                ("staff_name", models.CharField(max_length=200, verbose_name="who")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("text", models.CharField(max_length=500, verbose_name="what")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
                ("outcome", models.CharField(blank=True, default="", max_length=500, verbose_name="outcome")),
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
                "verbose_name": "follow-up",
                "verbose_name_plural": "follow-ups",
                "ordering": ["due_on", "id"],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Waiting for support"), ("answered", "Answered"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("opened_by_id", models.BigIntegerField()),
                ("opened_by", models.CharField(max_length=200, verbose_name="opened by")),
                ("contact_email", models.EmailField(blank=True, default="", max_length=254, verbose_name="answer to")),
                ("language", models.CharField(default="zh-hans", max_length=10, verbose_name="language")),
                ("page", models.CharField(blank=True, default="", max_length=500, verbose_name="page")),
                ("request_id", models.CharField(blank=True, default="", max_length=64, verbose_name="request id")),
                ("assigned_to_id", models.BigIntegerField(blank=True, null=True)),
                ("assigned_to", models.CharField(blank=True, default="", max_length=200, verbose_name="assigned to")),
                ("opened_at", models.DateTimeField(verbose_name="opened at")),
                ("updated_at", models.DateTimeField(verbose_name="last message at")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
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
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TicketMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "author_kind",
                    models.CharField(
                        choices=[("brand", "Brand"), ("staff", "Support")], max_length=10, verbose_name="side"
                    ),
                ),
                ("author_id", models.BigIntegerField()),
                ("author", models.CharField(max_length=200, verbose_name="author")),
                ("body", models.TextField(verbose_name="text")),
                ("is_internal", models.BooleanField(default=False, verbose_name="internal note")),
                ("created_at", models.DateTimeField(verbose_name="time")),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="support.ticket",
                        verbose_name="ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TicketFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("path", models.CharField(max_length=300)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="support.ticketmessage"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="accessgrant",
            index=models.Index(fields=["brand", "ends_at"], name="support_grant_brand_ends_at"),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="support_grant_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["consent", "break_glass"])), name="support_grant_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("hours__gte", 1), ("hours__lte", 72)), name="support_grant_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "consent"), ("hours__lte", 4), _connector="OR"),
                name="support_grant_emergency_is_short",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "consent"),
                    ("starts_at__isnull", True),
                    models.Q(
                        ("approved_by_id__isnull", False),
                        models.Q(("approved_by_id", models.F("requested_by_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="support_grant_emergency_needs_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesspass",
            constraint=models.UniqueConstraint(fields=("digest",), name="support_pass_digest_unique"),
        ),
        migrations.AddConstraint(
            model_name="brandnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="support_note_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["staff_id", "due_on"],
                name="support_followup_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="support_followup_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["brand", "-id"], name="support_ticket_brand"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(fields=("number",), name="support_ticket_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject", ""), _negated=True), name="support_ticket_has_a_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "answered", "closed"])), name="support_ticket_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", True)),
                    _connector="OR",
                ),
                name="support_ticket_closed_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("body", ""), _negated=True), name="support_message_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_internal", False), ("author_kind", "staff"), _connector="OR"),
                name="support_message_internal_is_ours",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_bytes__gte", 1), ("size_bytes__lte", 5242880)), name="support_file_size"
            ),
        ),
    ]
