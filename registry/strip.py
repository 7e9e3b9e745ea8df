"""One patient's course as a drawing: lanes in time, drawn by the server from the dated rows.

Partial dates are whiskers over all days they may mean. What happened long before the first infusion stands at
the left edge. A mark leads to its record; what breaks a rule is ringed. The list below says the same in words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from registry.checks.case import CR_ANY
from registry.checks.engine import ERROR
from registry.dictionary.partial_date import PartialDate
from registry.timeline import Event

LANES = (
    ("Disease", ("diagnosis", "relapse", "subsequent_malignancy")),
    ("Treatment", ("prior_therapy", "lymphodepletion", "salvage")),
    ("CAR T", ("infusion",)),
    ("Response", ("response", "mrd")),
    ("B cells", ("b_cell",)),
    ("Toxicity", ("toxicity", "gvhd")),
    ("Transplant", ("hsct",)),
    ("Contact", ("follow_up", "death")),
)
WIDTH, LEFT, RIGHT, LANE_HEIGHT, TOP = 1000, 92, 24, 26, 8
DAYS_PER_YEAR = 365.25
#: At most this share of the width shows what lies before the first infusion.
BEFORE = 0.22
MOST_TICKS = 9
BELOW = 26


@dataclass(frozen=True)
class Mark:
    """One event: where it stands, the days it may mean, how it looks."""

    x: float
    first: float
    last: float
    slug: str
    words: str
    hollow: bool = False
    url: str = ""
    wrong: bool = False
    earlier: bool = False


@dataclass(frozen=True)
class Lane:
    """One kind of event; `y` is the middle of its band."""

    label: str
    y: float
    marks: list[Mark]


@dataclass(frozen=True)
class Strip:
    """The whole drawing in its own units."""

    lanes: list[Lane]
    ticks: list[tuple[float, str]]
    height: int
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT


@dataclass(frozen=True)
class Scale:
    """Days to the drawing's units, kept inside its edges."""

    start: date
    end: date

    def x(self, day: date) -> float:
        span = max((self.end - self.start).days, 1)
        share = (day - self.start).days / span
        return round(LEFT + min(max(share, 0), 1) * (WIDTH - RIGHT - LEFT), 1)


def strip_of(events: Iterable[Event], index: PartialDate | None) -> Strip | None:
    """The drawing of these events; None when fewer than two are dated."""
    drawn = [event for event in events if event.on and any(event.spec.slug in slugs for _label, slugs in LANES)]
    if len({event.on.value for event in drawn}) < 2:
        return None
    scale = _scale(drawn, index)
    lanes = []
    for label, slugs in LANES:
        marks = [_mark(event, scale) for event in drawn if event.spec.slug in slugs]
        if marks:
            lanes.append(Lane(label, TOP + LANE_HEIGHT * (len(lanes) + 0.5), marks))
    return Strip(lanes, _ticks(scale, index), TOP + LANE_HEIGHT * len(lanes) + BELOW)


def _scale(events: list[Event], index: PartialDate | None) -> Scale:
    start, end = min(event.on.earliest for event in events), max(event.on.latest for event in events)
    if index is not None and end > index.value:
        room = timedelta(days=int((end - index.value).days * BEFORE / (1 - BEFORE)))
        start = max(start, index.value - room)
    return Scale(start, end)


def _mark(event: Event, scale: Scale) -> Mark:
    on, record = event.on, event.record
    return Mark(
        x=scale.x(on.value),
        first=scale.x(on.earliest),
        last=scale.x(on.latest),
        slug=event.spec.slug,
        words=_words(event),
        hollow=event.spec.slug == "response" and record.response not in CR_ANY,
        earlier=on.latest < scale.start,
        url=event.url,
        wrong=any(one.severity == ERROR for one in event.notes),
    )


def _words(event: Event) -> str:
    """What the mark says when it is pointed at: the event, and the rules it breaks."""
    told = f"{event.on} {event.spec.entity.label}: {', '.join(event.words)}"
    return "\n".join([told, *(f"{one.rule}: {one.message}" for one in event.notes if one.severity == ERROR)])


def _ticks(scale: Scale, index: PartialDate | None) -> list[tuple[float, str]]:
    """Years from the first infusion, else from the first event; every second or fifth one on a long course."""
    zero = index.value if index else scale.start
    years = int((scale.end - zero).days / DAYS_PER_YEAR)
    step = next(step for step in (1, 2, 5, 10, 20, 50) if years / step <= MOST_TICKS)
    marks = [(0, "day 0" if index else "0")]
    marks += [(year, f"{year} y") for year in range(step, years + 1, step)]
    return [(scale.x(zero + timedelta(days=round(year * DAYS_PER_YEAR))), words) for year, words in marks]
