import csv
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import kernel.core.money


def seed_chart(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The chart of accounts for small businesses (小企业会计准则), the same in every brand."""
    Account = apps.get_model("finance", "Account")
    path = Path(__file__).resolve().parents[1] / "data" / "chart_of_accounts.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        Account.objects.bulk_create(Account(**row) for row in csv.DictReader(lines))


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                ("name_en", models.CharField(max_length=80, verbose_name="English name")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("asset", "Asset"),
                            ("liability", "Liability"),
                            ("equity", "Equity"),
                            ("cost", "Production cost"),
                            ("income", "Income"),
                            ("expense", "Expense"),
                        ],
                        max_length=10,
                        verbose_name="category",
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "ordering": ["code"],
                "constraints": [models.UniqueConstraint(fields=("code",), name="finance_account_code_unique")],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=120, verbose_name="source")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                ("business_date", models.DateField(verbose_name="business date")),
                ("memo", models.CharField(blank=True, max_length=200, verbose_name="memo")),
                ("fingerprint", models.CharField(editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger entries",
                "ordering": ["-id"],
                "constraints": [models.UniqueConstraint(fields=("source",), name="finance_entry_source_unique")],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_no", models.SmallIntegerField(verbose_name="line")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("party", models.CharField(blank=True, max_length=60, verbose_name="party")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "credit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="finance.account",
                        to_field="code",
                        verbose_name="credit",
                    ),
                ),
                (
                    "debit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="finance.account",
                        to_field="code",
                        verbose_name="debit",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="finance.ledgerentry",
                        verbose_name="entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["debit", "occurred_at"], name="finance_transfer_debit"),
                    models.Index(fields=["credit", "occurred_at"], name="finance_transfer_credit"),
                    models.Index(
                        condition=models.Q(("party", ""), _negated=True),
                        fields=["party"],
                        name="finance_transfer_party",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "line_no"), name="finance_transfer_line_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="finance_transfer_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("debit", models.F("credit")), _negated=True),
                        name="finance_transfer_two_accounts",
                    ),
                ],
            },
        ),
        migrations.RunPython(seed_chart, migrations.RunPython.noop, elidable=False),
    ]
