"""What stands behind the results of a report: founding table, data state, methods, definitions, verification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analytics.report.accompany import accompanying
from analytics.report.beyond import beyond
from analytics.report.bound import Place, Text, shown
from analytics.report.document import Block, Code, Grid, Image, Paragraph
from analytics.report.few import MARK, below
from analytics.report.naming import prose, reason, words
from analytics.report.wording import WITHHELD, count, percent, ratio_percent, rounded
from analytics.stats.risk import FEW

if TYPE_CHECKING:
    from analytics.report.compose import Drafted, Material

FOUNDING_PLAN = "post_cart_relapse"
MARKS = {"agrees": "agrees", "differs": "differs", "not built": "no result", "withheld": "withheld"}


def founding(material: Material) -> Iterator[Drafted]:
    """F1-F23: the published text beside the registry's own numbers."""
    rows = material.extra.get("founding")
    if not rows:
        return
    agreeing = sum(row["mark"] == "agrees" for row in rows)
    said = (
        f"{agreeing} of {len(rows)} numbers of the published text (ASPHO 2023, abstract 121) agree with this snapshot "
        "within the text's own rounding. The last column says what the text leaves open."
    )
    yield "founding", "Founding table", 1, [
        Paragraph((said,)),
        Grid(
            "Every number of the founding text beside the registry's own",
            ("No.", "Published", "This snapshot", "Mark", "Left open by the text"),
            tuple(_founding_row(place) for place in material.at("founding")),
        ),
    ]  # fmt: skip


def _founding_row(row: Place) -> tuple[Text, ...]:
    texts = {name: row[name].value for name in ("number", "text", "mark", "ambiguity")}
    return (
        (texts["number"],),
        (texts["text"],),
        ("", shown(prose, row["own"])),  # words, not a number to be set flush right
        (MARKS[texts["mark"]],),
        (texts["ambiguity"] or "–",),
    )


def course(material: Material) -> Iterator[Drafted]:
    """Where patients are month by month, and the line of each relapsed patient."""
    if "states" not in material.extra:
        return
    result = material.at("states")
    names = result["states"].value
    rows = tuple(
        ((rounded(row["months"].value, 0),), (shown(count, row["n_risk"]),),
         *[(shown(_share, row[state]), *_mark(row)) for state in names])
        for row in result["at"]
    )  # fmt: skip
    left = (("Left out: ", shown(count, item["n"]), f" ({reason(item['reason'].value)})")
            for item in result.get("left_out"))  # fmt: skip
    blocks: list[Block] = [
        Paragraph((result["definition"].value,)),
        *image(material, "states"),
        Grid(words("states"), ("Months", "Followed", *map(words, names)), rows, (*below(rows), *left)),
    ]
    if "swimmer" in material.drawn:
        blocks += [*image(material, "swimmer"), Paragraph(("The days behind the lines stand in swimmer.csv.",))]
    yield "course", "Course after infusion", 1, blocks


EXTRAS = (course, beyond, founding)


def _mark(row: Place) -> Text:
    return (MARK,) if row["n_risk"].value < FEW else ()


def _share(share: float | None) -> str:
    return WITHHELD if share is None else percent(share)


def image(material: Material, name: str, title: str = "") -> Iterator[Image]:
    """A figure that was drawn, with its caption: the title, and the first sentence it tells of itself."""
    if name in material.drawn:
        told = material.drawn[name]
        yield Image(name, (f"{title or words(name)}. {told.split('. ')[0].rstrip('.')}.",), told)


def state_of_the_data(material: Material) -> Iterator[Block]:
    """Open findings, drafts and how complete the columns are that the results read."""
    state = material.at("quality")
    told: list[Any] = []
    for row in state["severities"]:
        told += ["; " if told else "", f"{row['severity'].value.lower()}s: ", shown(count, row["n"]), " in ",
                 shown(count, row["patients"]), " patients"]  # fmt: skip
    yield Paragraph((
        "Open findings of the edit checks when the data were frozen: ", *told,
        ". A patient with an open error on a column that a result reads is left out of that result.",
    ))  # fmt: skip
    if state["findings"].value:
        yield Grid(
            "Open findings by rule",
            ("Rule", "Severity", "Findings", "Patients", "The rule"),
            tuple(
                ((row["rule"].value,), (row["severity"].value.capitalize(),), (shown(count, row["n"]),),
                 (shown(count, row["patients"]),), (row["text"].value or "–",))
                for row in state["findings"]
            ),
        )  # fmt: skip
    drafts = [row for row in state["drafts"] if row["n"].value != 0]
    if not drafts:
        yield Paragraph(("No row of any table was a draft.",))
    else:
        yield Grid(
            "Rows not yet complete (drafts)",
            ("Table", "Drafts", "Rows"),
            tuple(((words(r["table"].value),), (shown(count, r["n"]),), (shown(count, r["rows"]),)) for r in drafts),
        )
    yield Grid(
        "Completeness of the columns that the results read",
        ("Column", "Filled", "Of rows", "Share", "Reason given instead"),
        tuple(
            ((row["column"].value,), (shown(count, row["n"]),), (shown(count, row["rows"]),),
             (shown(ratio_percent, row["n"], row["rows"]),), (shown(count, row["excused"]),))
            for row in state["columns"]
        ),
        (("A blank cell may be right: a patient who lives has no date of death.",),),
    )  # fmt: skip


