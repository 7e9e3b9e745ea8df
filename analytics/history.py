"""The snapshots of a question over time: how its headline estimates moved, and whether the data moved on since."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q

from analytics import labels
from analytics.models import FrozenFile, Snapshot
from analytics.report import disclosure, headline
from analytics.report.headline import Estimate
from analytics.report.naming import in_words
from registry.models import Change

MOST = 24
CACHE_SECONDS = 7 * 86400
WIDTH, HEIGHT = 96.0, 20.0
#: What is remembered and read by no snapshot: accounts, and the work around the data.
NOT_READ = ("registry_membership", "registry_query", "registry_querymessage", "registry_contactattempt")


@dataclass(frozen=True)
class Trend:
    """One headline estimate over the snapshots of a question, oldest first; `line` are the points of a sparkline."""

    label: str
    latest: str
    values: tuple[float, ...]
    line: str


@dataclass(frozen=True)
class Course:
    """A question over time: its newest snapshot, the trends of its estimates, how many changes of records since."""

    newest: Snapshot
    trends: list[Trend]
    changes: int


def latest() -> list[Snapshot]:
    """The newest listed snapshot of every plan, all patients together, of the registry as it stands."""
    rows = labels.listed(Snapshot.objects.filter(strata="", as_of=None)).order_by("plan", "-taken_at", "-pk")
    newest: dict[str, int] = {}
    for plan, pk in rows.values_list("plan", "pk"):
        newest.setdefault(plan, pk)
    return list(Snapshot.objects.filter(pk__in=newest.values()).order_by("plan"))


def of_question(plan: str, strata: str = "") -> list[Snapshot]:
    """The newest listed snapshots of a plan and its strata, newest first, without their manifests."""
    rows = Snapshot.objects.filter(plan=plan, strata=strata, as_of=None).defer("manifest")
    return list(labels.listed(rows).order_by("-taken_at", "-pk")[:MOST])


def courses(questions: Iterable[tuple[str, str]], *, disclosed: bool) -> dict[tuple[str, str], Course]:
    """The course of each of these questions, plan and strata; those never answered are not named.

    As many queries for many questions as for one.
    """
    asked = set(questions)
    same = Q(plan__in={plan for plan, _by in asked}, strata__in={strata for _plan, strata in asked}, as_of=None)
    rows = labels.listed(Snapshot.objects.filter(same)).order_by("-taken_at", "-pk")
    chosen: dict[tuple[str, str], list[int]] = {}
    for pk, *question in rows.values_list("pk", "plan", "strata"):
        if tuple(question) in asked and len(places := chosen.setdefault(tuple(question), [])) < MOST:
            places.append(pk)
    held = Snapshot.objects.defer("manifest").in_bulk([pk for places in chosen.values() for pk in places])
    newest = Snapshot.objects.in_bulk([places[0] for places in chosen.values()])
    # all of them at once; each question then finds its own
    _estimates(held.values(), "disclosed" if disclosed else "open")
    since = _changes_since(newest.values())
    return {
        question: Course(newest[places[0]], trends([held[pk] for pk in places], disclosed=disclosed), since[places[0]])
        for question, places in chosen.items()
    }


def trends(snapshots: Iterable[Snapshot], *, disclosed: bool) -> list[Trend]:
    """The headline estimates over these snapshots (newest first), by label, of those told more than once."""
    shown = list(snapshots)[::-1]
    estimates = _estimates(shown, "disclosed" if disclosed else "open")
    series: dict[str, list[float]] = {}
    phrases: dict[str, str] = {}
    for snapshot in shown:
        for one in estimates[snapshot.results_sha256]:
            phrases[one.label] = one.phrase
            if one.value is not None:
                series.setdefault(one.label, []).append(float(one.value))
    return [
        Trend(label, phrases[label], tuple(values), line(values)) for label, values in series.items() if len(values) > 1
    ]


def _estimates(snapshots: Iterable[Snapshot], reading: str) -> dict[str, list[Estimate]]:
    """The numbers behind the headlines, by the hash of the results.

    Results never change, so each is read once per process and cache; those not read yet by one query.
    """
    asked = {f"estimates.{reading}.{snapshot.results_sha256}": snapshot for snapshot in snapshots}
    held = cache.get_many(asked)
    files = FrozenFile.objects.in_bulk([one.results_sha256 for key, one in asked.items() if key not in held])
    fresh = {
        key: _read(files[one.results_sha256], one, reading) for key, one in asked.items() if one.results_sha256 in files
    }
    cache.set_many(fresh, CACHE_SECONDS)
    return {asked[key].results_sha256: values for key, values in (held | fresh).items()}


def _read(results: FrozenFile, snapshot: Snapshot, reading: str) -> list[Estimate]:
    answer = in_words(json.loads(results.body), snapshot.by)
    return headline.estimates(disclosure.safer(answer) if reading == "disclosed" else answer)


def line(values: Sequence[float]) -> str:
    """The points of a sparkline between the lowest and the highest of at least two; a flat one runs in the middle."""
    low, high = min(values), max(values)
    step = WIDTH / (len(values) - 1)
    heights = [0.5 if high == low else (value - low) / (high - low) for value in values]
    return " ".join(f"{place * step:.1f},{1 + HEIGHT * (1 - part):.1f}" for place, part in enumerate(heights))


def changes_since(snapshot: Snapshot) -> int:
    """How many changes of records the registry has seen since the snapshot was taken; 0 for one of a past moment."""
    return _changes_since([snapshot])[snapshot.pk]


def _changes_since(snapshots: Iterable[Snapshot]) -> dict[int, int]:
    """The same for each of these snapshots, in one query."""
    shown = list(snapshots)
    heads = {one.pk: one.manifest["memory"].get("last_change") for one in shown if one.as_of is None}
    known = {head for head in heads.values() if head is not None}
    if not known:
        return {one.pk: 0 for one in shown}
    counts = {f"since_{head}": Count("pk", filter=Q(pk__gt=head)) for head in known}
    found = Change.objects.filter(pk__gt=min(known)).exclude(entity__in=NOT_READ).aggregate(**counts)
    return {one.pk: found.get(f"since_{heads.get(one.pk)}", 0) for one in shown}


def before(snapshot: Snapshot) -> Snapshot | None:
    """The listed snapshot of the same question taken before this one."""
    same = Snapshot.objects.filter(plan=snapshot.plan, strata=snapshot.strata, as_of=None, pk__lt=snapshot.pk)
    return labels.listed(same).order_by("-pk").defer("manifest").first()
