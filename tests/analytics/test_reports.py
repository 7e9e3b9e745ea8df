"""The outcome report: every printed number is a number of the snapshot, in every format, for every reader."""

import hashlib
import io
import json
import re
import zipfile
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from analytics import reports, snapshots
from analytics.models import Snapshot
from analytics.report.bound import find
from analytics.report.wording import DASH, NOT_REACHED, WITHHELD
from analytics.study.founding import founding_table
from tests.analytics.built import built, render_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("report")]
PATIENT = re.compile(r"C19-[0-9A-Z]{5}-[0-9A-Z]")
SCALES = (1, 100, 1 / 30.4375)
EMPTY = {DASH, NOT_REACHED, WITHHELD, "None", ""}


class Numbers(HTMLParser):
    """Every bound number of a page, its ids, and which elements it uses."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.open: dict[str, Any] | None = None
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append(tag)
        self.ids += [told["id"]] if told.get("id") else []
        if tag == "data":
            self.open = {"places": told["data-result"].split(), "value": json.loads(told["value"]), "text": ""}
            self.found.append(self.open)

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            self.open["text"] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "data":
            self.open = None


def everything(files: reports.Files) -> dict[str, Any]:
    """What a place can name, read back from results.json."""
    told = json.loads(files["results.json"])
    return {**told.pop("results"), **told}


def printed_of(text: str, values: list[Any]) -> bool:
    """Whether every figure of a text is one of the values, at some scale, rounded as printed."""
    known = [value for value in values if isinstance(value, int | float)]
    ratio = [values[0] / values[1]] if len(known) == 2 and values[1] else []
    for figure in re.findall(r"-?\d[\d,]*\.?\d*|<?\.\d+", text):
        digits = len(figure.partition(".")[2])
        number = float(figure.lstrip("<").replace(",", ""))
        near = 0.5 * 10**-digits * 1.0001
        if figure.startswith("<") and any(value < number for value in known):
            continue
        if not any(abs(value * scale - number) <= near for value in [*known, *ratio] for scale in SCALES):
            return False
    return True


@pytest.mark.parametrize("reading", reports.READINGS)
def test_every_number_of_the_page_is_a_number_of_the_snapshot(snapshot: Snapshot, reading: str):
    files = built(snapshot, reading)
    root, numbers = everything(files), Numbers(files["report.html"]).found

    assert len(numbers) > 400
    for number in numbers:
        values = number["value"] if len(number["places"]) > 1 else [number["value"]]
        assert values == [find(root, place) for place in number["places"]]
        if not number["places"][0].startswith("founding"):
            empty = all(part in EMPTY for part in number["text"].split(" to "))
            assert empty or printed_of(number["text"], values), number


def test_the_results_are_those_the_snapshot_froze(snapshot: Snapshot):
    told = json.loads(built(snapshot)["results.json"])
    kept = json.loads(snapshot.read("results.json"))

    assert told["results"] == kept["results"]
    assert told["founding"] == founding_table(kept)
    assert told["snapshot"]["results_sha256"] == snapshot.results_sha256


def test_numbers_are_also_in_the_printed_and_the_word_report(snapshot: Snapshot):
    import docx

    files = built(snapshot)
    word = docx.Document(io.BytesIO(files["report.docx"]))
    cells = {cell.text for table in word.tables for row in table.rows for cell in row.cells}
    page = re.sub(r"<[^>]+>", "", files["report.html"].decode("utf-8"))
    rates = [result for result in everything(files).values() if isinstance(result, dict) and "method" in result]

    assert f"{rates[0]['groups'][0]['x']} of {rates[0]['groups'][0]['n']}" in cells
    assert all(
        row["text"] in cells and row["text"] in page.replace("&lt;", "<") for row in everything(files)["founding"]
    )
    assert files["report.pdf"].startswith(b"%PDF")
    assert b"pdfuaid:part" in files["report.pdf"]


def test_the_page_stands_alone_and_says_that_it_is_synthetic(snapshot: Snapshot):
    page = built(snapshot)["report.html"]
    read = Numbers(page)

    assert len(read.ids) == len(set(read.ids))
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert read.tags.count("h1") == 1
    assert b"SYNTHETIC DATA" in page
    outside = {found for found in re.findall(rb'(?:href|src)="([^"]+)"', page) if not found.startswith(b"#")}
    assert not outside


def test_the_word_report_has_headings_captions_and_described_figures(snapshot: Snapshot):
    import docx

    word = docx.Document(io.BytesIO(built(snapshot)["report.docx"]))
    styles = [line.style.name for line in word.paragraphs]
    described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]

    assert styles.count("Heading 1") >= 8
    assert len(described) >= 8
    assert all(len(told) > 40 for told in described)
    assert styles.count("Caption") == len(described) + len(word.tables)
    assert "SYNTHETIC DATA" in word.sections[0].header.paragraphs[0].text


def test_regressions_have_a_forest_plot_and_other_readings_a_table(snapshot: Snapshot):
    files = built(snapshot)
    readings = everything(files)["readings"]
    page = files["report.html"].decode("utf-8")

    fitted = [one["key"] for one in readings["multivariable"] if one["rows"]]
    assert all(f"figures/regression_{key}.svg" in files for key in fitted)
    assert all(note["code"] in page for note in readings["notes"])
    assert "would have immortal time" in page
    assert "Cumulative incidence of relapse, stacked. Cumulative incidences stacked up to all patients" in page
    assert everything(built(snapshot, reports.DISCLOSED))["readings"] != readings


@pytest.mark.parametrize("reading", reports.READINGS)
def test_who_left_before_each_landmark_is_counted_below_its_table(snapshot: Snapshot, reading: str):
    files = built(snapshot, reading)
    page = re.sub(r"<[^>]+>", "", files["report.html"].decode("utf-8"))
    followed = [result for one in everything(files)["readings"]["exposures"] for result in one["results"]]
    landmarks = [result for result in followed if result["label"].startswith("landmark")]

    left = [(one["label"], item) for one in landmarks for item in one["left_out"] if item["n"] != 0]
    assert {label for label, _item in left} >= {"landmark 3 months", "landmark 6 months", "landmark 9 months"}
    for label, item in left:
        counted = WITHHELD if item["n"] is None else item["n"]
        assert re.search(rf"{label.capitalize()}, left out: [^.]*\b{counted} \({item['reason']}\)", page), (label, item)


def test_every_figure_comes_as_svg_png_and_pdf(snapshot: Snapshot):
    files = built(snapshot)
    names = {path.split("/")[1].partition(".")[0] for path in files if path.startswith("figures/")}

    assert {"cohort_flow", "states", "swimmer", "os_relapse", "cir_relapse", "cir_relapse_stacked"} <= names
    for name in names:
        assert files[f"figures/{name}.png"].startswith(b"\x89PNG")
        assert files[f"figures/{name}.pdf"].startswith(b"%PDF")
        assert b"SYNTHETIC DATA" in files[f"figures/{name}.svg"]


def test_what_leaves_the_house_holds_no_patient_and_no_small_cell(snapshot: Snapshot):
    open_one, safe = built(snapshot), built(snapshot, reports.DISCLOSED)

    assert PATIENT.search(open_one["endpoints/os_relapse.csv"].decode())
    assert not [path for path in safe if path.endswith((".csv", ".R")) or "swimmer" in path]
    for path, body in safe.items():
        held = zipfile.ZipFile(io.BytesIO(body)) if path.endswith(".docx") else None
        texts = [held.read(name) for name in held.namelist()] if held else [body]
        assert not any(PATIENT.search(text.decode("utf-8", "ignore")) for text in texts), path
    counts = [
        number for number in Numbers(safe["report.html"]).found if re.search(r"\.(n|x|events)$", number["places"][0])
    ]
    small = [number for number in counts if number["value"] in (1, 2, 3, 4)]
    assert not [number for number in small if not number["places"][0].startswith("quality.drafts")]


def test_a_report_is_kept_once_and_read_by_its_reader(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    render_once(snapshot, monkeypatch)
    assert reports.files_of(snapshot, disclosed=False) == {}

    made = reports.keep(snapshot)

    assert reports.keep(snapshot) == made
    assert reports.read(snapshot, "report.html", disclosed=True) == built(snapshot, "disclosed")["report.html"]
    assert "recompute.R" in reports.files_of(snapshot, disclosed=False)
    with pytest.raises(KeyError):
        reports.read(snapshot, "recompute.R", disclosed=True)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        made.delete()


def test_the_bundle_holds_every_file_with_its_hash(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    files = built(snapshot, reports.DISCLOSED)
    told = json.loads(files["manifest.json"])

    packed = reports.zipped(files, folder="snapshot-1")

    assert packed == reports.zipped(dict(reversed(files.items())), folder="snapshot-1")
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert set(archive.namelist()) == {f"snapshot-1/{path}" for path in files}
    assert told["synthetic"] is True
    for path, file in told["files"].items():
        assert hashlib.sha256(archive.read(f"snapshot-1/{path}")).hexdigest() == file["sha256"]


def test_a_report_of_nobody_says_so(already_frozen: None):
    snapshot = snapshots.take("post_transplant", cutoff=date(1990, 1, 1), taken_by="test")

    page = reports.build(snapshot)["report.html"].decode("utf-8")

    assert page.count("Not estimable: no patient in the population at the cut-off.") > 5
    assert not re.search(r"median not reached|\bNR\b|Left out:|No patients could be analysed", page)
