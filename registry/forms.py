"""One form builder: an entity of the dictionary becomes a form; no entity has a form of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from registry.access import Scope, current_scope
from registry.date_box import PLAIN, DateBox, date_box
from registry.dictionary.cells import Answer, write_cell
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import DIRECT, Kind
from registry.dictionary.partial_date import DAY
from registry.drafts import Kept
from registry.entities import dictionary, model_of
from registry.form_fields import AnswerField, ParentField, ReasonField, ReferenceField, date_pattern, limits_of
from registry.form_parents import initial_parents, parent_fields
from registry.form_rows import FieldRow, Section, is_asked, typed_values
from registry.models import Patient, Record
from registry.services import needs_reason
from registry.shown import row_title, with_links
from registry.submissions import new_token

#: Fields of the form itself; no item of the dictionary has these names.
REASON, VERSION = "change_reason", "version"
#: Sections asked before the entity's own: (heading, fields).
Beside = Sequence[tuple[str, list[AnswerField]]]


class RecordForm(forms.Form):
    """The form of one record: `answers()` and `parents()` are what the services want."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0)

    def __init__(self, spec: EntitySpec, *, items: list[AnswerField], parent_fields: dict[str, ParentField],
                 ask_reason: bool, findings: list | tuple = (), box: DateBox = PLAIN,
                 beside: Beside = (), **kwargs: Any) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.beside = [(heading, [item.spec for item in asked]) for heading, asked in beside]
        self.beside_names = [item.name for _heading, specs in self.beside for item in specs]
        self.fields.update({item.spec.name: item for _heading, asked in beside for item in asked})
        self.spec, self.parent_names, self.findings = spec, list(parent_fields), findings
        self.item_names = [item.spec.name for item in items]
        self.fields.update(parent_fields)
        self.fields.update({item.spec.name: item for item in items})
        self.token = self.data.get("token") or new_token()
        self.box, self.restored, self.unread = box, None, []
        self.ask_reason = ask_reason
        if ask_reason:
            self.fields[REASON] = ReasonField(
                label="Reason for the change",
                help_text="The record has been complete before, so its history needs to say why it changes.",
                error_messages={"required": "Say why the record is changed."},
            )

    def again(self, prefix: str, *, data: Any = None) -> "RecordForm":
        """The same questions once more, for another row of a table: what can be chosen is looked up once."""
        return RecordForm(self.spec, items=[self.fields[name] for name in self.item_names],
                          parent_fields={name: self.fields[name] for name in self.parent_names}, ask_reason=False,
                          box=self.box, data=data, initial=dict(self.initial),
                          prefix=prefix, use_required_attribute=False)  # fmt: skip

    def judges(self, name: str) -> bool:
        """Whether what stands in a box can be refused: only what is asked is; a table of rows asks everything."""
        spec = self.spec.by_name.get(name)
        return spec is None or self.prefix is not None or is_asked(spec, self.typed())

    def clean(self) -> None:
        """An answer that is not asked for is kept if it can be read, and otherwise left as it was."""
        self.unread = [name for name in self.errors if not self.judges(name)]
        for name in self.unread:
            del self.errors[name]

    def answers(self) -> dict[str, Answer]:
        return {name: self.cleaned_data[name] for name in self.item_names if name in self.cleaned_data}

    def answers_beside(self) -> dict[str, Answer]:
        """What was asked beside the entity's own items."""
        return {name: self.cleaned_data[name] for name in self.beside_names}

    def parents(self) -> dict[str, int | None]:
        """Every parent column with the chosen row's id or None."""
        chosen = dict(self.cleaned_data[name] for name in self.parent_names if self.cleaned_data[name])
        return {column: chosen.get(column) for column, _slug in self.spec.parents}

    def texts(self) -> dict[str, str]:
        """What stands in every box now, typed or stored."""
        return {name: self[name].value() or "" for name in [*self.beside_names, *self.parent_names, *self.item_names]}

    def base(self) -> str:
        """What stood in the boxes when the editor began: tells in a conflict who changed what."""
        told = self.data.get("base") or (self.restored and self.restored.base)
        return told or json.dumps({name: text for name, text in self.texts().items() if text})

    def restore(self, kept: Kept) -> None:
        """Go on where the writer stopped: what was typed, on what it was based, under the same token."""
        self.restored, self.token = kept, kept.token
        self.initial |= {name: text for name, text in kept.texts.items() if name in self.fields}
        self.initial[VERSION] = kept.version or self.initial.get(VERSION)

    def take(self, fault: ValidationError) -> None:
        """Put an error of the services beside its field, or above the form."""
        known = getattr(fault, "message_dict", None) or {None: fault.messages}
        for name, messages in known.items():
            self.add_error(name if name in self.fields and self.judges(name) else None, messages)

    def typed(self) -> dict[str, Any]:
        """The answers as they stand in the boxes, by which the form branches."""
        return typed_values(self.spec.items, self.texts())

    # Drawing

    def sections(self) -> list[Section]:
        """Headings with their rows; the source of a partial date stands beside the date."""
        values = self.typed()
        result = [Section(heading, [self._item_row(spec, values) for spec in specs]) for heading, specs in self.beside]
        if self.parent_names:
            result.append(Section("Belongs to", [self._parent_row(name) for name in self.parent_names]))
        for heading, specs in self.spec.sections():
            rows = [
                self._item_row(spec, values)
                for spec in specs
                if spec.name in self.fields and not self._is_companion(spec)
            ]
            if rows:
                result.append(Section(heading, rows))
        return result

    def reason_row(self) -> FieldRow:
        bound = self[REASON]
        return FieldRow(REASON, bound.auto_id, "text", bound.label, bound.help_text, bound.value() or "",
                        errors=list(bound.errors), must=True)  # fmt: skip

    def faults(self) -> list[tuple[str, str, str]]:
        """(id, label, sentence) of every error in the order of the page, for the summary with links."""
        if not self.is_bound:
            return []
        rows = [row for section in self.sections() for row in section.rows]
        rows += [row.companion for row in rows if row.companion]
        rows += [self.reason_row()] if self.ask_reason else []
        return [(row.id, row.label, sentence) for row in rows for sentence in row.errors]

    def _is_companion(self, spec: ItemSpec) -> bool:
        return spec.name.endswith("_source") and spec.name.removesuffix("_source") in self.fields

    def _item_row(self, spec: ItemSpec, values: Mapping[str, Any]) -> FieldRow:
        field_, bound, item = self.fields[spec.name], self[spec.name], spec.item
        text = bound.value() or ""
        companion = self.fields.get(f"{spec.name}_source") if spec.kind is Kind.DATE else None
        return FieldRow(
            name=spec.name,
            id=bound.auto_id,
            kind=spec.kind.value,
            label=item.label,
            hint=item.definition,
            text=text,
            options=field_.options(text),
            reasons=field_.reasons(text),
            errors=list(bound.errors),
            notes=[one for one in self.findings if one.column == spec.name],
            unit=item.unit,
            limits=limits_of(spec),
            source=item.source,
            chart=spec.chart,
            placeholder=date_pattern(spec) if spec.kind is Kind.DATE else "",
            finest="" if spec.kind is not Kind.DATE else item.finest if item.partial else DAY,
            core=item.is_required({}) or (item.asked_if is not None and item.level.value == "C"),
            asked=is_asked(spec, values),
            unread=spec.name in self.unread,
            asked_if=json.dumps(item.asked_if.as_json()) if item.asked_if else "",
            companion=self._item_row(companion.spec, values) if companion else None,
        )

    def _parent_row(self, name: str) -> FieldRow:
        field_, bound = self.fields[name], self[name]
        text = bound.value() or ""
        return FieldRow(name, bound.auto_id, "parent", field_.label, field_.help_text, text,
                        groups=field_.option_groups(text), errors=list(bound.errors), must=field_.must,
                        core=field_.must)  # fmt: skip


