"""Where each patient stands, worked out once more: 0012 did not count MLFS as a remission."""

from django.db import migrations
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When


def as_the_rows_say(apps, schema_editor):
    """Once for every patient; later changes of rows bring it up to date."""
    state = apps.get_model("registry", "FollowUpState")

    def rows_of(name, **kept):
        model = apps.get_model("registry", name)
        return model._base_manager.filter(patient=OuterRef("pk"), voided=False, **kept).order_by()

    def last(name, dated, column="", **kept):
        rows = rows_of(name, **kept).filter(**{f"{dated}__isnull": False}).order_by(f"-{dated}", "-pk")
        return Subquery(rows.values(column or dated)[:1])

    def not_before(one, other):
        return Q(**{f"{one}__isnull": False}) & (Q(**{f"{other}__isnull": True}) | Q(**{f"{other}__lte": F(one)}))

    first = rows_of("CARTInfusion", infusion_date__isnull=False).order_by("infusion_date")
    states = state._base_manager.alias(_infused=Subquery(first.values("infusion_date")[:1])).alias(
        _relapsed=last("Relapse", "relapse_date", relapse_date__gte=OuterRef("_infused")),
        _transplanted=last("HSCT", "hsct_date", hsct_date__gte=OuterRef("_infused")),
        _remitted=last("ResponseAssessment", "assessment_date", response__in=("CR", "CRi", "MLFS")),
        _said=last("FollowUp", "contact_date", "vital_status"),
    )
    stands = Case(
        When(Exists(rows_of("Death")), then=Value("dead")),
        When(_said="DEAD", then=Value("dead")),
        When(_said="LTFU", then=Value("lost")),
        When(_infused=None, then=Value("not_infused")),
        When(not_before("_transplanted", "_relapsed"), then=Value("transplanted")),
        When(not_before("_relapsed", "_remitted"), then=Value("relapsed")),
        When(_remitted__isnull=False, then=Value("remission")),
        default=Value("no_remission"),
    )
    by_standing = {}
    for patient, standing in states.annotate(stands=stands).values_list("pk", "stands"):
        by_standing.setdefault(standing, []).append(patient)
    for standing, patients in by_standing.items():
        for start in range(0, len(patients), 500):
            state._base_manager.filter(pk__in=patients[start : start + 500]).update(standing=standing)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0013_index_of_withdrawn_consents"),
    ]

    operations = [
        migrations.RunPython(as_the_rows_say, migrations.RunPython.noop),
    ]
