"""Compare two snapshots of a plan: every number that differs, and what made it differ.

Causes: rows added, corrected or removed (patient, field, who, when, why from the memory), another definition
(settings, versions), other code. No difference stays without a cause.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analytics.comparison.leaves import Leaf, shown, told
from analytics.comparison.memory import Told, explain
from analytics.comparison.proof import Shares, Side, changed_settings, settings_shares, shares, studied
from analytics.comparison.reading import ATTRITION, is_read, reads_of, touches
from analytics.comparison.rows import RowChange, row_changes
from analytics.models import Snapshot
from analytics.snapshots import Refused

DEFINITION, CODE = "definition", "code"
#: Causes told per difference; more are counted in one further cause of their kind.
MOST_CAUSES = 200
CAPPED = "More patients changed than can be computed one by one: causes are those that touch what an analysis reads."


@dataclass(frozen=True)
class Cause:
    """One reason why a number differs; `old` and `new` are what a correction changed."""

    kind: str
    patient: str | None
    field: str | None
    by: str | None = None
    at: str | None = None
    reason: str | None = None
    old: str = ""
    new: str = ""

    def as_json(self) -> dict[str, str | None]:
        names = ("kind", "patient", "field", "by", "at", "reason")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Difference:
    """One number, or one group of numbers that belong together, with its value in A and in B."""

    key: str
    path: str
    a: Any
    b: Any
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        causes = [cause.as_json() for cause in self.causes]
        return {"key": self.key, "path": self.path, "a": self.a, "b": self.b, "causes": causes}


@dataclass(frozen=True)
class Comparison:
    """All differences; `silent` are changed rows that moved no number, `notes` what a reader must know."""

    differences: tuple[Difference, ...]
    silent: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The promised JSON."""
        return {"same": not self.differences, "differences": [one.as_json() for one in self.differences]}


def compare(a: Snapshot, b: Snapshot) -> dict[str, Any]:
    """{"same", "differences": [{"key", "path", "a", "b", "causes"}]} of two snapshots of one plan."""
    return compared(a, b).as_json()


def compared(a: Snapshot, b: Snapshot) -> Comparison:
    """Every difference from A to B with its causes; Refused for two plans, which answer different questions."""
    if a.plan != b.plan:
        raise Refused(f"Snapshot {a.pk} is of plan {a.plan}, snapshot {b.pk} of {b.plan}: compare two of one plan.")
    if a.pk == b.pk:
        return Comparison(())
    one, other = Side.of(a), Side.of(b)
    wanted = told(one.kept, other.kept)
    changes = row_changes(one.tables, other.tables)
    return _Attribution(one, other, changes, shares(one, other, changes) if wanted else None).over(wanted)


class _Attribution:
    """Finds the causes of each difference, from the shares where they could be proved."""

    def __init__(self, a: Side, b: Side, changes: list[RowChange], found: Shares | None) -> None:
        self.a, self.b, self.found = a, b, found
        self.read = [change for change in changes if is_read(change)]
        positions = tuple(side.snapshot.manifest["memory"].get("last_change", 0) for side in (a, b))
        why = explain(changes, positions, a.tables.patients | b.tables.patients)
        self.causes = {change: _cause(change, why[change]) for change in changes}
        self.settings = _settings(a, b)
        self.versions = tuple(_versions(a.snapshot, b.snapshot))
        self.code = tuple(_code(a.snapshot, b.snapshot))
        self.by = tuple(dict.fromkeys([*a.snapshot.by, *b.snapshot.by]))

    def over(self, wanted: list[Leaf]) -> Comparison:
        differences, used = [], set()
        for leaf in wanted:
            rows, others = self._rows(leaf), self._others(leaf)
            if not rows and not others:
                rows, others = self._whatever(leaf)
            used.update(rows)
            values = self.a.kept.get(leaf), self.b.kept.get(leaf)
            causes = (*_capped([self.causes[change] for change in rows]), *others)
            differences.append(Difference(*leaf, shown(values[0], values[1]), shown(values[1], values[0]), causes))
        silent = tuple(cause for change, cause in self.causes.items() if change not in used)
        notes = (CAPPED,) if differences and not (self.found and self.found.proved) and self.read else ()
        return Comparison(tuple(differences), silent, notes)

    def _rows(self, leaf: Leaf) -> list[RowChange]:
        """The changed rows that touch a leaf."""
        if self.found is None or (self.found.data and not self.found.proved):
            return self._by_reading(leaf) if self.found is None or leaf in self.found.data else []
        moving = {unit for unit, leaves in self.found.units.items() if leaf in leaves}
        mine = [change for change in self.read if change.unit in moving]
        if not mine and leaf in self.found.data:  # only several changes together move it
            return self._by_reading(leaf)
        return self._narrowed(leaf, mine)

    def _narrowed(self, leaf: Leaf, changes: list[RowChange]) -> list[RowChange]:
        """Of each moving patient the changes in what the analysis reads; all of them when none is."""
        reads = reads_of(self.a.snapshot.plan, leaf[0], self.by)
        kept = [change for change in changes if touches(change, reads)]
        told_of = {change.unit for change in kept}
        return [change for change in changes if change in set(kept) or change.unit not in told_of]

    def _by_reading(self, leaf: Leaf) -> list[RowChange]:
        """The changes in what the analysis reads, of the patients it studies in A or in B."""
        reads = reads_of(self.a.snapshot.plan, leaf[0], self.by)
        touching = [change for change in self.read if touches(change, reads)]
        if leaf[0] != ATTRITION:
            touching = [one for one in touching if not one.patient or one.patient in self.studied] or touching
        return touching or self.read

    @cached_property
    def studied(self) -> set[str]:
        try:
            return studied(self.a) | studied(self.b)
        except ValueError:  # not computable by this version: everybody may have been studied
            return {change.patient for change in self.read}

    def _others(self, leaf: Leaf) -> tuple[Cause, ...]:
        """Definition and code, where they move a leaf."""
        causes: tuple[Cause, ...] = ()
        if self.found is None or leaf in self.found.definition:
            alone = tuple(cause for cause, moves in self.settings if moves is None or leaf in moves)
            causes += alone or tuple(cause for cause, _moves in self.settings)
        if self.found is None or leaf in self.found.code:
            whole = (leaf[0], "plan_version", "population")
            causes += tuple(cause for cause in self.versions if cause.field in whole) + self.code
        return causes

    def _whatever(self, leaf: Leaf) -> tuple[list[RowChange], tuple[Cause, ...]]:
        """A cause for what no recomputation explains: rows, then definition and code, then an open fault."""
        rows = self._by_reading(leaf) or list(self.causes)
        others = tuple(cause for cause, _moves in self.settings) + self.versions + self.code
        if rows or others:
            return rows, others
        fault = "Data, definition and code are the same, the results are not: verify both snapshots."
        return [], (Cause(CODE, None, "unexplained", reason=fault),)


