"""What a report says beyond its results: notes, varied readings, regressions, and groups that form after time zero.

From the readings kept beside the snapshot (`analytics.companions`); a reading that is withheld says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analytics.report.bound import Part, Place, Text, shown
from analytics.report.cells import median, name, reading, tested
from analytics.report.changes import beside
from analytics.report.document import Block, Grid, Paragraph
from analytics.report.few import below
from analytics.report.naming import capital, prose, reason, within, words
from analytics.report.nobody import NOT_ESTIMABLE, empty_population, not_estimable
from analytics.report.sentences import READ_AT
from analytics.report.tabulate import tabulate
from analytics.report.wording import DASH, WITHHELD, count

if TYPE_CHECKING:
    from analytics.report.compose import Drafted, Material

REGRESSION = "regression_"  # and the key of the curve: the name of a figure
NOT_REACHED: Text = ("NR: not reached.",)
CI = "Hazard ratios above 1: earlier events. Ties by Efron's method; P of the proportional-hazards test by term."


def regressions_of(readings: Any) -> dict[str, Any]:
    """Name of the figure -> regression, of those that could be fitted."""
    return {f"{REGRESSION}{one['key']}": one for one in readings["multivariable"] if one.get("rows")}


def regression_title(key: str) -> str:
    return f"Regression: {words(key)}"


def beyond(material: Material) -> Iterator[Drafted]:
    """Every section that the readings give."""
    if "readings" not in material.extra:
        return
    readings = material.at("readings")
    yield "regression", "Regression", 1, list(_regressions(material, readings["multivariable"]))
    yield "exposures", "Groups that form after time zero", 1, list(_exposures(readings["exposures"]))
    yield "sensitivity", "Other readings of the definitions", 1, list(_sensitivity(material, readings["sensitivity"]))
    yield "restricted", "Restricted means", 1, list(_means(readings["restricted_means"]))
    yield "notes", "Notes", 1, list(_notes(readings["notes"]))


def _table(caption: str, result: Place) -> Iterator[Block]:
    if result.value.get("rows"):
        table = tabulate(result.value, result.path)
        yield Grid(caption, table.columns, table.cells, table.remarks)


def _regressions(material: Material, fitted: Place) -> Iterator[Block]:
    from analytics.report.appendix import image

    for one in fitted:
        title = regression_title(one["key"].value)
        if not one.value.get("rows"):
            why = empty_population(one.value) or prose(one.value.get("reason") or WITHHELD)
            yield Paragraph((f"{title}: not fitted. {capital(why)}.",))
            continue
        unused = ", ".join(within(words(name)) for name in one["not_used"].value)
        more = f" Too few events for: {unused}." if unused else ""
        yield Paragraph((f"{title}, adjusted for each other.{more} {CI}",))
        yield from image(material, f"{REGRESSION}{one['key'].value}", title)
        yield from _table(title, one)


def _exposures(followed: Place) -> Iterator[Block]:
    for one in followed:
        asked = f"{words(one['key'].value)}, by {within(words(one['exposure'].value))}"
        results = list(one.get("results"))
        curves = [result for result in results if result["kind"].value == "curve"]
        why = [not_estimable(result.value) for result in curves]
        if all(why):
            yield Paragraph((f"{asked}: {next(iter(why), NOT_ESTIMABLE)}.",))
            continue
        yield Paragraph((f"{asked}: patients are not compared by what happens to them later, for those who lived to "
                         "see it would have immortal time. Instead:",))  # fmt: skip
        columns = ("Method", words(one["exposure"].value), "n", "Events", "Median, months (95 % CI)",
                   *(f"{month} months" for month in READ_AT), "Test")  # fmt: skip
        rows = tuple(row for result in curves for row in _followed(result))
        left = (text for result in curves if (text := _left_out(result)))
        yield Grid(asked, columns, rows, (*left, NOT_REACHED, *below(rows)))
        for result in results:
            if result not in curves:
                yield from _table(f"{asked}: {result['label'].value}", result)


def _followed(result: Place) -> Iterator[tuple[Text, ...]]:
    """The groups of one landmark, or of time-dependent curves; the method and the test stand beside the first."""
    label = result["label"].value
    method: Text = (capital(label),)
    test = tested(result["comparison"]) if result.value.get("comparison") else (DASH,)
    for group in result["groups"]:
        read = {at["months"].value: reading(group, at) for at in group["at"]}
        yield (method, name(group), (shown(count, group["n"]),), (shown(count, group["events"]),), median(group),
               *(read.get(month, (DASH,)) for month in READ_AT), test)  # fmt: skip
        method, test = ("",), ("",)


def _left_out(result: Place) -> Text:
    """Who is not in the curves of a method: `Landmark 3 months, left out: 12 (event on or before the landmark)`."""
    told: list[Part] = []
    for item in result.get("left_out"):
        if item["n"].value != 0:
            told += [", " if told else f"{capital(result['label'].value)}, left out: ", shown(count, item["n"]),
                     f" ({reason(item['reason'].value)})"]  # fmt: skip
    return (*told, ".") if told else ()


def _sensitivity(material: Material, varied: Place) -> Iterator[Block]:
    same, rows = [], []
    for one in varied:
        key = one["key"].value
        if one["result"].value is None or one["changes_n"].value or one["changes_estimate"].value:
            main, told = beside(material.at(key) if key in material.answer["results"] else None, one["result"])
            rows.append(((words(key),), (one["label"].value,), main or (DASH,), told))
        else:
            same.append(one["label"].value)
    if same:
        yield Paragraph(("These readings change no number: " + "; ".join(dict.fromkeys(same)) + ".",))
    if rows:
        columns = ("Result", "Reading", "Main run", "With this reading")
        yield Grid("Readings that change a result", columns, tuple(rows), below(rows))


def _means(found: Place) -> Iterator[Block]:
    for one in found:
        yield from _table(f"Event-free days within 24 months: {words(one['key'].value)}", one)


def _notes(found: Place) -> Iterator[Block]:
    rows = tuple(
        ((note["code"].value,), (note["text"].value,), (shown(count, note["n"]),),
         (", ".join(words(key) for key in note["results"].value) or DASH,))
        for note in found
    )  # fmt: skip
    if rows:
        yield Grid("Patients counted apart", ("Code", "What", "Patients", "Results concerned"), rows)