def form_for(
    spec: EntitySpec,
    *,
    patient: Patient | None = None,
    record: Record | None = None,
    data: Any = None,
    presets: Mapping[str, str] | None = None,
    identity: bool = True,
    findings: list | tuple = (),
    beside: Beside = (),
    prefix: str | None = None,
) -> RecordForm:
    """The form of an entity: empty, preset, or of a record; without `identity` no direct identifiers."""
    scope = current_scope()
    specs = [
        item for _heading, items in spec.sections() for item in items if identity or item.item.privacy is not DIRECT
    ]
    box = date_box(patient) if any(item.kind is Kind.DATE for item in specs) else PLAIN
    items = [_field(item, scope, patient, record, box) for item in specs]
    parents = parent_fields(spec, patient, record)
    initial = {item.name: write_cell(item, record.answer(item.name)) if record else "" for item in specs}
    initial |= {item.spec.name: "" for _heading, asked in beside for item in asked}
    initial |= initial_parents(parents, record)
    if record is None:
        initial |= {item.spec.name: _only_site(item) for item in items if item.spec.target == "site"}
    initial[VERSION] = record.version if record else None
    for name, text in (presets or {}).items():
        if name in initial and not record:
            initial[name] = text
    ask = record is not None and needs_reason(record)
    return RecordForm(
        spec,
        items=items,
        parent_fields=parents,
        ask_reason=ask,
        findings=findings,
        box=box,
        beside=beside,
        data=data,
        initial=initial,
        prefix=prefix,
        use_required_attribute=False,
    )


def _only_site(field_: AnswerField) -> str:
    """The site of somebody who enters at one site only needs no choosing."""
    return str(field_.choices[0][0]) if len(field_.choices) == 1 else ""


def _field(item: ItemSpec, scope: Scope, patient: Patient | None, record: Record | None,
           box: DateBox) -> AnswerField:  # fmt: skip
    if item.kind is not Kind.REFERENCE:
        return AnswerField(item, box=box)
    current = getattr(record, f"{item.name}_id", None) if record else None
    return ReferenceField(item, choices=reference_choices(item.target, scope, patient, current))


def reference_choices(target: str, scope: Scope, patient: Patient | None, current: int | None) -> list[tuple[int, str]]:
    """Rows the actor may name: sites where they enter, protocols, products, rows of the same patient."""
    rows = model_of(target).objects.filter(voided=False)
    if target == "site":
        sites = scope.sites("enter")
        rows = rows if sites is None else rows.filter(pk__in={*sites, current} - {None})
        return [(row.pk, f"{row.code} - {row.name}" if row.name else row.code) for row in rows.order_by("code")]
    if dictionary()[target].of_patient:
        rows = rows.filter(patient=patient) if patient else rows.none()
    spec = dictionary()[target]
    return sorted(((row.pk, row_title(spec, row)) for row in with_links(spec, rows)), key=lambda pair: pair[1])
