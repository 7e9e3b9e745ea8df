"""Frozen tables, typed: what existed at the cut-off, one row per fact, patients as numbers.

`load` reads the CSV texts of a snapshot. A row dated after the cut-off does not exist, whatever other dates
it holds; a later date inside an earlier row is blanked. A missing table or column is an empty one. Source:
ENDPOINTS 2.1, 3.15.1.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.schema import LAYOUTS, UNDATED, WITHOUT_PATIENT, Layout

Ints = NDArray[np.int64]

WITHDRAWABLE = ("REGISTRY", "REGISTRY_AGE_OF_MAJORITY", "WAIVER")
NO_TEXTS = np.zeros(0, dtype=object)
CONSENT, GRANTED = ("REGISTRY", "WAIVER"), ("GIVEN", "WAIVED")


@dataclass(frozen=True, eq=False)
class Frames:
    """The tables at a cut-off. Patients are numbered by their id; column `who` holds that number in every
    table.

    cutoff: the day from which nothing is known, per patient (the withdrawal of a patient who stopped
    collection); deleted: the patient asked for deletion; consented: an active REGISTRY or WAIVER row is on
    file. findings: open ERROR findings, one row per (who, rule, column read).
    """

    tables: Mapping[str, pd.DataFrame]
    patients: Sequence[str]
    cutoff: Floats
    deleted: Flags
    consented: Flags
    findings: pd.DataFrame

    def __getitem__(self, slug: str) -> pd.DataFrame:
        return self.tables[slug]

    @property
    def size(self) -> int:
        return len(self.patients)


def load(tables: Mapping[str, str], cutoff: date) -> Frames:
    """The frozen tables of a snapshot as they stood at the end of the cut-off day."""
    read = {slug: _read(tables.get(slug, ""), layout, slug) for slug, layout in LAYOUTS.items()}
    patients = _patients(read)
    number = pd.Index(patients)
    for slug, frame in read.items():
        if slug not in WITHOUT_PATIENT and "who" not in frame:
            read[slug] = frame.assign(who=number.get_indexer(frame["patient"]).astype(np.int64))
    return stood(read, tuple(patients), tables.get("findings", ""), cutoff)


def stood(read: Mapping[str, pd.DataFrame], patients: Sequence[str], findings: str, cutoff: date) -> Frames:
    """Typed tables as they stood at the end of the cut-off day; `who` numbers the patients of each."""
    last = np.full(len(patients), days.day_number(cutoff))
    deleted, last = _withdrawals(read["consent"], last)
    kept = {slug: _until(frame, slug, last) for slug, frame in read.items()}
    return Frames(
        tables=kept,
        patients=patients,
        cutoff=last,
        deleted=deleted,
        consented=_consented(kept["consent"], len(patients)),
        findings=_findings(findings, patients, kept),
    )


def _read(text: str, layout: Layout, slug: str) -> pd.DataFrame:
    wanted = {column: "category" for column in (*layout.codes, *layout.numbers)}
    wanted |= {column: "category" for name in layout.all_dates for column in (name, f"{name}_precision")}
    wanted |= dict.fromkeys((*layout.parents, "id", "patient"), "str") | {"record_status": "category"}
    if not text.strip():
        return nothing(slug)
    raw = _csv(text, wanted)
    out: dict[str, Any] = {
        "id": _integers(raw["id"], slug, "id"),
        "patient": raw["patient"],
        "draft": raw["record_status"] == "DRAFT",
    }
    for name in layout.parents:
        out[name] = _integers(raw[name], slug, name)
    for name in layout.numbers:
        out[name] = _by_value(raw[name], _numbers)
    for name in layout.codes:
        out[name] = raw[name]
    for name in layout.all_dates:
        out |= _date(raw, name, dating=name == layout.dated_by)
    return pd.DataFrame(out, index=raw.index)


@cache
def nothing(slug: str) -> pd.DataFrame:
    """An empty table with every column."""
    layout = LAYOUTS[slug]
    header = ("id", "patient", "record_status", *layout.parents, *layout.numbers, *layout.codes, *layout.all_dates)
    return _read(",".join(header) + "\n", layout, slug).assign(who=np.zeros(0, dtype=np.int64))


def _csv(text: str, wanted: Mapping[str, str]) -> pd.DataFrame:
    raw = pd.read_csv(io.StringIO(text), dtype=dict(wanted), usecols=lambda name: name in wanted, na_filter=False)
    for column in wanted:
        if column not in raw:
            raw[column] = pd.Series("", index=raw.index, dtype=wanted[column])
    return raw


def _integers(column: pd.Series, slug: str, name: str) -> Ints:
    """Row numbers; -1 where blank."""
    try:
        return column.where(column != "", "-1").astype(np.int64).to_numpy()
    except ValueError as error:
        raise ValueError(f"{slug}.{name} must hold whole numbers: {error}") from None


def _by_value(column: pd.Series, convert: object) -> NDArray:
    """Convert each distinct text once, then spread the values over the rows."""
    texts = pd.Series(column.cat.categories, dtype="object")
    values = convert(texts)
    if not len(values):
        return np.full(len(column), np.nan)
    return values[column.cat.codes.to_numpy()]


def _day_numbers(texts: pd.Series) -> Floats:
    parsed = pd.to_datetime(texts.where(texts != ""), format="%Y-%m-%d").to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(parsed), np.nan, parsed.astype(np.int64).astype(float))


def _numbers(texts: pd.Series) -> Floats:
    return pd.to_numeric(texts.where(texts != "")).to_numpy(float)


def _precisions(texts: pd.Series) -> Floats:
    return texts.map(days.PRECISIONS).to_numpy(float)


def _date(raw: pd.DataFrame, name: str, *, dating: bool) -> dict[str, NDArray]:
    """A date and its precision; a date without a precision column is exact, a dating date left blank is
    unknown."""
    stated = _by_value(raw[f"{name}_precision"], _precisions)
    if np.isnan(stated).any() and len(stated):
        raise ValueError(f"{name}_precision must be D, M, Y or U")
    return dated(name, _by_value(raw[name], _day_numbers), stated, dating=dating)


def dated(name: str, day: Floats, stated: NDArray, *, dating: bool) -> dict[str, NDArray]:
    """The two columns of a date from its days (NaN = none) and the precision stated beside them (0 = none)."""
    known = np.isfinite(day)
    precision = np.where(known, np.maximum(stated, days.EXACT), days.UNKNOWN if dating else stated)
    precision = np.where(~known & (precision > days.NONE), days.UNKNOWN, precision)
    return {name: day, f"{name}_precision": precision.astype(np.int8)}


def _patients(read: Mapping[str, pd.DataFrame]) -> list[str]:
    """Every patient any table names, in the order of the ids, so that the order of rows does not matter."""
    named = {slug for slug in read if slug not in WITHOUT_PATIENT}
    return sorted(set().union(*(read[slug]["patient"].unique() for slug in named)))


def _withdrawals(consent: pd.DataFrame, last: Floats) -> tuple[Flags, Floats]:
    """Who asked for deletion, and the day collection stopped for those who asked for that.

    A wish for deletion is honored at any cut-off. Only the consent to the registry itself counts, not that to
    a trial or to sharing. A withdrawal without a scope stops collection. Source: DATA_DICTIONARY 4.2,
    ENDPOINTS 3.15.1.
    """
    withdrawn = consent["kind"].isin(WITHDRAWABLE) & (consent["status"] == "WITHDRAWN")
    who = consent["who"].to_numpy()
    delete = (withdrawn & (consent["withdrawal_scope"] == "DELETE")).to_numpy()
    deleted = np.zeros(last.shape, dtype=bool)
    deleted[who[delete]] = True
    stopped = withdrawn.to_numpy() & ~delete & np.isfinite(consent["withdrawn_on"].to_numpy())
    own = last.copy()
    np.minimum.at(own, who[stopped], consent["withdrawn_on"].to_numpy()[stopped])
    return deleted, own


def _until(frame: pd.DataFrame, slug: str, last: Floats) -> pd.DataFrame:
    """Rows dated up to the patient's cut-off, sorted by patient and date; later dates inside them blanked."""
    layout = LAYOUTS[slug]
    if not len(frame):
        return nothing(slug)
    if slug in WITHOUT_PATIENT:
        return frame.sort_values("id", kind="stable", ignore_index=True)
    limit = last[frame["who"].to_numpy()]
    if slug not in UNDATED:
        gone = frame[layout.dated_by].to_numpy() > limit
        if gone.any():
            frame, limit = frame[~gone], limit[~gone]
    order = row_order(frame, layout)
    if order is not None:
        frame, limit = frame.iloc[order], limit[order]
    blanked = {}
    for name in () if slug in UNDATED else layout.dates:
        later = frame[name].to_numpy() > limit
        if later.any():
            blanked[name] = np.where(later, np.nan, frame[name])
            blanked[f"{name}_precision"] = np.where(later, days.NONE, frame[f"{name}_precision"]).astype(np.int8)
    frame = frame.assign(**blanked) if blanked else frame
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index(drop=True)  # a copy less


