"""Rows that break a uniqueness rule of their table, found before the database has to refuse them."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db import models

from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import model_of
from registry.importing.parse import ParsedRow
from registry.importing.report import Fault
from registry.models import Record


def _rules(slug: str) -> list[models.UniqueConstraint]:
    return [rule for rule in model_of(slug)._meta.constraints if isinstance(rule, models.UniqueConstraint)]


@cache
def _once_per(slug: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(rule.fields) for rule in _rules(slug))


def once_per_parent(spec: EntitySpec) -> bool:
    """Whether a parent has at most one row of this kind, such as the assessment before an infusion."""
    return bool(spec.parents) and tuple(name for name, _slug in spec.parents) in _once_per(spec.slug)


def unique_faults(spec: EntitySpec, rows: Iterable[ParsedRow]) -> list[Fault]:
    """Rows that break a uniqueness rule of their table, among the file's own and the stored rows.

    One row per patient is told when rows are recognised; rows with faults of their own are not compared.
    """
    sound = [row for row in rows if row.target is not None and not row.faulty]
    faults = []
    for rule in _rules(spec.slug):
        if tuple(rule.fields) == ("patient",):
            continue
        columns = [_column(spec, name) for name in rule.fields]
        read = [(row, values) for row in sound if _told(values := _values(row, columns))]
        seen = {_of_stored(one, columns) for one in _others(spec, rule, [row for row, _values in read])}
        for row, values in read:
            if values in seen:
                named = [name for name in rule.fields if name != "patient"]
                whose = "Another row of this patient" if _within_patient(spec, rule) else "Another row"
                which = rule.name.split("_")[0] if rule.name.startswith("H") else "unique"
                column = next((name for name in named if name in row.cells), named[0])
                faults.append(row.fault("unique", f"{whose} has the same {', '.join(named)} ({which})", column=column))
            seen.add(values)
    return faults


def _within_patient(spec: EntitySpec, rule: models.UniqueConstraint) -> bool:
    return bool({"patient", *dict(spec.parents)} & {*rule.fields})


def _column(spec: EntitySpec, name: str) -> str:
    item = spec.by_name.get(name)
    linked = name == "patient" or name in dict(spec.parents) or (item is not None and item.kind is Kind.REFERENCE)
    return f"{name}_id" if linked else name


def _values(row: ParsedRow, columns: list[str]) -> tuple:
    """What the rule compares; a patient not yet registered is told from others by its place in the bundle."""
    of_patient = row.target.instance.pk or f"new {id(row.target)}" if row.target.instance is not None else None
    return tuple(of_patient if column == "patient_id" else getattr(row.instance, column) for column in columns)


def _of_stored(one: Record, columns: list[str]) -> tuple:
    return tuple(getattr(one, column) for column in columns)


def _told(values: tuple[Any, ...]) -> bool:
    """Whether the rule applies: databases do not compare what is empty, and a blank text names nothing."""
    return None not in values and values[-1] != ""


def _others(spec: EntitySpec, rule: models.UniqueConstraint, rows: list[ParsedRow]) -> Iterator[Record]:
    """Stored rows the file does not speak of that could clash: the same patients', or anybody's."""
    ours = {row.instance.pk for row in rows if row.instance.pk}
    if _within_patient(spec, rule):
        targets = {id(row.target): row.target for row in rows}.values()
        yield from (one for target in targets for one in target.stored[spec.slug] if one.pk not in ours)
        return
    name = rule.fields[-1]
    wanted = sorted({getattr(row.instance, _column(spec, name)) for row in rows})
    for start in range(0, len(wanted), 2000):
        held = model_of(spec.slug)._base_manager.filter(
            voided=False, **{f"{_column(spec, name)}__in": wanted[start : start + 2000]}
        )
        yield from held.exclude(pk__in=ours) if len(ours) < 2000 else (one for one in held if one.pk not in ours)
