"""The outcome report of a snapshot as files: documents, figures, numbers, and what R needs to check them.

`build` renders them from frozen bytes alone; `keep` stores them beside the snapshot, once per code version;
`files_of` reads them. Two readings of everything: `open` for people with person-level rights, `disclosed` for
everybody else, without any row of a patient.
"""

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics import companions, thawing
from analytics.code_version import code_version
from analytics.freezing import Frozen, canonical_json
from analytics.models import FrozenFile, Report, Snapshot
from analytics.report import disclosure, disclosure_readings
from analytics.report.naming import in_words, readings_in_words
from analytics.snapshots import answer_of, as_json

OPEN, DISCLOSED = "open", "disclosed"
READINGS = (OPEN, DISCLOSED)
DOCUMENTS = ("report.html", "report.pdf", "report.docx")
Files = dict[str, bytes]
STAMP = (1980, 1, 1, 0, 0, 0)


def _quiet(step: str) -> None:
    """Nobody listens."""


def build(snapshot: Snapshot, *, reading: str = OPEN, progress: Callable[[str], None] = _quiet) -> Files:
    """Every file of the report by its path; the same snapshot and code give the same bytes."""
    return _Builder(snapshot, progress).files(reading)


class _Builder:
    """What both readings share is read and computed once."""

    def __init__(self, snapshot: Snapshot, progress: Callable[[str], None]) -> None:
        from analytics.report.quality import quality
        from analytics.study.course import courses, states

        progress("reading the frozen tables")
        self.snapshot, self.progress = snapshot, progress
        self.tables = thawing.tables_of(snapshot)
        self.study = thawing.study_of(snapshot)
        self.told = as_json(snapshot)["snapshot"]
        self.states, self.courses = states(self.study.cohort), courses(self.study.cohort)
        reads = {column for analysis in self.study.plan.analyses for column in analysis.question.reads}
        self.quality = quality(self.tables, reads)
        self.drawn: dict[bytes, Files] = {}

    def files(self, reading: str) -> Files:
        """The whole report in one reading."""
        from analytics.report.compose import Material, compose
        from analytics.report.figure_forms import told_in
        from analytics.report.to_docx import to_docx
        from analytics.report.to_html import to_html
        from analytics.report.to_pdf import to_pdf

        disclosed = reading == DISCLOSED
        answer = answer_of(self.snapshot, disclosed=disclosed)
        extra = self._extra(answer, disclosed=disclosed)
        by = self.snapshot.by
        named = in_words(answer, by)
        said = {**extra, "readings": readings_in_words(extra["readings"], by)}
        figures = self._figures(named, said, disclosed=disclosed)
        told = {name.removesuffix(".svg"): told_in(body, "desc") for name, body in figures.items() if ".svg" in name}
        quality = self._quality(disclosed=disclosed)
        material = Material(
            snapshot=self.told, answer=named, manifest=self.snapshot.manifest, quality=quality, drawn=told,
            disclosed=disclosed, extra=said,
        )  # fmt: skip
        self.progress("writing the report")
        document = replace(compose(material), figures=figures)
        numbers = {"snapshot": self.told, **answer, "quality": quality, **extra}
        files = {
            "report.html": to_html(document),
            "report.pdf": to_pdf(document),
            "report.docx": to_docx(document),
            "results.json": canonical_json(numbers).encode(),
            **{f"figures/{name}": body for name, body in figures.items()},
            **({} if disclosed else self._for_r(answer)),
        }
        files["manifest.json"] = canonical_json(self._manifest(files, disclosed=disclosed)).encode()
        return dict(sorted(files.items()))

    def _extra(self, answer: Mapping[str, Any], *, disclosed: bool) -> dict[str, Any]:
        """What stands beside the results: the founding table of its plan, the readings, the states of the course."""
        from analytics.report.appendix import FOUNDING_PLAN
        from analytics.study.founding import founding_table

        extra: dict[str, Any] = {}
        if self.snapshot.plan == FOUNDING_PLAN and not self.snapshot.by:
            extra["founding"] = founding_table(answer, disclosed=disclosed)
        readings = companions.readings_of(self.snapshot)
        if disclosed:
            readings = disclosure_readings.safer_readings(readings, answer_of(self.snapshot))
        extra["readings"] = readings
        if self.states and self.states["at"]:
            extra["states"] = disclosure.occupancy(self.states) if disclosed else self.states
        return extra

    def _quality(self, *, disclosed: bool) -> dict[str, Any]:
        from analytics.report.quality import safer

        return safer(self.quality, disclosure.DEFAULT.small) if disclosed else self.quality

    def _figures(self, answer: Mapping[str, Any], extra: Mapping[str, Any], *, disclosed: bool) -> Files:
        """Every figure as svg, png and pdf: those of the snapshot, the flow of patients, the course."""
        from analytics.report.beyond import regression_title, regressions_of
        from analytics.report.figures import draw
        from analytics.report.flow import flow

        folder = "figures-disclosed" if disclosed else "figures"
        found = {path.split("/")[1]: body for path, body in self.snapshot.read_all(folder).items()}
        more = {"cohort_flow": flow(self.snapshot.plan, answer)}
        if extra.get("states", {}).get("at"):
            more["states"] = extra["states"]
        if self.courses and self.courses["lines"] and not disclosed:
            more["swimmer"] = self.courses
        regressions = regressions_of(extra["readings"])
        titles = {name: regression_title(one["key"]) for name, one in regressions.items()}
        for key, result in (more | regressions).items():
            self.progress(f"drawing {key}")
            title = titles.get(key, "")
            found[f"{key}.svg"] = draw(key, result, synthetic=self.snapshot.synthetic, title=title)
        return {name: body for svg, drawing in found.items() for name, body in self._forms(svg, drawing).items()}

    def _forms(self, name: str, svg: bytes) -> Files:
        """One figure in every form; the same drawing in the other reading is not made again."""
        from analytics.report.figure_forms import FORMS, in_form

        if svg not in self.drawn:
            self.drawn[svg] = {form: in_form(svg, form) for form in FORMS}
        return {f"{name.removesuffix('.svg')}.{form}": body for form, body in self.drawn[svg].items()}

    def _for_r(self, answer: Mapping[str, Any]) -> Files:
        """The frozen tables, one table of patients per result, and the script that reads them."""
        from analytics.report.recompute import as_csv, person_tables, r_script

        endpoints = person_tables(self.study, by=self.snapshot.by)
        if self.courses and self.courses["lines"]:
            lines = self.courses["lines"]
            endpoints["swimmer"] = as_csv({name: [line[name] for line in lines] for name in lines[0]})
        return {
            "recompute.R": r_script(self.snapshot.plan, self.told, answer["results"]).encode(),
            **{f"endpoints/{key}.csv": text.encode() for key, text in endpoints.items()},
            **{f"tables/{slug}.csv": text.encode() for slug, text in self.tables.items()},
        }

    def _manifest(self, files: Files, *, disclosed: bool) -> dict[str, Any]:
        held = {path: Frozen(body) for path, body in sorted(files.items())}
        return {
            "format": 1,
            "snapshot": self.snapshot.pk,
            "results_sha256": self.snapshot.results_sha256,
            "synthetic": self.snapshot.synthetic,
            "reading": DISCLOSED if disclosed else OPEN,
            "code_version": code_version(),
            "files": {path: {"sha256": file.sha256, "bytes": len(file.body)} for path, file in held.items()},
        }