def left_out(material: Material) -> Iterator[Block]:
    """Who is not in which result, by reason."""
    rows = []
    for key in material.answer["results"]:
        for item in material.at(key).get("left_out"):
            if item["n"].value != 0:
                rows.append(((words(key),), (_reason(item["reason"].value),), (shown(count, item["n"]),)))
    if not rows:
        yield Paragraph(("No patient of the cohort is left out of a result whose time zero they reached.",))
        return
    yield Grid("Patients left out of a result, by reason", ("Result", "Reason", "Patients"), tuple(rows))


def _reason(code: str) -> str:
    from analytics.study.notes import RULE_TEXTS

    if code in RULE_TEXTS:
        return f"{RULE_TEXTS[code].removeprefix('left out: ')} ({code})"
    return "group unknown" if code == "UNK" else reason(code)


def methods(material: Material) -> Iterator[Block]:
    """How the numbers were computed."""
    setting = material.snapshot["conventions"]
    level = rounded(setting["ci_level"] * 100, 0)
    yield Paragraph((
        "Every number comes from tables frozen at one moment. A fact dated after the cut-off does not exist; patients "
        "are censored at the last day they were known to be free of the event, never at the cut-off itself.",
    ))  # fmt: skip
    yield Paragraph((
        f"Survival is estimated by Kaplan-Meier with Greenwood's variance; {level} % confidence limits are drawn on "
        f"the {setting['ci_type']} scale. A median is the first day on which the curve lies below one half, the middle "
        "of a stretch that lies exactly on it; its limits invert the confidence band (Brookmeyer and Crowley). "
        "Follow-up is the reverse Kaplan-Meier estimate. With competing risks, cumulative incidence is the "
        "Aalen-Johansen estimate with a variance of Greenwood type, its limits on the log(-log) scale.",
    ))  # fmt: skip
    yield Paragraph((
        "Groups known at time zero are compared by the unweighted two-sided log-rank test, cumulative incidences by "
        f"Gray's test. No comparison is made when a group has fewer than {setting['smallest_group']} patients or all "
        f"together fewer than {setting['fewest_events']} events. P values are unadjusted and exploratory. Rates carry "
        "exact (Clopper-Pearson) limits; quartiles are those of type 7.",
    ))  # fmt: skip
    yield Paragraph((
        "Durations are whole days, end minus start; months (30.4375 days) are a unit of display. On one day an event "
        "comes before a censoring and a relapse before a death; tied times need no correction, for days are integers. "
        "Curves, bands and readings end with the follow-up of their group; beyond it nothing is estimated. "
        "Percentages are rounded half up from the exact ratio.",
    ))  # fmt: skip


def definitions(material: Material) -> Iterator[Block]:
    """Every result with its definition."""
    beside = [(one["name"].value, one["result"].value) for one in accompanying(material)]
    rows = tuple(
        ((words(key),), (key,), (prose(result["definition"]),))
        for key, result in [*material.answer["results"].items(), *beside]
        if result.get("definition")
    )
    yield Grid("Definitions of the results", ("Result", "Key", "Definition"), rows)


def settings(material: Material) -> Iterator[Block]:
    """Conventions, code and libraries."""
    setting = material.snapshot["conventions"]
    yield Grid(
        "Conventions",
        ("Setting", "Value"),
        tuple(((words(name),), (_plain(value),)) for name, value in setting.items()),
    )
    manifest = material.manifest
    software = {"CART19 Registry": material.snapshot["code_version"], "Python": manifest["python"]}
    if manifest["code"].get("commit"):
        software["Commit"] = manifest["code"]["commit"]
    rows = {**software, **manifest["libraries"]}
    yield Grid("Software", ("Software", "Version"), tuple(((name,), (value,)) for name, value in rows.items()))


def _plain(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def verification(material: Material) -> Iterator[Block]:
    """What names this snapshot, and how anybody checks it."""
    snapshot = material.snapshot
    yield Paragraph((
        "The same data, cut-off, settings and code give the same bytes. Inside the registry, verify_snapshot computes "
        "every result again from the frozen tables and compares; outside of it, recompute.R does the same in R for "
        "the curves, incidences, tests, rates and medians, from the CSV files beside this report, which are handed "
        "out to people with person-level rights only.",
    ))  # fmt: skip
    yield Code((
        f"python manage.py verify_snapshot {snapshot['id']}",
        "Rscript recompute.R",
    ))  # fmt: skip
    yield Grid(
        "Identity of this snapshot",
        ("What", "Value"),
        (
            (("Snapshot",), (str(snapshot["id"]),)),
            (("Data SHA-256",), (snapshot["data_sha256"],)),
            (("Results SHA-256",), (snapshot["results_sha256"],)),
            (("Code",), (snapshot["code_version"],)),
            (("Taken",), (f"{snapshot['taken_at'][:19].replace('T', ' ')} UTC",)),
        ),
        (("The results hash is the SHA-256 of the undisclosed results as they were frozen.",),)
        if material.disclosed
        else (),
    )
