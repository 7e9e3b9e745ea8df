"""Figures of data quality: rules with hits and trend, completeness by field and site, person-time, who is overdue.

All of it within the reader's sites; the site of a patient is the enrolling one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q, QuerySet, Sum

from registry import checks  # noqa: F401 - importing it declares every check
from registry.access import Scope
from registry.checks.engine import CHECKS
from registry.completeness import Share
from registry.due import person_time
from registry.duplicates import RULE as ALIKE
from registry.duplicates import SENTENCE as ALIKE_WORDS
from registry.entities import dictionary
from registry.models import CompletenessResult, Finding, Site, SweepResult

SWEEPS_SHOWN = 12
DAYS_PER_YEAR = 365.25
ORDER = ("ERROR", "WARNING", "FLAG")
#: What rules say that no single chart can show, and that are therefore not among the checks.
BEYOND = {ALIKE: ("WARNING", ALIKE_WORDS, "")}


@dataclass(frozen=True)
class RuleFigures:
    """One rule: what it says, what it finds today, what it found at the last sweeps."""

    rule: str
    severity: str
    sentence: str
    source: str
    open: int
    acknowledged: int
    patients: int
    trend: tuple[int, ...]

    @property
    def line(self) -> str:
        return sparkline(self.trend)

    @property
    def change(self) -> int | None:
        """How many more are open than at the last sweep; None before the first."""
        return self.open - self.trend[-1] if self.trend else None


def sparkline(values: Iterable[int], *, width: int = 96, height: int = 22) -> str:
    """Points of an SVG polyline, the largest value at the top, zero at the bottom."""
    values = list(values)
    top, step = max([*values, 1]), width / max(len(values) - 1, 1)
    return " ".join(f"{i * step:.1f},{height - 1 - (height - 2) * value / top:.1f}" for i, value in enumerate(values))


def of_sites(rows: QuerySet, scope: Scope, path: str) -> QuerySet:
    sites = scope.sites("read")
    return rows if sites is None else rows.filter(**{f"{path}__in": sites})


def hits(scope: Scope) -> QuerySet[Finding]:
    """Findings of patients whom the reader's sites enrolled, as the sweep counts them."""
    return of_sites(Finding.objects.order_by(), scope, "patient__site_id")


def rules(scope: Scope) -> tuple[list[RuleFigures], list[date]]:
    """Every rule with its figures - most severe first, then most open - and the days of the sweeps shown."""
    counts = {
        row["rule"]: row
        for row in hits(scope)
        .values("rule")
        .annotate(
            severity=Max("severity"),
            open=Count("pk", filter=Q(acknowledged=False)),
            acknowledged=Count("pk", filter=Q(acknowledged=True)),
            patients=Count("patient", distinct=True),
        )
    }
    days, trends = _trends(scope)
    declared = {rule: (one.severity, one.sentence, one.source) for rule, one in CHECKS.items()} | BEYOND
    found = []
    for rule in {**declared, **counts}:
        severity, sentence, source = declared.get(rule) or (counts[rule]["severity"], "", "")
        row = counts.get(rule, {})
        found.append(
            RuleFigures(rule, severity, sentence, source, row.get("open", 0), row.get("acknowledged", 0),
                        row.get("patients", 0), tuple(trends[rule].get(day, 0) for day in days))
        )  # fmt: skip
    return sorted(found, key=lambda one: (ORDER.index(one.severity), -one.open, one.rule)), days


def _trends(scope: Scope) -> tuple[list[date], dict[str, dict[date, int]]]:
    """The last days that were swept, oldest first, and the open findings of every rule on each."""
    newest = SweepResult.objects.order_by("-day").values_list("day", flat=True).distinct()[:SWEEPS_SHOWN]
    # A sweep that found nothing at all left no counts of findings, but it counted the answers.
    last = CompletenessResult.objects.order_by("-day").values_list("day", flat=True)[:1]
    days = sorted({*newest, *last})[-SWEEPS_SHOWN:]
    trends: dict[str, dict[date, int]] = defaultdict(dict)
    if days:
        rows = of_sites(SweepResult.objects.filter(day__gte=days[0]), scope, "site_id").order_by()
        for rule, day, count in rows.values_list("rule", "day").annotate(Sum("open")):
            trends[rule][day] = count
    return days, trends


def changes(scope: Scope) -> tuple[date | None, list[RuleFigures]]:
    """The day of the last sweep, and the rules that find more or fewer than then, largest change first."""
    found, days = rules(scope)
    moved = [one for one in found if one.change]
    return (days[-1] if days else None), sorted(moved, key=lambda one: -abs(one.change))


# Completeness -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeatRow:
    """One entity or field: its share over all sites, and at each of them; None where nothing was asked."""

    key: str
    label: str
    whole: Share
    shares: list[Share | None]


def completeness(scope: Scope, entity: str = "") -> tuple[list[Site], list[HeatRow], date | None]:
    """Sites in order, and rows by entity - or, with an entity, by its fields - as of the last sweep."""
    results = of_sites(CompletenessResult.objects.all(), scope, "site_id").order_by()
    if entity:
        results = results.filter(entity=entity)
    key = "item" if entity else "entity"
    table: dict[str, dict[int, Share]] = defaultdict(dict)
    last = None
    sums = results.values_list(key, "site_id").annotate(Sum("answered"), Sum("asked"), Max("day"))
    for name, site, answered, asked, day in sums:
        table[name][site] = Share(answered, asked)
        last = max(last, day) if last else day
    held = {site for shares in table.values() for site in shares}
    sites = list(Site.objects.filter(pk__in=held).order_by("code"))
    rows = [
        HeatRow(name, label, sum(table[name].values(), Share()), [table[name].get(site.pk) for site in sites])
        for name, label in _names(entity)
        if name in table
    ]
    return sites, rows, last


def _names(entity: str) -> list[tuple[str, str]]:
    """(name, label) of the entities, or of the fields of one, in the order of the dictionary."""
    if entity:
        return [(item.name, item.item.label) for item in dictionary()[entity].items]
    return [(spec.slug, spec.entity.plural) for spec in dictionary()]


# Follow-up ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonTime:
    """Years observed of the years expected since the index infusion, at one site or over all."""

    site: Site | None
    observed: float
    expected: float

    @property
    def percent(self) -> float | None:
        return 100 * self.observed / self.expected if self.expected else None


def follow_up(scope: Scope) -> list[PersonTime]:
    """Person-time by enrolling site; with several sites the sum comes first."""
    days = person_time()
    sites = of_sites(Site.objects.filter(pk__in=list(days)), scope, "pk").order_by("code")
    rows = [_years(site, [days[site.pk]]) for site in sites]
    return [_years(None, [days[row.site.pk] for row in rows]), *rows] if len(rows) > 1 else rows


def _years(site: Site | None, days: list[tuple[int, int]]) -> PersonTime:
    observed, expected = (sum(part) / DAYS_PER_YEAR for part in zip(*days, strict=True))
    return PersonTime(site, observed, expected)