def row_order(frame: pd.DataFrame, layout: Layout) -> Ints | None:
    """Rows by patient, date, running number, id; None when one row a patient stands in order already."""
    who = frame["who"].to_numpy()
    if (who[1:] > who[:-1]).all():
        return None
    keys = [frame["id"].to_numpy()]
    if layout.order:
        keys.append(frame[layout.order].to_numpy())
    if layout.dated_by:
        keys.append(np.where(np.isnan(frame[layout.dated_by]), -np.inf, frame[layout.dated_by]))
    return np.lexsort((*keys, who))


def _consented(consent: pd.DataFrame, size: int) -> Flags:
    """Patients with an active REGISTRY or WAIVER row at the cut-off."""
    active = consent["kind"].isin(CONSENT) & consent["status"].isin(GRANTED) & consent["withdrawn_on"].isna()
    out = np.zeros(size, dtype=bool)
    out[consent["who"].to_numpy()[active.to_numpy()]] = True
    return out


def _findings(text: str, patients: Sequence[str], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Open ERROR findings whose rows all exist at the cut-off, one row per column they read."""
    wanted = dict.fromkeys(("patient", "rule", "severity", "columns", "rows"), "str")
    if "\n" not in text.strip():  # the header at most
        return pd.DataFrame({"who": np.zeros(0, np.int64), "rule": NO_TEXTS, "column": NO_TEXTS})
    raw = _csv(text, wanted)
    raw["who"] = pd.Index(list(patients)).get_indexer(raw["patient"])
    raw = raw[(raw["severity"] == "ERROR") & (raw["who"] >= 0)].reset_index(drop=True)
    if raw.empty:
        return raw.assign(column="")[["who", "rule", "column"]]
    named = raw["rows"].str.split(";").explode()
    named = named[named.str.contains(":", regex=False).to_numpy(dtype=bool)]
    gone = pd.Series(False, index=named.index)
    if len(named):
        slugs = named.str.split(":").str[0]
        ids = pd.to_numeric(named.str.split(":").str[1], errors="coerce")
        for slug in slugs.unique():
            if slug in tables:
                gone = gone | ((slugs == slug) & ~ids.isin(tables[slug]["id"]))
    raw = raw.drop(index=gone[gone].index.unique())
    out = raw.assign(column=raw["columns"].str.split(";")).explode("column")
    return out[["who", "rule", "column"]].sort_values(["rule", "who", "column"], ignore_index=True)
