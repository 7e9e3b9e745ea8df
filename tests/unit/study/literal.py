"""The definitions read literally, one patient and one row at a time: slow, plain, and independent of the
study floor.

Exact dates only. A patient is a dict: slug -> list of rows; `day` is the day of the row. Written from the
definitions (ENDPOINTS 2, 3, 3.15), not from the code it checks.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
Patient = dict[str, list[Row]]

CR_SET = ("CR", "CRi", "MLFS")
GRAFTS = ("ALLO", "SYNGENEIC")


def days(rows: list[Row]) -> list[int]:
    return sorted(row["day"] for row in rows)


def first(values: list[int]) -> int | None:
    return min(values) if values else None


def index_infusion(p: Patient) -> Row | None:
    primary = [row for row in p["infusion"] if row["intent"] == "PRIMARY"]
    return min(primary, key=lambda row: (row["day"], row["id"])) if primary else None


def new_therapy(p: Patient) -> float:
    index = index_infusion(p)
    found = [row["day"] for row in p["salvage"] + p["hsct"] if row["day"] > index["day"]]
    found += [row["day"] for row in p["infusion"] if row["day"] > index["day"] and row["intent"] != "REINF_PLANNED"]
    return min(found, default=float("inf"))


def cr_date(p: Patient) -> int | None:
    index = index_infusion(p)
    found = []
    for row in p["response"]:
        if row["infusion"] == index["id"] and row["response"] in CR_SET:
            inside = 0 <= row["day"] - index["day"] <= 100
            if inside and row["day"] <= new_therapy(p):
                found.append(row["day"])
    return first(found)


def counting_relapses(p: Patient) -> list[Row]:
    return sorted((r for r in p["relapse"] if r["level"] != "MRD"), key=lambda row: (row["day"], row["id"]))


def relapse1(p: Patient) -> Row | None:
    remission = cr_date(p)
    if remission is None:
        return None
    return next((row for row in counting_relapses(p) if row["day"] > remission), None)


def death_day(p: Patient) -> int | None:
    return first(days(p["death"]))


def last_alive(p: Patient) -> int | None:
    found = days(p["infusion"]) + days(p["hsct"]) + days(p["salvage"]) + days(p["relapse"]) + days(p["b_cell"])
    found += [row["day"] for row in p["response"] if row["response"] != "DEATH_BEFORE"]
    for row in p["follow_up"]:
        if row["vital_status"] == "ALIVE":
            found.append(row["day"])
        if row["disease_evaluated_on"] is not None:
            found.append(row["disease_evaluated_on"])
    return max(found, default=None)


def last_evaluated(p: Patient) -> int | None:
    found = [row["day"] for row in p["response"] if row["response"] not in ("NE", "DEATH_BEFORE")]
    found += days(p["relapse"])
    for row in p["follow_up"]:
        if row["disease_evaluated_on"] is not None:
            found.append(row["disease_evaluated_on"])
        elif row["contact_kind"] in ("CLINIC", "OUTSIDE_CLINIC") and row["disease_status"] in (
            "CR",
            "CR_MRDPOS",
        ):
            found.append(row["day"])
    return max(found, default=None)


def states(p: Patient) -> list[tuple[int, int]]:
    """(day, 1 active or 0 in remission), in order; on one day active is last."""
    found = []
    for row in p["response"]:
        if row["response"] in (*CR_SET, "NR", "PD", "PR", "RELAPSE"):
            found.append((row["day"], int(row["response"] not in CR_SET)))
    found += [(row["day"], 1) for row in counting_relapses(p)]
    found += [(row["day"], 0) for row in p["hsct"] if row["status_at_hsct"].startswith("CR_")]
    for row in p["follow_up"]:
        if row["disease_status"] in ("CR", "CR_MRDPOS", "ACTIVE"):
            seen = row["disease_evaluated_on"]
            found.append((row["day"] if seen is None else seen, int(row["disease_status"] == "ACTIVE")))
    return sorted(found)


def death_category(p: Patient) -> str:
    if not p["death"]:
        return ""
    row = p["death"][0]
    before = [state for day, state in states(p) if day <= row["day"]]
    status, cause = row["disease_status_at_death"], row["primary_cause"]
    if status == "ACTIVE":
        return "DISEASE"
    if status != "REMISSION":
        if before and before[-1] == 1:
            return "DISEASE"
        if cause == "ALL":
            return "DISEASE"
        if cause == "UNK":
            return "UNK"
    related = row["related_to"].split(";")
    return "NRM_HSCT" if "HSCT" in related else "NRM_CART" if "CART" in related else "NRM_OTHER"


def salvage1(p: Patient) -> Row | None:
    relapse = relapse1(p)
    lines = [r for r in p["salvage"] if relapse is not None and r["relapse"] == relapse["id"]]
    return min(lines, key=lambda row: (row["day"], row["id"])) if lines else None


def grafts(p: Patient) -> list[Row]:
    return sorted((r for r in p["hsct"] if r["hsct_type"] in GRAFTS), key=lambda row: (row["day"], row["id"]))


def hsct_post(p: Patient) -> Row | None:
    relapse = relapse1(p)
    return next((row for row in grafts(p) if relapse is not None and row["day"] >= relapse["day"]), None)


def prior_hsct(p: Patient, day: int) -> bool:
    return any(row["day"] < day for row in grafts(p))


def in_remission_at(p: Patient, graft: Row) -> bool:
    if graft["status_at_hsct"] != "UNK":
        return graft["status_at_hsct"] != "ACTIVE"
    before = [state for day, state in states(p) if day <= graft["day"]]
    return bool(before) and before[-1] == 0


def hsct_outcome(p: Patient, cutoff: int) -> str:
    graft, first_relapse = hsct_post(p), relapse1(p)
    since = [
        row
        for row in p["response"]
        if row["response"] in CR_SET and (row["day"] > graft["day"] or row["hsct"] == graft["id"])
    ]
    if not in_remission_at(p, graft) and not since:
        return "PERSISTENT"
    later = [r for r in counting_relapses(p) if r["day"] > graft["day"] and r["id"] != first_relapse["id"]]
    if later or death_category(p) == "DISEASE":
        return "RELAPSE"
    if p["death"]:
        return "A13" if death_category(p) == "UNK" else "NRM"
    seen = last_evaluated(p)
    if seen is not None and min(cutoff, last_alive(p)) - seen <= 365 and status_seen(p, seen) == 0:
        return "ALIVE_CR"
    return "ALIVE_UNKNOWN"


def status_seen(p: Patient, day: int) -> int | None:
    """What the evaluations of the last evaluated day showed; active wins."""
    found = []
    for row in p["response"]:
        if row["day"] == day and row["response"] in (*CR_SET, "NR", "PD", "PR", "RELAPSE"):
            found.append(int(row["response"] not in CR_SET))
    found += [1 for row in counting_relapses(p) if row["day"] == day]
    for row in p["follow_up"]:
        status, named = row["disease_status"], row["disease_evaluated_on"]
        visit = row["contact_kind"] in ("CLINIC", "OUTSIDE_CLINIC") and status in ("CR", "CR_MRDPOS")
        looked = named == day or (named is None and visit and row["day"] == day)
        if looked and status in (
            "CR",
            "CR_MRDPOS",
            "ACTIVE",
        ):
            found.append(int(status == "ACTIVE"))
    return max(found, default=None)


def b_cells(row: Row) -> bool | None:
    """Whether a sample shows B cells; None = it answers nothing."""
    if row["interpretation"] is not None:
        return {"RECOVERY": True, "APLASIA": False}.get(row["interpretation"])
    share, count = row["cd19_pct_lymph"], None if row["specimen"] == "BM" else row["cd19_abs"]
    if share is None and count is None:
        return None
    return (share is not None and share >= 1) or (count is not None and count >= 10)


def samples(p: Patient) -> list[tuple[int, bool]]:
    """What each day's samples that answer show together, in order; aplasia wins."""
    found: dict[int, bool] = {}
    for row in p["b_cell"]:
        shown = b_cells(row)
        if shown is not None:
            found[row["day"]] = shown and found.get(row["day"], True)
    return sorted(found.items())


def b_cell_recovery(p: Patient) -> int | None:
    seen = samples(p)
    start = next((day for day, _ in seen if 21 <= day <= 42), None)
    for day, shown in seen:
        if start is not None and day > start and shown:
            later = next((found for then, found in seen if then >= day + 7), None)
            if later:
                return day
    return None


def depleted(p: Patient) -> list[int]:
    """Days of what takes B cells away, or makes their return unobservable."""
    index = index_infusion(p)
    found = [row["day"] for row in grafts(p) if row["day"] >= index["day"]]
    for row in p["salvage"]:
        if row["day"] > index["day"] and {"CART_CD19", "INO", "BLINA"} & set(row["components"].split(";")):
            found.append(row["day"])
    return found + [
        row["day"] for row in p["infusion"] if row["day"] > index["day"] and row["intent"] != "REINF_PLANNED"
    ]
