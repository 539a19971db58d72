import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("channel", models.CharField(blank=True, default="", max_length=40, verbose_name="channel")),
                ("mode", models.CharField(blank=True, default="", max_length=16, verbose_name="mode")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("checking", "Checking"),
                            ("checked", "Checked"),
                            ("committing", "Importing"),
                            ("committed", "Imported"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("undoing", "Undoing"),
                            ("undone", "Undone"),
                        ],
                        default="uploaded",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("stored_as", models.CharField(blank=True, default="", max_length=200)),
                ("attachment_stored_as", models.CharField(blank=True, default="", max_length=200)),
                ("plan_stored_as", models.CharField(blank=True, default="", max_length=200)),
                ("issues_stored_as", models.CharField(blank=True, default="", max_length=200)),
                ("file_digest", models.CharField(max_length=64)),
                ("headings", models.JSONField(default=list, verbose_name="headings")),
                ("mapping", models.JSONField(default=dict, verbose_name="column mapping")),
                ("left_out", models.JSONField(default=list, verbose_name="columns left out")),
                ("options", models.JSONField(default=dict, verbose_name="rules")),
                ("total_rows", models.IntegerField(default=0, verbose_name="rows")),
                ("skipped_rows", models.IntegerField(default=0, verbose_name="rows without data")),
                ("imported_rows", models.IntegerField(default=0, verbose_name="imported rows")),
                ("refused_rows", models.IntegerField(default=0, verbose_name="rows not imported")),
                ("reasons", models.JSONField(default=dict, verbose_name="reasons")),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("preview", models.JSONField(default=list, verbose_name="preview")),
                ("result", models.JSONField(default=dict)),
                ("is_cancel_requested", models.BooleanField(default=False)),
                ("message", models.TextField(blank=True, default="", verbose_name="message")),
                ("created_by", models.CharField(blank=True, default="", max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "uploaded",
                                    "checking",
                                    "checked",
                                    "committing",
                                    "committed",
                                    "failed",
                                    "cancelled",
                                    "undoing",
                                    "undone",
                                ],
                            )
                        ),
                        name="imports_job_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "committed"), _negated=True),
                            (
                                "total_rows",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("imported_rows"), "+", models.F("refused_rows")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="imports_job_every_row_accounted_for",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("channel", models.CharField(blank=True, default="", max_length=40, verbose_name="channel")),
                ("mapping", models.JSONField(default=dict, verbose_name="column mapping")),
                ("left_out", models.JSONField(default=list, verbose_name="columns left out")),
                ("options", models.JSONField(default=dict, verbose_name="rules")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "import profile",
                "verbose_name_plural": "import profiles",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "channel"), name="imports_profile_once_per_kind_and_channel"
                    )
                ],
            },
        ),
    ]
