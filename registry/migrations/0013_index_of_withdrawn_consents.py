"""Who withdrew is found without reading who did not: an index of the few rows that say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0012_standing_of_patients"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                condition=models.Q(("status", "WITHDRAWN")), fields=["patient"], name="consent_withdrawn"
            ),
        ),
    ]
