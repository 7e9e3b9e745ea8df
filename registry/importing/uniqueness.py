"""Rows that break a uniqueness rule of their table, found before the database has to refuse them."""

from collections.abc import Iterable

from django.db import models

from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import model_of
from registry.importing.report import Fault
from registry.importing.resolve import Target


def unique_faults(spec: EntitySpec, targets: Iterable[Target]) -> list[Fault]:
    """Rows that break a uniqueness rule of their table, among the file's own and the stored rows."""
    rules = [
        rule
        for rule in model_of(spec.slug)._meta.constraints
        if isinstance(rule, models.UniqueConstraint) and "patient" in rule.fields and len(rule.fields) > 1
    ]
    faults = []
    for target in targets:
        rows = target.rows[spec.slug]
        matched = {row.ref for row in rows}
        others = [one for one in target.stored[spec.slug] if one.pk not in matched]
        for rule in rules:
            columns = [spec_column(spec, name) for name in rule.fields if name != "patient"]
            seen = {tuple(getattr(one, column) for column in columns) for one in others}
            for row in rows:
                values = tuple(getattr(row.instance, column) for column in columns)
                if None not in values and values in seen:
                    name = rule.name.split("_")[0] if rule.name.startswith("H") else "unique"
                    message = f"Another row of this patient has the same {', '.join(rule.fields[1:])} ({name})"
                    faults.append(row.fault("unique", message, column=rule.fields[1]))
                seen.add(values)
    return faults


def spec_column(spec: EntitySpec, name: str) -> str:
    item = spec.by_name.get(name)
    return f"{name}_id" if item is not None and item.kind is Kind.REFERENCE else name
