"""One patient at a glance: identity line, chain of events in time, what is open; one query per entity."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from registry.dictionary.compiled import EntitySpec
from registry.dictionary.partial_date import PartialDate
from registry.entities import dictionary, model_of
from registry.models import Finding, Patient, Record
from registry.places import Place, Role
from registry.rows import add_url, in_time
from registry.shown import dated_on, shown_answer, summary, with_links
from registry.written import IDS, ask

DAYS_PER_YEAR = 365.25
#: Entities whose dated rows show that the patient was seen alive; an administrative row shows nothing.
SEEN_ALIVE = ("infusion", "hsct", "relapse", "salvage", "response", "follow_up", "diagnosis", "enrollment")


@dataclass(frozen=True)
class Event:
    """One dated row of the patient's story; `day` is its distance from the first infusion in words."""

    spec: EntitySpec
    record: Record
    url: str
    on: PartialDate | None
    day: str
    words: list[str]
    hangs_on: str = ""
    notes: list[Finding] = field(default_factory=list)
    adds: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """All rows of one entity of a patient, and where one more is entered."""

    spec: EntitySpec
    count: int
    drafts: int
    list_url: str
    add_url: str


@dataclass(frozen=True)
class Chart:
    """What the patient page shows."""

    events: list[Event]
    undated: list[Event]
    groups: list[Group]
    findings: list[Finding]
    sex: str
    index: PartialDate | None
    age_at_infusion: str
    vital: str
    vital_on: PartialDate | None
    vital_source: str
    days_since: int | None


def chart_of(place: Place, *, today: date) -> Chart:
    """Read everything of one patient and lay it out in time."""
    patient = place.patient
    rows = {spec.slug: _rows(place, spec) for spec in dictionary() if spec.of_patient}
    findings = sorted(Finding.objects.filter(patient=patient).select_related("acknowledgement"), key=_urgency)
    index = _index(rows.get("infusion", []))
    vital, on, source, alive = _vital(rows)
    events = _events(place, rows, findings, index)
    return Chart(
        events=[event for event in events if event.on],
        undated=[event for event in events if not event.on],
        groups=[_group(place, dictionary()[slug], found) for slug, found in rows.items()],
        findings=findings,
        sex=shown_answer(place.spec.by_name["sex_at_birth"], patient.answer("sex_at_birth")).text,
        index=index,
        age_at_infusion=_age(patient, index),
        vital=vital,
        vital_on=on,
        vital_source=source,
        days_since=(today - on.value).days if on and alive else None,
    )


def _urgency(one: Finding) -> tuple:
    """Errors before warnings before flags."""
    return ("ERROR", "WARNING", "FLAG").index(one.severity), one.rule, one.pk


def _rows(place: Place, spec: EntitySpec) -> list[Record]:
    return in_time(spec, ask(_rows_on_file, spec.slug, ids=[place.patient.pk]))


def _rows_on_file(slug: str) -> QuerySet:
    rows = model_of(slug).objects.of_patients(IDS).filter(voided=False)
    return with_links(dictionary()[slug], rows)


def _index(infusions: list[Record]) -> PartialDate | None:
    days = [dated_on(dictionary()["infusion"], row) for row in infusions]
    return min((day for day in days if day), key=lambda day: day.value, default=None)


def _events(
    place: Place, rows: dict[str, list[Record]], findings: list[Finding], index: PartialDate | None
) -> list[Event]:
    names = {(slug, row.pk): _short(slug, row) for slug, found in rows.items() for row in found}
    notes: dict[tuple[str, int | None], list[Finding]] = {}
    for one in findings:
        notes.setdefault((one.entity, one.record_id), []).append(one)
    events = []
    for slug, found in rows.items():
        spec = dictionary()[slug]
        there = Place(spec, place.patient, place.may)
        for row in found:
            on = dated_on(spec, row)
            event = Event(
                spec,
                row,
                there.url(Role.DETAIL, row),
                on,
                day_words(on, index),
                summary(spec, row),
                hangs_on=_hangs_on(spec, row, names),
                notes=notes.get((slug, row.pk), []),
                adds=_adds(place, spec, row),
            )
            events.append(event)
    order = {slug: number for number, slug in enumerate(rows)}
    return sorted(
        events,
        key=lambda event: (str(event.on.value if event.on else ""), order[event.spec.slug], event.record.pk),
    )


def _short(slug: str, row: Record) -> str:
    spec = dictionary()[slug]
    return f"{spec.entity.label} {dated_on(spec, row) or '(no date)'}"


def _hangs_on(spec: EntitySpec, row: Record, names: dict[tuple[str, int], str]) -> str:
    for column, slug in spec.parents:
        parent = getattr(row, f"{column}_id")
        if parent is not None:
            return names.get((slug, parent), "")
    return ""


def _adds(place: Place, spec: EntitySpec, row: Record) -> list[tuple[str, str]]:
    """What can be hung on this row: (words, address)."""
    found = []
    for child in dictionary():
        if any(slug == spec.slug for _column, slug in child.parents):
            address = add_url(Place(child, place.patient, place.may), spec.slug, row)
            if address:
                found.append((child.entity.label, address))
    return found


def day_words(on: PartialDate | None, index: PartialDate | None) -> str:
    """Days from the first infusion: exact as a number, partial as the range it may be."""
    if on is None or index is None:
        return ""
    first, last = (on.earliest - index.value).days, (on.latest - index.value).days
    return (
        f"day {first:+d}" if first == last and first else "day 0" if first == last else f"day {first:+d} to {last:+d}"
    )


def _group(place: Place, spec: EntitySpec, rows: list[Record]) -> Group:
    there = Place(spec, place.patient, place.may)
    full = bool(rows) and not spec.entity.many
    drafts = sum(row.record_status == "DRAFT" for row in rows)
    return Group(spec, len(rows), drafts, there.url(Role.LIST), "" if full else add_url(there))


def _vital(rows: dict[str, list[Record]]) -> tuple[str, PartialDate | None, str, bool]:
    """(state, date, which row says so, alive): dead by the death row, else alive at the last contact."""
    for row in rows.get("death", []):
        return "Dead", dated_on(dictionary()["death"], row), "Death", False
    last: tuple[PartialDate, str] | None = None
    for slug in SEEN_ALIVE:
        spec = dictionary()[slug]
        for row in rows.get(slug, []):
            on = dated_on(spec, row)
            if on and (last is None or on.value >= last[0].value):
                last = on, spec.entity.label
    if last is None:
        return "Not known", None, "", False
    lost = any(row.vital_status == "LTFU" for row in rows.get("follow_up", [])[-1:])
    return ("Lost to follow-up" if lost else "Alive"), last[0], last[1], True


def _age(patient: Patient, index: PartialDate | None) -> str:
    """Age in years at the first infusion; the birth date itself is not shown."""
    born = patient.identity.birth_date if hasattr(patient, "identity") else None
    if born is None or index is None:
        return ""
    years = (index.value - born).days / DAYS_PER_YEAR
    return f"{years:.1f} years"
