"""A survival question answered on the registry as it stands, without freezing it: quick, and kept nowhere.

Columns come as arrays in blocks of patients (`registry.bulk`), derived dates from the same functions as in a snapshot,
and the result is that of the plan to the last digit. A number that is to be cited comes from a snapshot.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from registry import bulk, extract, packing
from registry.entities import dictionary
from registry.moment import one_moment

if TYPE_CHECKING:
    import pandas as pd

    from analytics.study.frames import Frames

BLOCK = 50_000
BORN, FOUND = "birth dates", "findings"
#: What the questions below read beside dates and running numbers; a column that is not here raises, never misleads.
READS: Mapping[str, tuple[str, ...]] = {
    "patient": (),
    "consent": ("kind", "status", "withdrawal_scope"),
    "diagnosis": ("disease",),
    "prior_therapy": ("prior_car",),
    "infusion": ("protocol", "product", "intent"),
    "response": ("infusion", "salvage", "hsct", "response"),
    "mrd": (),
    "b_cell": (),
    "toxicity": (),
    "relapse": ("infusion", "level"),
    "salvage": ("relapse", "cart_infusion"),
    "hsct": (),
    "gvhd": (),
    "follow_up": ("vital_status",),
    "death": (),
}
#: Rows that cannot matter to these questions stay where they are: a consent that was given takes nobody out.
ONLY: Mapping[str, Mapping[str, str]] = {"consent": {"status": "WITHDRAWN"}}
QUESTIONS = ("os_relapse", "os_relapse_by_timing")


class NotLive(ValueError):
    """The question needs a snapshot; the message lists those that do not."""


def answer(key: str, *, cutoff: date, block: int = BLOCK) -> dict[str, Any]:
    """The result of a survival question of the founding plan, as a snapshot taken now would hold it."""
    from analytics.study.conventions import DEFAULT
    from analytics.study.gathered import Gathered
    from analytics.study.run import Study, plan_of

    if key not in QUESTIONS:
        raise NotLive(f"'{key}' is not counted live; questions: {', '.join(QUESTIONS)}.")
    plan = plan_of("post_cart_relapse")
    analysis = next(one for one in plan.analyses if one.key == key)
    gathered = Gathered(analysis, DEFAULT)
    with one_moment():
        for frames in blocks(cutoff, block):
            gathered.add(Study(plan, frames, DEFAULT))
    return gathered.result()


def blocks(cutoff: date, size: int) -> "Iterator[Frames]":
    """The registry in blocks of patients, each as frozen tables would read at the cut-off."""
    from analytics.study.frames import load

    reference = load(extract.reference_tables(), cutoff)
    named = extract.reference_codes()
    asked = {slug: bulk.rows_of(slug, _names(slug), **ONLY.get(slug, {})) for slug in READS}
    asked |= {BORN: bulk.births(), FOUND: bulk.findings(extract.FINDING)}
    for patients, sent in bulk.read(asked, bulk.patient_ranges(size)):
        yield _block(Counted(sent["patient"]["id"], patients), sent, reference, named, cutoff)


class Counted(Sequence[str]):
    """The patients of a block who count, by their id; each by the place of that id among them."""

    def __init__(self, ids: Any, within: bulk.Range) -> None:
        import numpy as np

        self.ids = np.sort(ids)
        self._first, last = within
        self._place = np.full(last - self._first + 1, -1)
        self._place[self.ids - self._first] = np.arange(self.ids.size)

    def place(self, ids: Any) -> Any:
        """The place of each of these ids of the block; -1 for a patient who does not count."""
        return self._place[ids - self._first]

    def __len__(self) -> int:
        return int(self.ids.size)

    def __getitem__(self, place: Any) -> Any:
        return str(self.ids[place])


def _block(
    patients: Counted,
    sent: bulk.Sent,
    reference: "Frames",
    named: Mapping[str, Mapping[int, str]],
    cutoff: date,
) -> "Frames":
    from analytics.study.frames import nothing, stood
    from analytics.study.schema import LAYOUTS

    read = {slug: reference[slug] if slug in named else nothing(slug) for slug in LAYOUTS}
    read |= {slug: _frame(slug, sent[slug], patients, named) for slug in READS if sent[slug]["id"].size}
    infusion = read["infusion"]
    born = _born(patients, sent[BORN])[infusion["who"].to_numpy()]
    read["infusion"] = infusion.assign(age_days=infusion["infusion_date"].to_numpy() - born)
    return stood(read, patients, _findings(sent[FOUND]), cutoff)


def _born(patients: Counted, found: Mapping[str, Any]) -> Any:
    """The day of birth of each patient of a block; NaN where it is not known."""
    import numpy as np

    out, who = np.full(len(patients), np.nan), patients.place(found["patient"])
    known = (who >= 0) & (found["birth_date"] != packing.NO_DAY)
    out[who[known]] = found["birth_date"][known]
    return out


def _names(slug: str) -> tuple[str, ...]:
    from analytics.study.schema import LAYOUTS

    return (*LAYOUTS[slug].all_dates, *READS[slug])


def _frame(
    slug: str, rows: "Mapping[str, Any]", patients: Counted, named: Mapping[str, Mapping[int, str]]
) -> "pd.DataFrame":
    """Arrays as a typed table; rows of patients who do not count are dropped."""
    import numpy as np
    import pandas as pd

    from analytics.study.frames import dated
    from analytics.study.schema import LAYOUTS

    layout, spec = LAYOUTS[slug], dictionary()[slug]
    who = patients.place(rows.get("patient", rows["id"]))
    there = who >= 0
    keep = slice(None) if there.all() else there
    out: dict[str, Any] = {"id": rows["id"][keep], "who": who[keep]}
    if layout.order:
        out[layout.order] = np.full(out["id"].shape, np.nan)  # computed by the registry, in no frozen table either
    for column in bulk.columns_of(spec, _names(slug)):
        name, values = column.name, rows[column.name][keep]
        if name in layout.all_dates:
            day = np.where(values == packing.NO_DAY, np.nan, values)
            stated = rows[f"{name}_precision"][keep] + 1 if f"{name}_precision" in rows else np.zeros(values.shape, int)
            out |= dated(name, day, stated, dating=name == layout.dated_by)
        elif name in layout.parents:
            out[name] = values
        elif name in layout.codes:
            out[name] = _coded(values, column, named.get(name))
    return pd.DataFrame(out, copy=False)


def _coded(values: Any, column: packing.Column, codes: Mapping[int, str] | None) -> Any:
    """A coded column; blank where the row holds no code."""
    import numpy as np
    import pandas as pd

    if codes is not None:
        known = np.array(sorted(codes), dtype=np.int64)
        place = np.searchsorted(known, values) + 1
        place = np.where(values == packing.NOTHING, 0, place)
        return pd.Categorical.from_codes(place, ["", *(codes[pk] for pk in known.tolist())])
    return pd.Categorical.from_codes(values + 1, ["", *column.codes])


def _findings(rows: list[tuple]) -> str:
    """The open errors of a block, as the table of findings tells them; patients by their database id."""
    from registry.canonical import csv_text

    lines = [
        [who, rule, severity, ";".join(json.loads(columns)), ";".join(json.loads(read))]
        for who, rule, severity, columns, read in rows
    ]
    return csv_text(["patient", "rule", "severity", "columns", "rows"], sorted(lines))