def _cause(change: RowChange, why: Told) -> Cause:
    field = f"findings.{change.item}" if change.slug == "findings" else change.column
    by, at, reason = why.by or None, why.at or None, why.reason or None
    if change.slug == "findings":
        reason = "an edit check came to another finding on unchanged rows"
    return Cause(change.kind, change.patient or None, field, by, at, reason, change.old, change.new)


def _capped(causes: list[Cause]) -> Iterable[Cause]:
    yield from causes[:MOST_CAUSES]
    more: dict[str, int] = {}
    for cause in causes[MOST_CAUSES:]:
        more[cause.kind] = more.get(cause.kind, 0) + 1
    for kind, count in more.items():
        yield Cause(kind, None, None, reason=f"and {count} more")


# Definition and code ------------------------------------------------------------------------------------------------


def _settings(a: Side, b: Side) -> list[tuple[Cause, set[Leaf] | None]]:
    """Settings that differ, each with the leaves it moves alone (None: whatever settings move)."""
    try:
        settings = changed_settings(a.settings, b.settings)
        moves: Mapping[str, set[Leaf] | None] = settings_shares(a, b) if len(settings) > 1 else {}
    except ValueError:
        settings, moves = _settings_told(a.snapshot, b.snapshot), {}
    return [(_changed(DEFINITION, name, *pair), moves.get(name)) for name, pair in settings.items()]


def _changed(kind: str, name: str, old: Any, new: Any) -> Cause:
    return Cause(kind, None, name, reason=f"{old} -> {new}", old=str(old), new=str(new))


def _settings_told(a: Snapshot, b: Snapshot) -> dict[str, tuple[Any, Any]]:
    """Changed settings as the manifests tell them, for snapshots this version cannot compute."""
    mine, theirs = ({"cutoff": s.cutoff.isoformat(), "by": s.strata, **s.manifest["conventions"]} for s in (a, b))
    names = dict.fromkeys([*mine, *theirs])
    return {name: (mine.get(name), theirs.get(name)) for name in names if mine.get(name) != theirs.get(name)}


def _versions(a: Snapshot, b: Snapshot) -> Iterable[Cause]:
    """Versions of plan, population and endpoints that differ."""
    if a.plan_version != b.plan_version:
        yield _changed(DEFINITION, "plan_version", a.plan_version, b.plan_version)
    mine, theirs = (snapshot.manifest.get("definitions") for snapshot in (a, b))
    if not mine or not theirs:
        return
    if mine["population"] != theirs["population"]:
        yield _changed(DEFINITION, "population", mine["population"], theirs["population"])
    for key in dict.fromkeys([*mine["analyses"], *theirs["analyses"]]):
        old, new = mine["analyses"].get(key), theirs["analyses"].get(key)
        if old != new:
            yield _changed(DEFINITION, key, f"version {old}", f"version {new}")


def _code(a: Snapshot, b: Snapshot) -> Iterable[Cause]:
    """Code and libraries that differ."""
    pairs = {"code_version": (a.code_version, b.code_version), "python": (a.manifest["python"], b.manifest["python"])}
    names = dict.fromkeys([*a.manifest["libraries"], *b.manifest["libraries"]])
    pairs |= {name: (a.manifest["libraries"].get(name), b.manifest["libraries"].get(name)) for name in names}
    for name, (old, new) in pairs.items():
        if old != new:
            yield _changed(CODE, name, old, new)
