"""Which rows a patient has and how each stands: entity by entity, a glyph for every row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from registry.models import Record
from registry.overview import is_pressing
from registry.threads import InboxLine
from registry.timeline import Chart, Event, Group


@dataclass(frozen=True)
class Cell:
    """One row: where it stands, its status, how many findings and queries are open on it."""

    url: str
    words: str
    record: Record
    findings: int
    queries: int


def matrix_of(chart: Chart, queries: Iterable[InboxLine]) -> list[tuple[Group, list[Cell]]]:
    """Every entity with the cells of its rows, in order of their dates."""
    asked = Counter((line.query.entity, line.query.record_id) for line in queries)
    events: dict[str, list[Event]] = {}
    for event in [*chart.events, *chart.undated]:
        events.setdefault(event.spec.slug, []).append(event)
    return [(group, [_cell(event, asked) for event in events.get(group.spec.slug, [])]) for group in chart.groups]


def _cell(event: Event, asked: Counter) -> Cell:
    slug, pk = event.spec.slug, event.record.pk
    found = sum(is_pressing(one) for one in event.notes)
    return Cell(event.url, str(event.on or "no date"), event.record, found, asked[(slug, pk)])
