"""Agreements with collaborators, and tokens that read under one."""

import django.db.models.deletion
from django.db import migrations, models

from registry.memory import track


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0008_import_uploads"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("T1", "T1 de-identified"),
                            ("T2", "T2 limited data set"),
                            ("T3", "T3 full, one site"),
                        ],
                        max_length=2,
                    ),
                ),
                ("until", models.DateField(verbose_name="holds until")),
                ("terms", models.CharField(blank=True, default="", max_length=500)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=150)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "registry_agreement",
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="agreement",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tokens",
                to="registry.agreement",
            ),
        ),
        migrations.CreateModel(
            name="AgreementSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="covers", to="registry.agreement"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.site"
                    ),
                ),
            ],
            options={
                "db_table": "registry_agreement_site",
            },
        ),
        migrations.AddField(
            model_name="agreement",
            name="sites",
            field=models.ManyToManyField(related_name="+", through="registry.AgreementSite", to="registry.site"),
        ),
        migrations.AddConstraint(
            model_name="agreementsite",
            constraint=models.UniqueConstraint(fields=("agreement", "site"), name="agreement_site_once"),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", ["T1", "T2", "T3"])), name="agreement_tier_known"
            ),
        ),
        track("Agreement", "AgreementSite"),
    ]
