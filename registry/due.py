"""The lists of what is due: kept in step with the rows by every save, import and sweep; read by home and lists."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import QuerySet

from registry.models import ContactAttempt, DueItem, FollowUpState
from registry.schedule import DUE, OVERDUE, Course

BATCH = 500


def attempts_of(patient_ids: Iterable[int]) -> dict[int, list[date]]:
    """The days on which contact was tried in vain, by patient."""
    days: dict[int, list[date]] = defaultdict(list)
    rows = ContactAttempt._base_manager.filter(patient_id__in=list(patient_ids))
    for patient, day in rows.values_list("patient_id", "on"):
        days[patient].append(day)
    return days


def store_courses(courses: Mapping[int, Course]) -> None:
    """Bring the due items and the follow-up state of these patients up to date."""
    ids = list(courses)
    held: dict[tuple, int] = {}
    twice = []
    for one in DueItem._base_manager.filter(patient_id__in=ids):
        key = (one.patient_id, one.kind, one.key, one.label, one.opens_on, one.due_on, one.closes_on, one.state)
        if key in held:
            twice.append(one.pk)
        held[key] = one.pk
    new = []
    for patient, course in courses.items():
        for one in course.items:
            key = (patient, one.kind, one.key, one.label, one.opens_on, one.due_on, one.closes_on, one.state)
            if held.pop(key, None) is None:
                new.append(DueItem(patient_id=patient, **vars(one)))
    if held or twice:
        DueItem._base_manager.filter(pk__in=[*held.values(), *twice]).delete()
    DueItem._base_manager.bulk_create(new, batch_size=BATCH)
    _store_states(courses)


def _store_states(courses: Mapping[int, Course]) -> None:
    names = ("contact", "last_contact", "observed_days", "expected_days", "standing")
    held = {
        patient: values
        for patient, *values in FollowUpState._base_manager.filter(patient_id__in=list(courses)).values_list(
            "patient_id", *names
        )
    }
    changed = [
        FollowUpState(patient_id=patient, **{name: getattr(course, name) for name in names})
        for patient, course in courses.items()
        if held.get(patient) != [getattr(course, name) for name in names]
    ]
    FollowUpState._base_manager.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["patient"], update_fields=list(names)
    )


def due_items(
    *, states: Iterable[str] = (DUE, OVERDUE), site: int | None = None, kind: str | None = None
) -> QuerySet[DueItem]:
    """What is to do at the reader's sites, the most urgent first; the site is the enrolling one."""
    rows = DueItem.objects.filter(state__in=list(states)).select_related("patient__site")
    if site is not None:
        rows = rows.filter(patient__site_id=site)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return rows.order_by("closes_on", "patient_id", "kind")


def person_time(site: int | None = None) -> dict[int, tuple[int, int]]:
    """Days observed and days expected since the index infusion, summed by enrolling site."""
    rows = FollowUpState.objects.all()
    if site is not None:
        rows = rows.filter(patient__site_id=site)
    summed: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for at, observed, expected in rows.values_list("patient__site_id", "observed_days", "expected_days"):
        summed[at] = (summed[at][0] + observed, summed[at][1] + expected)
    return dict(summed)
