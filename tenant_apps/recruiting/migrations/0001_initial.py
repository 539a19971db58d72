from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import kernel.privacy.encryption

TEXT_ZH = """我自愿申请成为本品牌的代理，并同意本品牌为审核申请、签订和履行代理合同而处理我在此提交的信息：姓名、手机号、微信号、地区、销售渠道、从业经历和证明图片。
信息仅由本品牌的授权人员查看；未获批准的，自决定之日起保存至不再需要为止。我可以随时凭本人专属链接查看、补充或撤回申请，也可以要求查阅、更正、复制或删除我的个人信息。
身份证号码和银行账户属于敏感个人信息，只有在我另行单独同意后才会收集，加密保存，每次查看均有记录。不提供这些信息不影响提交申请。
销售业绩只以实际商品销售计算；本品牌不以发展人员的数量计付报酬。"""


TEXT_EN = """I apply of my own will to become an agent of this brand, and agree that the brand uses what I send here to examine my application and to conclude and carry out an agent's contract: name, phone number, WeChat id, region, channels, experience and proof images.
Only people authorised by the brand see it; if I am not approved, it is kept no longer than it is needed after the decision. By my own link I can see, complete or withdraw my application at any time, and I may ask to see, correct, copy or delete my personal data.
ID numbers and bank accounts are sensitive data: they are collected only with a separate consent, stored encrypted, and every look at them is recorded. I can apply without giving them.
Results are counted by goods really sold; the brand pays nothing for the number of people recruited."""


def publish_first_consent(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Publish the first text that applicants agree to; a brand's own is the next version."""
    apps.get_model("recruiting", "ConsentText").objects.create(
        version=1,
        text_zh=TEXT_ZH,
        text_en=TEXT_EN,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        published_by="Banyan",
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                (
                    "source",
                    models.CharField(
                        choices=[("page", "Application page"), ("staff", "Registered by the staff")],
                        default="page",
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("phone", models.CharField(max_length=16, verbose_name="phone")),
                ("wechat_id", models.CharField(blank=True, default="", max_length=60, verbose_name="WeChat id")),
                (
                    "id_number",
                    kernel.privacy.encryption.EncryptedTextField(blank=True, default="", verbose_name="ID number"),
                ),
                ("identity_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("region_code", models.CharField(blank=True, default="", max_length=6, verbose_name="region code")),
                ("region", models.CharField(blank=True, default="", max_length=120, verbose_name="region")),
                ("channel", models.CharField(blank=True, default="", max_length=60, verbose_name="sells through")),
                ("experience", models.TextField(blank=True, default="", verbose_name="experience")),
                ("consented_at", models.DateTimeField(null=True, verbose_name="consented at")),
                (
                    "sensitive_consent_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="consent to sensitive data at"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("applied", "Applied"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="applied",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "rejection",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("incomplete", "Details are missing or cannot be read"),
                            ("duplicate", "This person is an agent already"),
                            ("region_taken", "The region has an agent already"),
                            ("not_qualified", "The requirements are not met"),
                            ("false_details", "The details are not true"),
                            ("other", "Another reason, see the note"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="why refused",
                    ),
                ),
                (
                    "decision_note",
                    models.CharField(blank=True, default="", max_length=500, verbose_name="note on the decision"),
                ),
                ("decided_by", models.CharField(blank=True, default="", max_length=200, verbose_name="decided by")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("access_digest", models.CharField(default="", max_length=64)),
                ("ip_address", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("applied_at", models.DateTimeField(verbose_name="applied at")),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "referrer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="referred by",
                    ),
                ),
                (
                    "wanted_level",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="wanted level",
                    ),
                ),
            ],
            options={
                "verbose_name": "application",
                "verbose_name_plural": "applications",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ApplicationProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("path", models.CharField(max_length=300)),
                ("size_bytes", models.BigIntegerField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="proofs", to="recruiting.application"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.SmallIntegerField(verbose_name="version")),
                ("text_zh", models.TextField(verbose_name="Chinese text")),
                ("text_en", models.TextField(verbose_name="English text")),
                ("published_at", models.DateTimeField(verbose_name="published at")),
                ("published_by", models.CharField(max_length=200, verbose_name="published by")),
            ],
            options={
                "verbose_name": "consent text",
                "verbose_name_plural": "consent texts",
                "ordering": ["-version"],
                "constraints": [models.UniqueConstraint(fields=("version",), name="recruiting_consent_version_unique")],
            },
        ),
        migrations.AddField(
            model_name="application",
            name="consent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="recruiting.consenttext",
                verbose_name="consent",
            ),
        ),
        migrations.CreateModel(
            name="RecruitingPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_open", models.BooleanField(default=True, verbose_name="open")),
                ("title", models.CharField(blank=True, default="", max_length=100, verbose_name="title")),
                ("introduction", models.TextField(blank=True, default="", verbose_name="introduction")),
                ("asks_id_number", models.BooleanField(default=False, verbose_name="asks for the ID number")),
                ("asks_proof", models.BooleanField(default=False, verbose_name="asks for proof images")),
                (
                    "wait_days_after_rejection",
                    models.SmallIntegerField(default=30, verbose_name="days until a rejected person may apply again"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "default_level",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
            ],
            options={
                "verbose_name": "application page",
                "verbose_name_plural": "application page",
            },
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state", "applied")), fields=["id"], name="recruiting_application_open"
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["phone"], name="recruiting_application_phone"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(fields=("number",), name="recruiting_application_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "applied")),
                fields=("phone",),
                name="recruiting_application_one_open_per_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["applied", "approved", "rejected", "withdrawn"])),
                name="recruiting_application_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent__isnull", False), ("state", "approved")),
                    models.Q(models.Q(("state", "approved"), _negated=True), ("agent__isnull", True)),
                    _connector="OR",
                ),
                name="recruiting_application_approved_is_an_agent",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    models.Q(("rejection", ""), _negated=True),
                    _connector="OR",
                ),
                name="recruiting_application_rejected_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("consent__isnull", False),
                        ("consented_at__isnull", False),
                        ("source", "page"),
                        models.Q(("access_digest", ""), _negated=True),
                    ),
                    models.Q(("source", "staff"), ("state", "approved")),
                    _connector="OR",
                ),
                name="recruiting_application_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("identity_digest", ""), ("sensitive_consent_at__isnull", False), _connector="OR"),
                name="recruiting_application_sensitive_consent",
            ),
        ),
        migrations.AddConstraint(
            model_name="recruitingpage",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="recruiting_recruitingpage_one_row"),
        ),
        migrations.AddConstraint(
            model_name="recruitingpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("wait_days_after_rejection__gte", 0), ("wait_days_after_rejection__lte", 365)),
                name="recruiting_recruitingpage_wait_days",
            ),
        ),
        migrations.RunPython(publish_first_consent, migrations.RunPython.noop, elidable=False),
    ]
