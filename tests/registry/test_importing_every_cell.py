"""Every column of the dictionary, filled with everything it may hold, comes in, stays and goes out unchanged."""

import csv
import io
from pathlib import Path

import pytest

from registry import extract
from registry.dictionary.cells import Answer, read_cell, write_cell
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.importing.parse import REFERENCES, links
from tests.every_cell import every_cell
from tests.factories import as_system
from tests.registry.bundles import take

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MALFORMED = {
    "type",
    "code",
    "parent",
    "duplicate",
    "unique",
    "range",
    "precision",
    "encoding",
    "limit",
    "column",
    "file",
}


def write(folder: Path, bundle: dict[str, list[dict[str, str]]]) -> Path:
    folder.mkdir()
    for slug, rows in bundle.items():
        with (folder / f"{slug}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_every_column_and_every_value_comes_in_and_is_frozen_as_it_came(tmp_path: Path):
    bundle = every_cell()
    for spec in dictionary():
        assert {*bundle[spec.slug][0]} >= {*spec.by_name, *links(spec)}, spec.slug

    report = take(write(tmp_path / "b", bundle))

    assert report.status == "committed", report.findings[:5]
    assert not [one for one in report.findings if one.rule in MALFORMED]
    assert report.created == {slug: len(rows) for slug, rows in bundle.items()}
    with as_system():
        frozen = {slug: list(csv.DictReader(io.StringIO(text, newline=""))) for slug, text in extract.tables().items()}
        for spec in dictionary():
            stored = model_of(spec.slug).objects.order_by("pk")
            told = {int(row["id"]): row for row in frozen[spec.slug]}
            for cells, record in zip(bundle[spec.slug], stored, strict=True):
                _same(spec, cells, record, told[record.pk])
    again = take(tmp_path / "b")
    assert (again.created, again.updated, again.unchanged) == ({}, {}, report.created)


def _same(spec, cells: dict[str, str], record, frozen: dict[str, str]) -> None:
    reasons = dict(pair.split("=", 1) for pair in frozen["missing"].split(";") if pair)
    signs = dict(pair.split("=", 1) for pair in frozen["comparators"].split(";") if pair)
    for item in spec.items:
        came = cells[item.name]
        if item.name in links(spec):
            assert (getattr(record, f"{item.name}_id") is not None) == bool(came), (spec.slug, item.name)
            continue
        wanted = read_cell(item, came)
        if item.kind is Kind.REFERENCE and item.target in REFERENCES:
            held = getattr(record, item.name)
            code = getattr(held, model_of(item.target).entity.natural_key) if held is not None else None
            assert (code, record.missing.get(item.name, "")) == (wanted.value, wanted.missing), (spec.slug, item.name)
        else:
            assert write_cell(item, record.answer(item.name)) == write_cell(item, wanted), (spec.slug, item.name, came)
        if item.name not in frozen:
            continue
        assert reasons.get(item.name, "") == wanted.missing, (spec.slug, item.name)
        if not wanted.missing:
            value = Answer(wanted.value, precision=frozen.get(f"{item.name}_precision", wanted.precision),
                           comparator=signs.get(item.name, ""))  # fmt: skip
            assert _in_words(item, frozen, signs) == write_cell(item, value), (spec.slug, item.name)
            assert write_cell(item, value) == write_cell(item, wanted), (spec.slug, item.name)


def _in_words(item, frozen: dict[str, str], signs: dict[str, str]) -> str:
    text = frozen[item.name]
    if item.kind is Kind.DATE:
        return {"M": text[:7], "Y": text[:4]}.get(frozen.get(f"{item.name}_precision", ""), text)
    return signs.get(item.name, "") + text
