"""The periodic outcome report, composed once: what it says, in which order, from one snapshot.

`Material` is all there is to say; `compose` puts it in order. Every number is taken from its place in the
material, so a number that is not in the snapshot cannot be printed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analytics.report import accompany, appendix
from analytics.report.bound import Place, Text, shown
from analytics.report.document import WITHHELD_NOTE, Block, Bullets, Document, Grid, Paragraph, Section
from analytics.report.few import noted
from analytics.report.figures import NEEDS_GROUPS, STACKED, title_of
from analytics.report.naming import capital, prose, reason, stratum, words
from analytics.report.nobody import NO_PATIENT, NOT_ESTIMABLE
from analytics.report.sentences import lone_cells, message, sentence
from analytics.report.tabulate import tabulate
from analytics.report.wording import count

#: What an investigator asks first, in this order; a plan tells those it has.
KEY_RESULTS = (
    "cr_rate",
    "relapse_rate",
    "cir_relapse",
    "cir",
    "os_infusion",
    "efs_infusion",
    "rfs",
    "os_relapse",
    "os_relapse_by_timing",
    "hsct_after_relapse",
    "os_hsct",
    "rfs_hsct",
    "cir_hsct",
    "follow_up",
)
MOST_MESSAGES = 7


@dataclass(frozen=True, kw_only=True)
class Material:
    """One snapshot as a report needs it.

    snapshot: who, what, when, hashes (the promised JSON); answer: attrition and results, disclosed or not;
    manifest: settings, code, libraries; quality: state of the data; drawn: names of the figures that exist,
    with what they show; extra: figures and tables that stand beside the results (`report.extras`).
    """

    snapshot: Mapping[str, Any]
    answer: Mapping[str, Any]
    manifest: Mapping[str, Any]
    quality: Mapping[str, Any]
    drawn: Mapping[str, str]
    disclosed: bool
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> dict[str, Any]:
        """Everything a place can name: results by key, and the rest under its own word."""
        told = {"attrition": self.answer["attrition"], "quality": self.quality, "snapshot": self.snapshot}
        return {**self.answer["results"], **told, **self.extra}

    def at(self, name: str) -> Place:
        return Place(self.root[name], name)


def compose(material: Material) -> Document:
    """The report of a snapshot."""
    snapshot = material.snapshot
    return Document(
        title=words(snapshot["plan"]),
        subtitle=f"Outcome report, data up to {snapshot['cutoff']}",
        facts=tuple(_facts(material)),
        sections=tuple(
            Section(anchor, heading, tuple(blocks), level)
            for anchor, heading, level, blocks in _sections(material)
            if blocks
        ),
        synthetic=snapshot["synthetic"],
        disclosed=material.disclosed,
        identity=f"Snapshot {snapshot['id']}, results {snapshot['results_sha256'][:12]}",
    )


def _facts(material: Material) -> Iterator[tuple[str, Text]]:
    snapshot = material.snapshot
    yield "Plan", (f"{snapshot['plan']}, version {snapshot['plan_version']}",)
    yield "Cut-off", (snapshot["cutoff"],)
    if snapshot.get("by"):
        yield "Compared by", (" and ".join(stratum(key) for key in snapshot["by"]),)
    if snapshot.get("as_of"):
        yield "Registry as of", (snapshot["as_of"][:16].replace("T", " ") + " UTC",)
    yield "Patients studied", (shown(count, material.at("attrition")[len(material.answer["attrition"]) - 1]["n"]),)
    yield "Snapshot", (f"{snapshot['id']}, taken {snapshot['taken_at'][:16].replace('T', ' ')} UTC",)


Drafted = tuple[str, str, int, list[Block]]


def _sections(material: Material) -> Iterator[Drafted]:
    yield "messages", "Key messages", 1, [Bullets(tuple(_messages(material)))]
    yield "cohort", "Cohort", 1, list(_cohort(material))
    yield from _results(material)
    for extra in appendix.EXTRAS:
        yield from extra(material)
    yield "quality", "State of the data", 1, list(appendix.state_of_the_data(material))
    yield "left-out", "Patients left out", 1, list(appendix.left_out(material))
    yield "methods", "Methods", 1, list(appendix.methods(material))
    yield "definitions", "Definitions", 1, list(appendix.definitions(material))
    yield "settings", "Settings and software", 1, list(appendix.settings(material))
    yield "verify", "How to verify this report", 1, list(appendix.verification(material))


def _messages(material: Material) -> Iterator[Text]:
    told = [(key, message(material.at(key))) for key in KEY_RESULTS if key in material.answer["results"]]
    told = [pair for pair in told if pair[1]][:MOST_MESSAGES]
    if not told and material.answer["attrition"][-1]["n"] == 0:
        yield (f"{capital(f'{NOT_ESTIMABLE}: {NO_PATIENT}')}.",)
    for key, text in told:
        yield (f"{words(key)}: ", *text)
    yield from noted(text for _key, text in told)
    if material.disclosed:
        yield (WITHHELD_NOTE,)


def _cohort(material: Material) -> Iterator[Block]:
    steps = material.at("attrition")
    yield Paragraph(("Who is in the report, step by step, and why the others are not.",))
    yield from appendix.image(material, "cohort_flow")
    yield Grid(
        "Steps from the registry to the cohort",
        ("Step", "Patients", "Left at this step"),
        tuple(((prose(step["step"].value),), (shown(count, step["n"]),), _left(step["left"])) for step in steps),
    )


def _left(left: Place) -> Text:
    told: list[Any] = []
    for item in left:
        told += ["; " if told else "", shown(count, item["n"]), f" {reason(item['reason'].value)}"]
    return tuple(told) or ("–",)


def _results(material: Material) -> Iterator[Drafted]:
    """Table 1, the lone numbers in one table, then every result with its sentence, its figure and its table."""
    results = material.answer["results"]
    yield "results", "Results", 1, list(_overview(material))
    for key in sorted(results, key=lambda key: key != "table1"):
        if not _lone(results[key]):
            yield key, words(key), 2, list(_result(material, key))


def _lone(result: Mapping[str, Any]) -> bool:
    """A single rate or quantity: a line of the overview, not a section."""
    return result["kind"] in NEEDS_GROUPS and [group["label"] for group in result["groups"]] == ["all"]


def _overview(material: Material) -> Iterator[Block]:
    skipped = material.answer.get("not_stratified", ())
    yield Paragraph((
        "Times are months from the time zero of each result; every definition stands in the appendix.",
        " Not compared: " + "; ".join(f"{words(item['key'])} ({prose(item['reason'])})" for item in skipped) + "."
        if skipped
        else "",
    ))  # fmt: skip
    lone = [key for key, result in material.answer["results"].items() if _lone(result)]
    if lone:
        yield Grid(
            "Rates and quantities of the whole cohort",
            ("Result", "n", "Estimate", "95 % CI or quartiles"),
            tuple(((words(key),), *lone_cells(material.at(key))) for key in lone),
            (("Rates: exact (Clopper-Pearson) limits. Quantities: median and quartiles.",),),
        )


def _result(material: Material, key: str) -> Iterator[Block]:
    result = material.at(key)
    told = sentence(result)
    if told:
        yield Paragraph(told)
    for name in (key, f"{key}{STACKED}"):
        yield from appendix.image(material, name, title_of(name))
    table = tabulate(result.value, key)
    if table.cells:
        yield Grid(words(key), table.columns, table.cells, table.remarks)
    yield from accompany.beside(material, key)
