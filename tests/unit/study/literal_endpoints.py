"""The endpoints read literally, one patient at a time (see `literal`): ENDPOINTS 3, 3.15."""

from __future__ import annotations

from tests.unit.study.literal import (
    CR_SET,
    Patient,
    Row,
    b_cell_recovery,
    counting_relapses,
    cr_date,
    death_category,
    death_day,
    depleted,
    first,
    grafts,
    hsct_post,
    in_remission_at,
    index_infusion,
    last_alive,
    last_evaluated,
    new_therapy,
    relapse1,
    salvage1,
    samples,
)


def outcome(p: Patient, start: int, events: list[tuple[int | None, str]], censor: int | None, unseen: str) -> str:
    """The first event (the first listed wins on one day), else censoring; delayed entry; the reason of
    leaving."""
    happened = [(day, place) for place, (day, _) in enumerate(events) if day is not None]
    entry = p["patient"][0]["ascertained_on"]
    entry = entry - start if entry is not None and entry > start else None
    if happened:
        day, place = min(happened)
        word = events[place][1]
        if word == "A13":
            return word
        if day < start:
            return "negative duration"
        if entry is not None and day - start < entry:
            return "event before ascertainment"
    else:
        if censor is None or censor < start:
            return unseen
        day, word = censor, "censored"
        if entry is not None and day - start < entry:
            return "not seen after ascertainment"
    if entry is not None and entry == day - start:
        entry -= 0.5
    return f"{day - start} {word}" + ("" if entry is None else f" from {entry:g}")


def _deaths(p: Patient) -> list[tuple[int | None, str]]:
    word = {"DISEASE": "event", "UNK": "A13"}.get(death_category(p), "competing")
    return [(death_day(p), word)]


def os_relapse(p: Patient) -> str | None:
    relapse = relapse1(p)
    if relapse is None:
        return None
    return outcome(p, relapse["day"], [(death_day(p), "event")], last_alive(p), "negative duration")


def os_infusion(p: Patient) -> str | None:
    return outcome(p, index_infusion(p)["day"], [(death_day(p), "event")], last_alive(p), "negative duration")


def os_hsct_post(p: Patient) -> str | None:
    graft = hsct_post(p)
    if graft is None:
        return None
    return outcome(p, graft["day"], [(death_day(p), "event")], last_alive(p), "negative duration")


def _after_hsct_post(p: Patient, deaths: list[tuple[int | None, str]]) -> str | None:
    graft, one = hsct_post(p), relapse1(p)
    if graft is None:
        return None
    again = first([r["day"] for r in counting_relapses(p) if r["day"] > graft["day"] and r["id"] != one["id"]])
    return outcome(p, graft["day"], [(again, "event"), *deaths], last_evaluated(p), "A12")


def rfs_hsct_post(p: Patient) -> str | None:
    return _after_hsct_post(p, [(day, "A13" if word == "A13" else "event") for day, word in _deaths(p)])


def cir_hsct_post(p: Patient) -> str | None:
    return _after_hsct_post(p, _deaths(p))


def rfs(p: Patient) -> str | None:
    remission, relapse = cr_date(p), relapse1(p)
    if remission is None:
        return None
    events = [(relapse and relapse["day"], "event"), (death_day(p), "event")]
    return outcome(p, remission, events, last_evaluated(p), "A12")


def cir(p: Patient) -> str | None:
    remission, relapse = cr_date(p), relapse1(p)
    if remission is None:
        return None
    return outcome(p, remission, [(relapse and relapse["day"], "event"), *_deaths(p)], last_evaluated(p), "A12")


def efs_infusion(p: Patient) -> str | None:
    index = index_infusion(p)
    events = [(first([r["day"] for r in counting_relapses(p) if r["day"] > index["day"]]), "event")]
    if cr_date(p) is None:
        shown = [
            row["day"]
            for row in p["response"]
            if row["infusion"] == index["id"] and row["response"] in ("NR", "PD") and row["day"] - index["day"] >= 21
        ]
        therapy = new_therapy(p)
        failed = first(shown) if shown else None if therapy == float("inf") else therapy
        events.append((failed, "event"))
    return outcome(p, index["day"], [*events, (death_day(p), "event")], last_evaluated(p), "A12")


def efs_salvage(p: Patient) -> str | None:
    line = salvage1(p)
    if line is None:
        return None
    if line["intent"] == "PALLIATIVE":
        return "palliative"
    own = [row for row in p["response"] if row["salvage"] == line["id"]]
    remissions = [
        row["day"] for row in p["response"] if row["response"] in CR_SET and (row in own or row["day"] >= line["day"])
    ]
    events = [relapse_since(p, line), line_failed(own), second_line(p, line, remissions)]
    events += [graft_in_active_disease(p, line, own, remissions), death_day(p)]
    answered = any(row["response"] not in ("NE", "DEATH_BEFORE") for row in own) or bool(remissions)
    if all(day is None for day in events) and not answered:
        return "A10"
    return outcome(p, line["day"], [(day, "event") for day in events], last_evaluated(p), "A12")


def relapse_since(p: Patient, line: Row) -> int | None:
    one = relapse1(p)
    return first([r["day"] for r in counting_relapses(p) if r["day"] > line["day"] and r["id"] != one["id"]])


def at_end(own: list[Row]) -> list[Row]:
    ends = [r for r in own if r["timepoint"] == "END_OF_LINE" and r["response"] not in ("NE", "DEATH_BEFORE")]
    return sorted(ends, key=lambda row: (row["day"], row["id"]))


def line_failed(own: list[Row]) -> int | None:
    ends = at_end(own)
    return ends[-1]["day"] if ends and ends[-1]["response"] in ("NR", "PD", "PR") else None


def second_line(p: Patient, line: Row, remissions: list[int]) -> int | None:
    lines = [r["day"] for r in p["salvage"] if r["relapse"] == line["relapse"] and r["id"] != line["id"]]
    start = first(lines)
    return None if start is None or any(day <= start for day in remissions) else start


def graft_in_active_disease(p: Patient, line: Row, own: list[Row], remissions: list[int]) -> int | None:
    graft = next((row for row in grafts(p) if row["day"] >= line["day"]), None)
    if graft is None or at_end(own) or any(day <= graft["day"] for day in remissions):
        return None
    return None if in_remission_at(p, graft) else graft["day"]


def b_cell_aplasia(p: Patient) -> str | None:
    if cr_date(p) is None:
        return None
    early = [shown for day, shown in samples(p) if 21 <= day <= 42]
    if not early:
        return "no B-cell sample on days 21-42"
    if early[0]:
        return "B cells present on days 21-42"
    relapse = relapse1(p)
    competing = [relapse and relapse["day"], death_day(p), *depleted(p)]
    events = [(b_cell_recovery(p), "event"), *((day, "competing") for day in competing)]
    return outcome(p, 0, events, samples(p)[-1][0], "negative duration")
