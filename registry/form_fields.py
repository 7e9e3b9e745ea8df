"""Form fields of the one form builder: what is typed is read by `read_cell`."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from registry.date_box import PLAIN, DateBox
from registry.dictionary.cells import BLANK, Answer, CellError, plain_number, read_cell
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import MISSING, Kind

MAX_REASON = 500
#: Unicode categories of what nobody can read: controls, formats, lone surrogates.
UNREADABLE = ("Cc", "Cf", "Cs")
WHOLE_DAY, DAY_OR_MONTH, ANY_DATE = "YYYY-MM-DD", "YYYY-MM-DD or YYYY-MM", "YYYY-MM-DD, YYYY-MM or YYYY"


@dataclass(frozen=True)
class Option:
    """One thing to choose: its value, its words, whether it is chosen, a longer explanation."""

    value: str
    label: str
    chosen: bool = False
    hint: str = ""


class CellInput(forms.Widget):
    """Reads one posted cell; several ticked codes and the reason for none come as one text."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        if isinstance(data, MultiValueDict):
            return ";".join(part for part in data.getlist(name) if part)
        return data.get(name) or ""

    def render(self, *args: Any, **kwargs: Any) -> str:
        raise NotImplementedError("templates/components/field.html draws the fields")


class AnswerField(forms.Field):
    """One item of the dictionary as a form field; its clean value is an `Answer`."""

    widget = CellInput

    def __init__(self, spec: ItemSpec, *, box: DateBox = PLAIN, **kwargs: Any) -> None:
        self.spec, self.box = spec, box
        super().__init__(required=False, label=spec.item.label, help_text=spec.item.definition, **kwargs)

    def clean(self, value: str | None) -> Answer:
        text = value or ""
        if self.spec.kind is Kind.CODES and len(text) > 1:
            reasons = [part for part in text.split(";") if part in MISSING]
            if reasons and text != reasons[0]:
                raise ValidationError("Tick what applies, or say why there is no value; not both.", code="code")
        try:
            return self.read(text)
        except CellError as fault:
            words = str(fault).removeprefix(f"{self.spec.item.label}: ")
            raise ValidationError(words[:1].upper() + words[1:] + ".", code=fault.rule) from None

    def read(self, text: str) -> Answer:
        if self.spec.kind is Kind.DATE:
            text = self.box.written_out(text)
        return read_cell(self.spec, text)

    def options(self, text: str) -> list[Option]:
        """What can be chosen, apart from the reasons for no value."""
        if self.spec.kind is Kind.BOOLEAN:
            return [Option("Y", "Yes", text == "Y"), Option("N", "No", text == "N")]
        if self.spec.kind not in (Kind.CODE, Kind.CODES):
            return []
        chosen = text.split(";") if self.spec.kind is Kind.CODES else [text]
        listed = code_list(self.spec.item.codes).codes
        return [
            Option(code.code, code.label, code.code in chosen, code.definition)
            for code in listed
            if not code.until or code.code in chosen
        ]

    def reasons(self, text: str) -> list[Option]:
        """Why there may be no value."""
        if self.spec.kind is Kind.BOOLEAN:
            return []
        return [Option(code, f"{words} ({code})", text == code) for code, words in MISSING.items()]


class ReferenceField(AnswerField):
    """A link to a site, protocol, product or row of the same patient, chosen from what the actor may name."""

    def __init__(self, spec: ItemSpec, *, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(spec, **kwargs)

    def read(self, text: str) -> Answer:
        if text in MISSING:
            return Answer(missing=text)
        if not text.strip():
            return BLANK
        known = {str(pk): pk for pk, _label in self.choices}
        if text not in known:
            raise CellError("type", "Choose one of the list")
        return Answer(known[text])

    def options(self, text: str) -> list[Option]:
        return [Option(str(pk), label, str(pk) == text) for pk, label in self.choices]


class ParentField(forms.Field):
    """The row this one hangs on; its clean value is (column, id) or None."""

    widget = CellInput

    def __init__(self, groups: dict[str, tuple[str, list[tuple[int, str]]]], *, must: bool, **kwargs: Any) -> None:
        self.groups, self.must = groups, must
        super().__init__(required=False, **kwargs)

    def clean(self, value: str | None) -> tuple[str, int] | None:
        text = value or ""
        if not text:
            if self.must:
                raise ValidationError("Choose the record that this one belongs to.", code="parent")
            return None
        column, _, pk = text.partition(":")
        _label, rows = self.groups.get(column, ("", []))
        if not any(str(known) == pk for known, _words in rows):
            raise ValidationError("Choose one of this patient's records.", code="parent")
        return column, int(pk)

    def option_groups(self, text: str) -> list[tuple[str, list[Option]]]:
        return [
            (label, [Option(f"{column}:{pk}", words, text == f"{column}:{pk}") for pk, words in rows])
            for column, (label, rows) in self.groups.items()
        ]


class ReasonField(forms.CharField):
    """Why somebody changes or voids a record: one line of readable text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_REASON, **kwargs)

    def clean(self, value: str | None) -> str:
        text = super().clean(value)
        if any(unicodedata.category(character) in UNREADABLE for character in text):
            raise ValidationError("Control or text-direction characters are not allowed.", code="encoding")
        return text


def date_pattern(spec: ItemSpec) -> str:
    """What may be typed into the date box of this item."""
    if not spec.item.partial:
        return WHOLE_DAY
    return ANY_DATE if "Y" in spec.item.finest else DAY_OR_MONTH


def limits_of(spec: ItemSpec) -> str:
    """Possible and expected range as one short phrase; empty when the item has none."""
    bounds = []
    if spec.item.possible:
        bounds.append("possible " + " to ".join(plain_number(bound) for bound in spec.item.possible))
    if spec.item.plausible:
        bounds.append("expected " + " to ".join(plain_number(bound) for bound in spec.item.plausible))
    return ", ".join(bounds)
