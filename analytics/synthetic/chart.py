"""One synthetic patient's chart in the making: rows per entity, dates from days, site and protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from analytics.synthetic.course import Course
from analytics.synthetic.dice import Dice

Row = dict[str, str]
Bundle = dict[str, list[Row]]

UNKNOWN, NOT_DONE, NOT_APPLICABLE = "UNK", "ND", "NA"
SLUGS = (
    *("site", "product", "protocol", "patient", "consent", "enrollment", "diagnosis", "infusion"),
    *("relapse", "salvage", "hsct", "response", "follow_up", "death"),
)

NOTICE = (
    "SYNTHETIC: these patients are wholly invented. They show that the code computes what the text reports "
    "and are no evidence about patients."
)
SITES = {"SYNA": 0.58, "SYNB": 0.17, "SYNC": 0.15, "SYND": 0.10}
#: short code: product, phase, open from, open to
PROTOCOLS = {
    "SYN-CTL-01": ("CTL019", "1_2", date(2012, 1, 1), date(2015, 12, 31)),
    "SYN-HU-01": ("HUCART19", "1", date(2014, 1, 1), date(2018, 6, 30)),
    "SYN-CTL-02": ("CTL019", "2", date(2014, 6, 1), date(2017, 12, 31)),
    "SYN-CTL-03": ("CTL019", "2", date(2015, 6, 1), date(2020, 3, 31)),
    "SYN-HU-02": ("HUCART19", "2", date(2016, 9, 1), date(2020, 3, 31)),
}


def reference_rows() -> Bundle:
    """Return the sites, products and protocols; every name says that it is invented."""
    products = {
        "CTL019": ("MURINE", "Synthetic manufacturer 1"),
        "HUCART19": ("HUMANIZED", "Synthetic manufacturer 2"),
    }
    return {
        "site": [
            {
                "code": code,
                "name": f"Synthetic Hospital {code[-1]}",
                "country": "US",
                "active_from": "2010-01-01",
            }
            for code in SITES
        ],
        "product": [
            {
                "code": code,
                "target": "CD19",
                "scfv": scfv,
                "costim": "41BB",
                "vector": "LENTI",
                "manufacturer": maker,
            }
            for code, (scfv, maker) in products.items()
        ],
        "protocol": [
            {
                "short_code": code,
                "registry_number": "none",
                "title": f"SYNTHETIC trial {code}: {product} in invented patients with B-ALL",
                "kind": "TRIAL",
                "phase": phase,
                "product": product,
                "opened_on": opened.isoformat(),
                "closed_on": closed.isoformat(),
                "in_founding_cohort": "Y",
            }
            for code, (product, phase, opened, closed) in PROTOCOLS.items()
        ],
    }


@dataclass
class Chart:
    """The rows of one patient so far; `dice` fill in what the course leaves open."""

    course: Course
    dice: Dice
    marrow: bool | None = None  # marrow involved at the first relapse; None: the dice decide
    rows: Bundle = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patient = f"SYN{self.course.number:05d}"
        self.site = self.dice.pick(SITES)
        self.enrolled = -self.dice.between(28, 75)
        enrolled_on = date.fromordinal(self.course.day0 + self.enrolled)
        self.protocol = self.dice.one_of(
            [code for code, (_, _, opened, closed) in PROTOCOLS.items() if opened <= enrolled_on <= closed]
        )
        self.product = PROTOCOLS[self.protocol][0]
        self.dx_day = self._diagnosis_day()
        self.relapses_before = self._relapses_before()

    def _diagnosis_day(self) -> int:
        """Months to years before the infusion, longer with a prior transplant, never under 8 weeks of age."""
        gap = self.dice.between(520, 2300) if self.course.prior_transplant else self.dice.between(240, 1800)
        return -min(gap, max(190, self.course.age_days - 60))

    def _relapses_before(self) -> int:
        since = -self.dx_day
        if since < 300:
            return 0
        return self.dice.pick({1: 0.6, 2: 0.3, 3: 0.1}) if since > 900 else 1

    def date(self, day: int) -> str:
        """ISO date of a day counted from the index infusion."""
        return date.fromordinal(self.course.day0 + day).isoformat()

    def month(self, day: int) -> str:
        """The same to the month only, as charts copied from letters often have it."""
        return self.date(day)[:7]

    def age_years(self, day: int) -> float:
        """Age on a day, in years."""
        return (self.course.age_days + day) / 365.25

    def add(self, slug: str, **cells: object) -> str:
        """Append a row with the next key of its kind and return the key; a blank cell stays blank."""
        rows = self.rows.setdefault(slug, [])
        key = f"{self.patient}-{slug}-{len(rows) + 1}"
        row = {"patient": self.patient}
        if slug not in {"patient", "diagnosis", "death"}:
            row["key"] = key
        rows.append(row | {name: str(value) for name, value in cells.items()})
        return key

    def known(self, value: object, *, missing: float = 0.04, reason: str = UNKNOWN) -> str:
        """Return the value, or rarely the reason why the chart does not have it."""
        return reason if self.dice.chance(missing) else str(value)
