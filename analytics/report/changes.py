"""What another reading of the definitions changes in a result: the two in one line each, of what differs alone."""

from collections.abc import Iterator, Mapping

from analytics.report.bound import Part, Place, Text, plain
from analytics.report.naming import within, words
from analytics.report.phrases import phrase
from analytics.report.sentences import GROUPS_IN_FULL, message, tests
from analytics.report.tabulate import tabulate
from analytics.report.wording import DASH, WITHHELD

NOTHING_PRINTED: Text = ("no printed number changes",)
Told = Mapping[str, Text]


def beside(main: Place | None, varied: Place) -> tuple[Text, Text]:
    """What the main run and another reading of it say: as key messages where these tell every group and differ, else
    the groups (of a table: its cells) whose numbers change. Blank where the result has no main run here."""
    if varied.value is None:
        return message(main) if main else (), (WITHHELD,)
    if main is None:
        return (), message(varied) or _listed(dict(_groups(varied)))
    both = message(main), message(varied)
    if len(varied.get("groups").value) <= GROUPS_IN_FULL + 1 and plain(both[0]) != plain(both[1]):
        return both
    before, after = _changed(dict(_groups(main)), dict(_groups(varied)))
    if not after:
        before, after = _changed(dict(_cells(main)), dict(_cells(varied)))
    told = [_listed(found) + tests(result) for found, result in ((before, main), (after, varied))]
    told = [text[1:] if text[:1] == (" ",) else text for text in told]
    same = not after and plain(told[0]) == plain(told[1])
    return (NOTHING_PRINTED, NOTHING_PRINTED) if same else (told[0], told[1])


def _groups(result: Place) -> Iterator[tuple[str, Text]]:
    for index, group in enumerate(result.get("groups")):
        yield group["label"].value, phrase(result, index)


def _cells(result: Place) -> Iterator[tuple[str, Text]]:
    """The cells of a result's table by line and column: `Chemotherapy: events`."""
    table = tabulate(result.value, result.path)
    named = 2 if table.columns[:2] == ("Group", "Cause") else 1
    for cells in table.cells:
        line = " ".join(map(plain, cells[:named]))
        for column, cell in zip(table.columns[named:], cells[named:], strict=True):
            yield f"{line}: {within(column)}", cell


def _changed(before: Told, after: Told) -> tuple[Told, Told]:
    """Of both, what the two do not say alike."""
    names = [name for name in {**before, **after} if plain(before.get(name, ())) != plain(after.get(name, ()))]
    return tuple({name: found.get(name) or (DASH,) for name in names} for found in (before, after))


def _listed(told: Told) -> Text:
    listed: list[Part] = []
    for name, text in told.items():
        listed += ["; " if listed else "", "" if name == "all" else f"{within(words(name))} ", *text]
    return (*listed, ".") if listed else ()
