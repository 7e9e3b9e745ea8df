"""Which change moves which number: shown by computing again with one patient as in the other snapshot.

From A to B in two steps: first B's settings on A's data (what moves is due to the definition), then B's data (what
moves is due to rows). Each changed patient is put back alone into B, and brought alone into A; a number that moves
either way is touched by that patient. With many changed patients this would take minutes (`MOST_UNITS`, `MOST_WORK`):
then the columns that an analysis reads and the patients it studies decide instead, and the comparison says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from analytics.code_version import code_version
from analytics.comparison.leaves import Leaf, leaves, moved
from analytics.comparison.reading import is_read
from analytics.comparison.rows import Mixture, RowChange, Tables, renamings
from analytics.models import Snapshot
from analytics.snapshots import answer_of, compute
from analytics.thawing import conventions_of, tables_of

MOST_UNITS = 20
#: Changed patients times patients in the registry: what may be computed one by one (about half a minute).
MOST_WORK = 20_000


@dataclass(frozen=True)
class Settings:
    """How numbers are made from tables."""

    cutoff: date
    by: tuple[str, ...]
    conventions: Any


@dataclass(frozen=True, eq=False)
class Side:
    """A snapshot with its tables and its numbers."""

    snapshot: Snapshot
    tables: Tables
    kept: dict[Leaf, Any]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Side":
        return cls(snapshot, Tables(tables_of(snapshot), snapshot.cutoff), leaves(answer_of(snapshot)))

    @cached_property
    def settings(self) -> Settings:
        return Settings(self.snapshot.cutoff, self.snapshot.by, conventions_of(self.snapshot))

    def computed(self) -> dict[Leaf, Any]:
        """The numbers of this version of the code; those kept, when it is the one that made them."""
        if self.snapshot.code_version == code_version():
            return self.kept
        return numbers(self, self.tables.texts, self.settings)


def numbers(side: Side, texts: Mapping[str, str], how: Settings) -> dict[Leaf, Any]:
    """The plan's numbers from these tables."""
    plan = side.snapshot.plan
    return leaves(compute(plan, texts, cutoff=how.cutoff, by=how.by, conventions=how.conventions))


def studied(side: Side) -> set[str]:
    """The patients in the population of the plan."""
    from analytics.study.catalogue import PLANS
    from analytics.study.cohort import build
    from analytics.study.frames import load

    how = side.settings
    case = build(PLANS[side.snapshot.plan].population, load(side.tables.texts, how.cutoff), how.conventions).case
    return {patient for patient, member in zip(case.frames.patients, case.members, strict=True) if member}


@dataclass
class Shares:
    """What was found: the leaves that settings move, that code moves, and that each unit of rows moves."""

    definition: set[Leaf]
    code: set[Leaf]
    units: dict[str, set[Leaf]]
    data: set[Leaf]
    proved: bool


def shares(a: Side, b: Side, changes: list[RowChange]) -> Shares | None:
    """The share of settings, code and every changed unit; None when this version cannot compute these snapshots."""
    try:
        return _shares(a, b, changes)
    except ValueError:
        return None


def _shares(a: Side, b: Side, changes: list[RowChange]) -> Shares:
    renamed = renamings(a.tables, b.tables)
    back = {slug: {new: old for old, new in codes.items()} for slug, codes in renamed.items()}
    forward = Mixture(a.tables, b.tables, back)  # A, with units as in B
    backward = Mixture(b.tables, a.tables, renamed)  # B, with units as in A
    start = a.computed()
    settled = start if a.settings == b.settings else numbers(a, forward.texts(()), b.settings)
    end = b.computed()
    data = moved(settled, end)
    units = sorted({change.unit for change in changes if is_read(change)})
    found: dict[str, set[Leaf]] = {}
    proved = len(units) < 2 or len(units) <= min(MOST_UNITS, MOST_WORK // max(b.snapshot.patients, 1))
    if len(units) == 1:
        found[units[0]] = data
    elif proved and data:
        for unit in units:
            without = moved(numbers(b, backward.texts([unit]), b.settings), end)
            alone = moved(settled, numbers(a, forward.texts([unit]), b.settings))
            found[unit] = without | alone
    other_code = a.snapshot.code_version != b.snapshot.code_version
    code = moved(a.kept, start) | moved(end, b.kept) if other_code else set()
    return Shares(moved(start, settled), code, found, data, proved)


def settings_shares(a: Side, b: Side) -> dict[str, set[Leaf]]:
    """Which leaves each changed setting moves on A's data, one at a time."""
    names = changed_settings(a.settings, b.settings)
    texts = Mixture(a.tables, b.tables, {}).texts(())
    found = {}
    base = a.computed()
    for name in names:
        found[name] = moved(base, numbers(a, texts, with_setting(a.settings, b.settings, name)))
    return found


def changed_settings(one: Settings, other: Settings) -> dict[str, tuple[Any, Any]]:
    """Setting -> (in A, in B)."""
    pairs = {"cutoff": (one.cutoff.isoformat(), other.cutoff.isoformat())}
    pairs["by"] = (",".join(one.by) or "none", ",".join(other.by) or "none")
    mine, theirs = one.conventions.as_json(), other.conventions.as_json()
    pairs |= {name: (mine[name], theirs[name]) for name in mine}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def with_setting(one: Settings, other: Settings, name: str) -> Settings:
    """A's settings with a single one as in B."""
    if name in ("cutoff", "by"):
        return replace(one, **{name: getattr(other, name)})
    return replace(one, conventions=replace(one.conventions, **{name: getattr(other.conventions, name)}))
