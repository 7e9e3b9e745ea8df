"""One snapshot: every result with figure and table, the way to its population, what is said beside it, files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from analytics import companions, history, reports
from analytics.freezing import canonical_json
from analytics.models import Snapshot
from analytics.questions import LATER, PLANS
from analytics.report.bound import plain
from analytics.report.few import MARK, NOTE
from analytics.report.figures import STACKED
from analytics.report.headline import lines
from analytics.report.naming import capital, compared_by, prose, readings_in_words, result_in_words, within, words
from analytics.report.phrases import in_steps
from analytics.report.tabulate import tabulate
from analytics.report.wording import count, rounded
from analytics.snapshots import answer_in_words, as_json
from analytics.stats.risk import rests_on_few
from analytics.views.base import HOME, ResultsView, Shown, as_csv, as_file, found, noted, shown

DAYS_PER_MONTH = 30.4375
BUNDLE, ZIP = "all.zip", "application/zip"


class SnapshotPage(ResultsView):
    """Everything a snapshot holds, as its reader may see it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        snapshot = found(pk)
        answer = answer_in_words(snapshot, disclosed=self.disclosed)
        readings = companions.shown(snapshot, disclosed=self.disclosed)
        older = history.before(snapshot)
        return self.page(
            "snapshot",
            snapshot=snapshot,
            label=PLANS.get(snapshot.plan, snapshot.plan),
            by=compared_by(snapshot.by),
            headline=lines(snapshot.headline[self.reading]),
            studied=count(answer["attrition"][-1]["n"]),
            steps=in_steps(answer["attrition"]),
            results=[_shown(snapshot, key, result, readings) for key, result in answer["results"].items()],
            not_stratified=[(words(one["key"]), prose(one["reason"])) for one in answer.get("not_stratified", ())],
            beside=_beside(readings_in_words(readings, snapshot.by), answer) if readings else None,
            documents=_documents(snapshot, disclosed=self.disclosed),
            changes=history.changes_since(snapshot),
            older=older,
            trail=[(HOME[0], reverse(HOME[1])), (words(snapshot.plan), reverse("results-plan", args=[snapshot.plan]))],
        )


def _documents(snapshot: Snapshot, *, disclosed: bool) -> list[str]:
    """The documents of the stored report a reader may have."""
    report = reports.latest_of(snapshot)
    listed = report.listed(disclosed=disclosed) if report else {}
    return [*(name for name in reports.DOCUMENTS if name in listed), *([BUNDLE] if listed else [])]


def _shown(snapshot: Snapshot, key: str, result: Mapping[str, Any], readings: Mapping[str, Any] | None) -> Shown:
    def address(name: str) -> str:
        drawn = f"figures/{name}.svg" in snapshot.manifest["files"]
        return reverse("results-figure", args=[snapshot.pk, name]) if drawn else ""

    told = shown(key, result, figure=address(key), stacked=address(f"{key}{STACKED}"))
    return replace(told, beside=tuple(_accompanying(readings, key)))


def _accompanying(readings: Mapping[str, Any] | None, key: str) -> Iterator[Shown]:
    """What stands beside a result, each under its own title; nothing while the readings are not computed."""
    for one in (readings or {}).get("accompanying", ()):
        if one["key"] == key:
            yield shown(one["name"], one["result"])


