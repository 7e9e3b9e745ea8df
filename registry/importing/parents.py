"""On what does a row hang: by the key written in the parent's column, or the only possible parent where it has none."""

from collections.abc import Mapping, Set
from typing import Any

from registry.dictionary.cells import BLANK, Answer
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import MISSING
from registry.entities import model_of
from registry.importing.parse import ABSENT, ParsedRow, links
from registry.importing.report import Fault
from registry.importing.resolve import Target, key_hash

Keyed = Mapping[str, Mapping[str, ParsedRow]]

#: Which parent an entity's own code asks for: (column, code) -> parent.
ASKED_PARENT = {
    "response": ("context", {"CART": "infusion", "SALVAGE": "salvage", "HSCT": "hsct"}),
    "salvage": ("trigger", {"RELAPSE": "relapse", "NONRESPONSE": "infusion"}),
}
#: Entities that come before the treatment they belong to; all others come on its day or later.
BEFORE_PARENT = {"pre_infusion", "lymphodepletion"}
#: Entities that stand alone as well as with a parent: where several are possible, none is meant.
MAY_STAND_ALONE = {"mrd"}


def resolve_links(row: ParsedRow, spec: EntitySpec, keyed: Keyed, unread: Set[str]) -> list[Fault]:
    """Fill `row.parent_refs` from keys, or from the only possible parent where the column was left out.

    `unread` names the entities whose file could not be read: that a parent is not among their rows says nothing.
    """
    faults: list[Fault] = []
    for column, slug in links(spec).items():
        written = row.parents[column]
        if written is ABSENT:
            row.parent_refs[column] = _only_parent(row, spec, column, slug, faults)
        elif written is not None:
            row.parent_refs[column] = _named_parent(row, column, slug, str(written), keyed, unread, faults)
        else:
            row.parent_refs[column] = None
    one_of = spec.entity.one_of
    unsure = faults or row.unsure(*one_of, ASKED_PARENT.get(spec.slug, ("",))[0]) or unread & {*one_of}
    if one_of and not unsure and sum(row.parent_refs[name] is not None for name in one_of) != 1:
        column = _asked_parent(row, spec) or one_of[0]
        faults.append(row.fault("parent", f"The row must name exactly one of: {', '.join(one_of)}", column=column))
    return faults


def _named_parent(
    row: ParsedRow, column: str, slug: str, key: str, keyed: Keyed, unread: Set[str], faults: list[Fault]
) -> int | None:
    named = keyed.get(slug, {}).get(key)
    if named is not None and named.target in (row.target, None):
        return named.ref
    wanted = key_hash(slug, key)
    held = next((one.pk for one in row.target.stored[slug] if one.source_key == wanted), None)
    if held is None and key in MISSING:
        row.answers[column] = Answer(missing=key)
    elif held is None and slug not in unread and column not in row.faulty:
        faults.append(row.fault("parent", f"There is no {slug} '{key[:60]}' of this patient", column=column))
    return held


def _asked_parent(row: ParsedRow, spec: EntitySpec) -> str:
    column, wanted = ASKED_PARENT.get(spec.slug, ("", {}))
    return wanted.get(row.answers.get(column, BLANK).value, "") if column else ""


def _only_parent(row: ParsedRow, spec: EntitySpec, column: str, slug: str, faults: list[Fault]) -> int | None:
    if column not in dict(spec.parents) or _another_is_meant(row, spec, column):
        return None
    possible = candidates(row.target, slug)
    in_time = [(ref, one) for ref, one in possible if not _out_of_time(one, slug, row, spec)]
    if in_time or _may_be_blank(spec, column):
        possible = in_time  # else the only parent is meant, and the checks tell that the dates contradict
    if len(possible) == 1:
        return possible[0][0]
    if possible and spec.slug not in MAY_STAND_ALONE:
        message = (
            f"The patient has {len(possible)} rows of {slug}: say which in a column '{column}' (its key, or blank)"
        )
        faults.append(row.fault("parent", message, column=column))
    return None


def _another_is_meant(row: ParsedRow, spec: EntitySpec, column: str) -> bool:
    """Of several parents of which one is set: the one the row's code asks for, else the one written, else the first."""
    one_of = spec.entity.one_of
    if column not in one_of:
        return False
    if asked := _asked_parent(row, spec):
        return column != asked
    if any(row.parents[name] not in (ABSENT, None) for name in one_of):
        return True
    return spec.slug not in ASKED_PARENT and any(row.parent_refs.get(name) is not None for name in one_of)


def _may_be_blank(spec: EntitySpec, column: str) -> bool:
    return column not in spec.entity.one_of and model_of(spec.slug)._meta.get_field(column).blank


def candidates(target: Target, slug: str) -> list[tuple[int, Any]]:
    """Every row of a patient that could be a parent: (ref, instance or parsed row)."""
    parsed = target.rows[slug]
    matched = {row.ref for row in parsed}
    return [(row.ref, row) for row in parsed] + [(one.pk, one) for one in target.stored[slug] if one.pk not in matched]


def _out_of_time(one: Any, slug: str, row: ParsedRow, spec: EntitySpec) -> bool:
    """Whether a possible parent surely lies on the wrong side of the row's own date."""
    dated_by = model_of(slug).entity.dated_by
    parent_date = one.answers.get(dated_by, BLANK).value if isinstance(one, ParsedRow) else getattr(one, dated_by)
    own = row.answers.get(spec.entity.dated_by, BLANK)
    if not (parent_date and own.value and own.precision in ("D", "")):
        return False
    return parent_date < own.value if spec.slug in BEFORE_PARENT else parent_date > own.value
