"""Since when unsent input stands in a form: told to whoever opens the same form."""

from django.db import migrations, models


def since_the_last_keystroke(apps, schema_editor):
    """Of drafts kept before this migration only the last keystroke is known."""
    apps.get_model("registry", "FormDraft").objects.update(since=models.F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0010_saved_views"),
    ]

    operations = [
        migrations.AddField("FormDraft", "since", models.DateTimeField(null=True)),
        migrations.RunPython(since_the_last_keystroke, migrations.RunPython.noop),
        migrations.AlterField("FormDraft", "since", models.DateTimeField()),
        migrations.AlterField("FormDraft", "place", models.CharField(db_index=True, max_length=200)),
    ]