# Keeping ------------------------------------------------------------------------------------------


def keep(snapshot: Snapshot, *, progress: Callable[[str], None] = _quiet, now: datetime | None = None) -> Report:
    """The stored report of a snapshot by this version of the code: made now, or the one that is there."""
    made = report_of(snapshot)
    if made is not None:
        return made
    started = time.monotonic()
    builder = _Builder(snapshot, progress)
    built = {reading: builder.files(reading) for reading in READINGS}
    try:
        with transaction.atomic():
            return Report.objects.create(
                snapshot=snapshot,
                code_version=code_version(),
                files={reading: _kept(files) for reading, files in built.items()},
                made_at=now or timezone.now(),
                seconds=round(time.monotonic() - started, 3),
            )
    except IntegrityError:  # somebody kept the same report in the meantime
        twin = report_of(snapshot)
        if twin is None:
            raise
        return twin


def _kept(files: Files) -> dict[str, dict[str, Any]]:
    """Write the bodies; path -> hash and bytes."""
    frozen = {path: Frozen(body) for path, body in sorted(files.items())}
    FrozenFile.keep(frozen.values())
    return {path: {"sha256": file.sha256, "bytes": len(file.body)} for path, file in frozen.items()}


# Reading ------------------------------------------------------------------------------------------


def report_of(snapshot: Snapshot) -> Report | None:
    """The stored report of this version of the code."""
    return snapshot.reports.filter(code_version=code_version()).first()


def latest_of(snapshot: Snapshot) -> Report | None:
    """The newest stored report, whichever version of the code made it: what pages offer."""
    return snapshot.reports.first()


def files_of(snapshot: Snapshot, *, disclosed: bool) -> dict[str, int]:
    """Path -> bytes of every stored file of the newest report; empty when there is none yet."""
    report = latest_of(snapshot)
    return {} if report is None else {path: file["bytes"] for path, file in report.listed(disclosed=disclosed).items()}


def read(snapshot: Snapshot, path: str, *, disclosed: bool) -> bytes:
    """One stored file; KeyError when the report has no such file, or there is no report."""
    report = latest_of(snapshot)
    listed = {} if report is None else report.listed(disclosed=disclosed)
    return FrozenFile.objects.get(pk=listed[path]["sha256"]).body


def read_all(snapshot: Snapshot, *, disclosed: bool) -> Files:
    """Every stored file by its path; KeyError when there is no report."""
    report = latest_of(snapshot)
    if report is None:
        raise KeyError("report")
    listed = report.listed(disclosed=disclosed)
    bodies = {file.pk: file.body for file in FrozenFile.objects.filter(pk__in={f["sha256"] for f in listed.values()})}
    return {path: bodies[file["sha256"]] for path, file in listed.items()}


def bundle(snapshot: Snapshot, *, disclosed: bool) -> bytes:
    """Every file of the report in one zip, the same bytes every time; KeyError when there is no report."""
    return zipped(read_all(snapshot, disclosed=disclosed), folder=f"snapshot-{snapshot.pk}")


def zipped(files: Files, *, folder: str) -> bytes:
    """A zip of files under one folder, without the time of day."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, body in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}", STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, body)
    return held.getvalue()
