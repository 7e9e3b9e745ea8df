"""Synthetic cohorts as import bundles: one list of rows per entity, named as in the data dictionary.

WHOLLY SYNTHETIC: invented patients, no evidence. Sites, protocol titles, subject numbers and
`source_document` say so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analytics.synthetic.chart import SLUGS, Bundle, Chart, Row, reference_rows
from analytics.synthetic.chart_contacts import write_contacts
from analytics.synthetic.chart_disease import write_disease
from analytics.synthetic.chart_person import write_person
from analytics.synthetic.cohort import cohort_courses
from analytics.synthetic.course import Course
from analytics.synthetic.dice import Dice
from analytics.synthetic.founding import founding_courses, marrow_relapses

SEED = 121  # the number of the abstract


def founding_bundle(*, seed: int = SEED) -> Bundle:
    """Return the founding cohort: 195 invented patients whose numbers are those of `targets.json`."""
    courses = founding_courses(seed)
    return _bundle(courses, seed=seed, marrow=marrow_relapses(courses, seed))


def cohort_bundle(n_patients: int, *, seed: int = SEED) -> Bundle:
    """Return n invented patients with the same kinds of courses, without any target; for benchmarks."""
    return _bundle(cohort_courses(n_patients, seed), seed=seed, marrow={})


def _bundle(courses: Iterable[Course], *, seed: int, marrow: Mapping[int, bool]) -> Bundle:
    bundle: Bundle = {slug: [] for slug in SLUGS} | reference_rows()
    for course in courses:
        chart = Chart(course=course, dice=Dice("chart", seed, course.number), marrow=marrow.get(course.number))
        write_person(chart)
        write_disease(chart)
        write_contacts(chart)
        for slug, rows in chart.rows.items():
            bundle[slug].extend(rows)
    return bundle


def write_bundle(bundle: Mapping[str, Sequence[Row]], directory: Path | str) -> dict[str, int]:
    """Write one CSV per entity (UTF-8, LF) into a folder; return row counts; skip empty entities."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for slug, rows in bundle.items():
        if not rows:
            continue
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{slug}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {slug: len(rows) for slug, rows in bundle.items()}
