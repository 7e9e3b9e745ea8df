"""What an import does to each cell: rows that are new, cells that change from one value to another."""

from collections.abc import Iterator
from copy import copy
from typing import Any

from registry.dictionary.cells import write_cell
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import Kind
from registry.entities import dictionary
from registry.importing.bundle import Bundle, state
from registry.importing.parse import REFERENCES, ParsedRow, links
from registry.models import Patient, Record

NEW, CHANGED, SAME = "new", "changed", "unchanged"


def staged(bundle: Bundle, *, stored: bool) -> Iterator[dict[str, Any]]:
    """Every row of the bundle with what happens to it, in the order of entities and lines, ready for JSON.

    Where nothing stays `stored`, new patients have an id that is not theirs in the end: it is not told.
    """
    new = {row.instance.registry_id for row in bundle.rows.get("patient", ()) if row.before is None}
    for spec in dictionary():
        for row in bundle.rows.get(spec.slug, ()):
            told = _row(bundle, spec, row)
            if not stored and told["patient"] in new:
                told["patient"] = ""
            yield told | {"stored": stored}


def _row(bundle: Bundle, spec: EntitySpec, row: ParsedRow) -> dict[str, Any]:
    cells = _new(spec, row) if row.before is None else _changed(bundle, spec, row)
    patient = row.instance if isinstance(row.instance, Patient) else getattr(row.target, "instance", None)
    return {
        "slug": spec.slug,
        "file": row.file,
        "line": row.line,
        "kind": NEW if row.before is None else CHANGED if state(row.instance) != row.before else SAME,
        "cells": cells,
        "pk": row.instance.pk,
        "patient": patient.registry_id if patient is not None else "",
    }


def _new(spec: EntitySpec, row: ParsedRow) -> list[list[str]]:
    """Every cell that says something, as it stands in the file."""
    names = {item.name: item.item.label for item in spec.items} | {name: _words(name) for name in links(spec)}
    return [[label, "", row.cells[name].strip()] for name, label in names.items() if row.cells.get(name, "").strip()]


def _changed(bundle: Bundle, spec: EntitySpec, row: ParsedRow) -> list[list[str]]:
    before = _as_it_was(row.instance, row.before)
    pairs = [
        (item.item.label, _text(bundle, item, before), _text(bundle, item, row.instance))
        for item in spec.items
        if item.name not in links(spec)
    ]
    pairs += [
        (_words(name), "another row" if row.before.get(f"{name}_id") else "", row.cells.get(name, ""))
        for name in links(spec)
        if row.before.get(f"{name}_id") != getattr(row.instance, f"{name}_id")
    ]
    if row.before.get("record_status") != row.instance.record_status:
        pairs.append(("Status", str(row.before.get("record_status")), str(row.instance.record_status)))
    return [[label, old, new] for label, old, new in pairs if old != new]


def _as_it_was(instance: Record, before: dict[str, Any]) -> Record:
    old = copy(instance)
    if isinstance(instance, Patient):
        identity = copy(instance.identity)
        for name, value in before.items():
            if name.startswith("identity."):
                setattr(identity, name.removeprefix("identity."), value)
        old.identity = identity
    for name, value in before.items():
        if not name.startswith("identity."):
            setattr(old, name, value)
    return old


def _text(bundle: Bundle, item: ItemSpec, record: Record) -> str:
    answer = record.answer(item.name)
    if item.kind is Kind.REFERENCE and item.target in REFERENCES and not answer.missing:
        held = getattr(record, f"{item.name}_id")
        return next((code for code, one in bundle.known[item.target].items() if one.pk == held), "")
    return write_cell(item, answer)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
