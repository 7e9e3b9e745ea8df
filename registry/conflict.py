"""Two people edited one record: which fields differ, who changed them, and the merge of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from registry.drafts import boxes_of
from registry.forms import RecordForm

TAKE = "take-"


class Side(Enum):
    """Whose value a field gets."""

    MINE = "mine"
    SAVED = "saved"


@dataclass(frozen=True)
class Difference:
    """One field on which typed and saved values disagree; `choice` is blank when both sides changed it."""

    name: str
    label: str
    mine: str
    saved: str
    choice: str


def differences(form: RecordForm, saved: RecordForm) -> list[Difference]:
    """Fields whose typed text is not the saved one, each with the side that alone changed it, if it did."""
    typed, stored = form.texts(), saved.texts()
    base = boxes_of(form.base())
    found = []
    for name, mine in typed.items():
        theirs = stored.get(name, "")
        if mine == theirs:
            continue
        before = base.get(name, "")
        choice = Side.SAVED.value if mine == before else Side.MINE.value if theirs == before else ""
        found.append(
            Difference(
                name,
                form.fields[name].label,
                in_words(form, name, mine),
                in_words(saved, name, theirs),
                choice,
            )
        )
    return found


def merged(sent: Mapping, saved: Mapping[str, str]) -> Mapping:
    """What was sent, with the saved value wherever the editor chose it."""
    data = sent.copy()
    for name in [key for key in data if key.startswith(TAKE)]:
        field = name.removeprefix(TAKE)
        if data[name] == Side.SAVED.value and field in saved:
            data.setlist(field, [saved[field]])
        del data[name]
    return data


def in_words(form: RecordForm, name: str, text: str) -> str:
    """The text of a box as its reader knows it: the label of a choice rather than its code."""
    field = form.fields[name]
    if hasattr(field, "option_groups"):
        options = [option for _label, group in field.option_groups(text) for option in group]
    else:
        options = field.options(text)
    chosen = [option.label for option in options if option.chosen]
    return ", ".join(chosen) or text