class Figure(ResultsView):
    """A figure as the reader may see it; `?download=1` as a file."""

    def get(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        snapshot = found(pk)
        try:
            body = snapshot.read(f"{'figures-disclosed' if self.disclosed else 'figures'}/{key}.svg")
        except KeyError:
            raise Http404("There is no such figure.") from None
        if request.GET.get("download"):
            return as_file(f"snapshot-{pk}-{key}.svg", body, "image/svg+xml")
        return HttpResponse(body, content_type="image/svg+xml")


class Numbers(ResultsView):
    """The numbers of a snapshot, or of one of its results: as JSON, or as the tables of the page."""

    def get(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        snapshot = found(pk)
        told = as_json(snapshot, disclosed=self.disclosed)
        key = request.GET.get("result", "")
        if key and key not in told["results"]:
            raise Http404("There is no such result.")
        results = {key: told["results"][key]} if key else told["results"]
        name = f"snapshot-{pk}{f'-{key}' if key else ''}.{form}"
        if form == "csv":
            return as_csv(name, [tabulate(result_in_words(result, snapshot.by)) for result in results.values()])
        return as_file(name, canonical_json({**told, "results": results}), "application/json")


class ReportFile(ResultsView):
    """A document of the stored report as a download; `all.zip` is every file of it."""

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        snapshot = found(pk)
        try:
            if name == BUNDLE:
                return as_file(f"snapshot-{pk}-report.zip", reports.bundle(snapshot, disclosed=self.disclosed), ZIP)
            body = reports.read(snapshot, name, disclosed=self.disclosed)
        except KeyError:
            raise Http404("There is no such report.") from None
        return as_file(f"snapshot-{pk}-{name}", body, "application/octet-stream")


class Readings(ResultsView):
    """What is said beside the results, as JSON."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        readings = companions.shown(found(pk), disclosed=self.disclosed)
        if readings is None:
            raise Http404("The readings of this snapshot are not computed yet.")
        body = json.dumps(readings, ensure_ascii=False, allow_nan=False, indent=1)
        return as_file(f"snapshot-{pk}-readings.json", body, "application/json")


# What is said beside the results -------------------------------------------------------------------


def _beside(readings: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "notes": [(*noted(one), _places(one)) for one in readings["notes"]],
        "varied": list(_varied(readings["sensitivity"], answer["results"])),
        "unmoved": [one for one in _unmoved(readings["sensitivity"])],
        "bands": list(_bands(readings["date_bands"], answer["results"])),
        "followed": [_followed(one) for one in readings["exposures"]],
        "regressions": [_regression(one) for one in readings["multivariable"]],
        "means": [shown(one["key"], one, title=f"{words(one['key'])}: means") for one in readings["restricted_means"]],
    }


def _places(note: Mapping[str, Any]) -> str:
    """In which results; nothing where the number is withheld, as theirs are then."""
    if note["n"] is None:
        return ""
    return "; ".join(f"{words(key)}: {count(n)}" for key, n in note["results"].items())


def _varied(runs: list[Mapping[str, Any]], results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The runs that change something, beside the main result."""
    for one in runs:
        if one["changes_n"] or one["changes_estimate"]:
            main = results.get(one["key"])
            yield {
                "label": one["label"],
                "title": words(one["key"]),
                "changes_n": one["changes_n"],
                "withheld": one.get("withheld", ""),
                "main": tabulate(main) if main else None,
                "table": tabulate(one["result"]) if one["result"] else None,
            }


def _unmoved(runs: list[Mapping[str, Any]]) -> Iterator[str]:
    """The readings that change nothing anywhere, named once."""
    moving = {one["label"] for one in runs if one["changes_n"] or one["changes_estimate"]}
    return iter(dict.fromkeys(one["label"] for one in runs if one["label"] not in moving))


def _bands(bands: list[Mapping[str, Any]], results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for band in bands:
        few = [_rests_on_few(one, results.get(band["key"], {})) for one in band["readings"]]
        rows = [_band_row(one, MARK if mark else "") for one, mark in zip(band["readings"], few, strict=True)]
        if band["shown"] and rows:
            note = plain(NOTE) if any(few) else ""
            yield {"title": words(band["key"]), "patients": count(band["patients"]), "rows": rows, "note": note}


def _rests_on_few(one: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Whether an estimate with a band was read where few were at risk, by the curve of the result itself."""
    group = next((group for group in result.get("groups", ()) if group["label"] == one["group"]), {})
    held = next((cause for cause in group.get("causes", ()) if cause["cause"] == one["statistic"]), group)
    if "steps" not in held:
        return False
    day = one["months"] * DAYS_PER_MONTH if one["months"] else held["median"]["days"]
    return day is not None and rests_on_few(held["steps"], day)


def _band_row(one: Mapping[str, Any], mark: str) -> tuple[str, str, str, str]:
    """Group, statistic, estimate, and between which values it could lie."""
    scale, unit = 100.0, " %"
    if one["statistic"] in ("median", "quantity"):
        scale, unit = (1 / DAYS_PER_MONTH, " months") if one["statistic"] == "median" else (1.0, "")

    def said(value: float | None) -> str:
        return "not reached" if value is None else f"{rounded(value * scale)}{unit}"

    at = f" at {one['months']} months" if one["months"] else ""
    return words(one["group"]), f"{words(one['statistic'])}{at}", f"{said(one['estimate'])}{mark}", (
        f"{said(one['low'])} to {said(one['high'])}"
    )  # fmt: skip


def _followed(one: Mapping[str, Any]) -> dict[str, Any]:
    later = LATER.get(one["exposure"], {"label": one["exposure"], "forms": ""})
    results = [shown(result["label"], result, title=capital(result["label"])) for result in one["results"]]
    return {"title": f"{words(one['key'])}, by {within(later['label'])}", "forms": later["forms"], "results": results}


def _regression(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": words(one["key"]),
        "reason": prose(one["reason"] or ""),
        "not_used": [words(name) for name in one["not_used"]],
        "table": tabulate(one) if one["rows"] else None,
    }
