"""Where a patient stands now, in one word that lists are narrowed and sorted by; decided by the database.

Dead, lost, not infused, and after the first infusion: transplanted, relapsed, in remission - by the latest of these
dates as they are stored (the stand-in of a partial date). For finding patients; endpoints stand in `analytics.study`.
"""

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from registry.models import HSCT, CARTInfusion, Death, FollowUp, PatientRecord, Relapse, ResponseAssessment

REMISSION = ("CR", "CRi")
#: Key -> (words, tone of the badge), in the order of the chooser.
STANDINGS = {
    "remission": ("In remission", "complete"),
    "relapsed": ("Relapsed", "bad"),
    "transplanted": ("After HSCT", "answered"),
    "no_remission": ("No remission yet", "warn"),
    "not_infused": ("Not infused", "draft"),
    "lost": ("Lost to follow-up", "draft"),
    "dead": ("Dead", "dead"),
}


def with_standing(patients: QuerySet) -> QuerySet:
    """The patients with `standing`, one of STANDINGS; a column of the query, not a query per patient."""
    first = _of(CARTInfusion).filter(infusion_date__isnull=False).order_by("infusion_date")
    patients = patients.alias(_infused=Subquery(first.values("infusion_date")[:1]))
    after = {
        "_relapsed": _last(Relapse, "relapse_date", relapse_date__gte=OuterRef("_infused")),
        "_transplanted": _last(HSCT, "hsct_date", hsct_date__gte=OuterRef("_infused")),
        "_remitted": _last(ResponseAssessment, "assessment_date", response__in=REMISSION),
        "_said": _last(FollowUp, "contact_date", "vital_status"),
    }
    standing = Case(
        When(Exists(_of(Death)), then=Value("dead")),
        When(_said="DEAD", then=Value("dead")),
        When(_said="LTFU", then=Value("lost")),
        When(_infused=None, then=Value("not_infused")),
        When(_not_before("_transplanted", "_relapsed"), then=Value("transplanted")),
        When(_not_before("_relapsed", "_remitted"), then=Value("relapsed")),
        When(_remitted__isnull=False, then=Value("remission")),
        default=Value("no_remission"),
        output_field=CharField(),
    )
    return patients.alias(**after).annotate(standing=standing)


def _of(model: type[PatientRecord], **kept: object) -> QuerySet:
    return model.objects.filter(patient=OuterRef("pk"), voided=False, **kept).order_by()


def _last(model: type[PatientRecord], dated: str, column: str = "", **kept: object) -> Subquery:
    """The date, or another column, of the patient's latest row."""
    rows = _of(model, **kept).filter(**{f"{dated}__isnull": False}).order_by(f"-{dated}", "-pk")
    return Subquery(rows.values(column or dated)[:1])


def _not_before(one: str, other: str) -> Q:
    """The first has happened, and the other not after it."""
    return Q(**{f"{one}__isnull": False}) & (Q(**{f"{other}__isnull": True}) | Q(**{f"{other}__lte": F(one)}))
