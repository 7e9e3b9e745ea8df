"""Several rows of one kind entered in a table: typed or pasted from a spreadsheet, saved all together or not at all."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from registry import services
from registry.asking import sent_once, whole_number
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import CORE, FREE_TEXT, Kind
from registry.drafting import FORGET, KEEP, OTHERS, Keeps
from registry.drafts import Kept
from registry.form_fields import Option
from registry.forms import RecordForm, form_for
from registry.places import Place, Role, place_of
from registry.submissions import new_token

FEWEST, MOST = 6, 60
BOX = re.compile(r"r(\d{1,2})-(\w+)")
#: Boxes of a row at most; an entity with fewer core items than FEW shows the others, too.
COLUMNS, FEW = 10, 3


@dataclass(frozen=True)
class Cell:
    """One box of the table: its name in the form, its text, what can be chosen, what is wrong with it."""

    name: str
    label: str
    text: str
    kind: str
    options: list[Option]
    errors: list[str]


@dataclass(frozen=True)
class Line:
    """One row of the table; `faults` are about the row as a whole."""

    number: int
    cells: list[Cell]
    faults: list[str]


def box_of(name: str) -> tuple[int, str]:
    """The row and the field of a box by its name in the form."""
    number, field = BOX.fullmatch(name).groups()
    return int(number), field


class RowsPage(LoginRequiredMixin, Keeps, View):
    """The table of one entity of one patient."""

    restored: Kept | None = None
    blank: RecordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.place: Place = place_of(kwargs["entity"], kwargs["registry_id"])
        self.place.require(Role.SEVERAL)
        if not self.place.spec.entity.many:
            raise Http404("A patient has one of these.")
        return super().dispatch(request, *args, **kwargs)

    def columns(self) -> list[ItemSpec]:
        """The date, then the core items in form order, or the first items where few are core.

        What is answered by several ticks or in prose is entered in the form of the record."""
        spec = self.place.spec
        asked = [item for _heading, items in spec.sections() for item in items]
        fit = [item for item in asked if item.kind is not Kind.CODES and item.item.privacy is not FREE_TEXT]
        dated = [item for item in fit if item.name == spec.entity.dated_by]
        others = [item for item in fit if item not in dated and not item.name.endswith("_source")]
        core = [item for item in others if item.item.level is CORE]
        return (dated + (core if len(core) >= FEW else others))[:COLUMNS]

    def forms(self, count: int, data: Any = None) -> list[RecordForm]:
        """The form of each row; `blank` is that of a row added to them."""
        first = form_for(self.place.spec, patient=self.place.patient, data=data, prefix="r0",
                         presets=self.request.GET, identity="identity" in self.place.may)  # fmt: skip
        self.blank = first.again("r0")
        return [first, *(first.again(f"r{number}", data=data) for number in range(1, count))]

    def draft_place(self) -> str:
        return self.place.url(Role.SEVERAL)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if OTHERS in request.GET:
            return self.tell_others()
        self.restored, offered = self.drafts_here()
        texts = self.restored.texts if self.restored else {}
        last = max((number for number, _name in map(box_of, texts)), default=0)
        wanted = max(whole_number(request.GET.get("rows")) or FEWEST, FEWEST, last + 1)
        forms = self.forms(min(wanted, MOST))
        for form in forms:
            form.initial |= {name: texts.get(f"{form.prefix}-{name}", text) for name, text in form.initial.items()}
        return self.show(forms, offered=offered)

    def show(
        self, forms: list[RecordForm], *told: str, status: int = 200, offered: Sequence[Kept] = ()
    ) -> HttpResponse:
        """The table as it stands; `told` is what is wrong with it as a whole."""
        lines = [self.line(number, form) for number, form in enumerate(forms)]
        place = self.place
        context = {
            "place": place,
            "spec": place.spec,
            "patient": place.patient,
            "heads": [(cell.label, cell.kind) for cell in lines[0].cells],
            "lines": lines,
            "blank": self.line(0, self.blank),
            "faults": [
                (f"id_{cell.name}", f"Row {line.number + 1}, {cell.label}", sentence)
                for line in lines
                for cell in line.cells
                for sentence in cell.errors
            ],
            "whole": [*told, *(f"Row {line.number + 1}: {sentence}" for line in lines for sentence in line.faults)],
            "box": forms[0].box,
            "most": MOST,
            "token": self.request.POST.get("token") or (self.restored.token if self.restored else new_token()),
            "restored": self.restored,
            "offered": offered,
            "others": self.others_at_work(),
            "unsaved": status != HTTPStatus.OK,
            "cancel": place.url(Role.LIST),
            "trail": place.trail(),
        }
        return render(self.request, "entity/rows.html", context, status=status)

    def line(self, number: int, form: RecordForm) -> Line:
        checked = form.is_bound and self.filled(form)
        cells = [self.parent(form, name, checked) for name in form.parent_names]
        cells += [self.cell(form, spec, checked) for spec in self.columns() if spec.name in form.fields]
        shown = {name.removeprefix(f"{form.prefix}-") for name in (cell.name for cell in cells)}
        errors = form.errors.items() if checked else ()
        faults = [sentence for name, told in errors if name not in shown for sentence in told]
        return Line(number, cells, faults)

    def cell(self, form: RecordForm, spec: ItemSpec, checked: bool) -> Cell:
        bound, field = form[spec.name], form.fields[spec.name]
        text = bound.value() or ""
        options = field.options(text)
        options += field.reasons(text) if options else []
        return Cell(
            bound.html_name, spec.item.label, text, spec.kind.value, options, list(bound.errors) if checked else []
        )

    def parent(self, form: RecordForm, name: str, checked: bool) -> Cell:
        bound, field = form[name], form.fields[name]
        text = bound.value() or ""
        options = [option for _label, rows in field.option_groups(text) for option in rows]
        return Cell(bound.html_name, field.label, text, "parent", options, list(bound.errors) if checked else [])

    def filled(self, form: RecordForm) -> bool:
        """Whether anything was typed into the row beyond what the table itself had put there."""
        names = [spec.name for spec in self.columns() if spec.name in form.fields]
        return any((form[name].value() or "") != (form.initial.get(name) or "") for name in names)

    def keep_rows(self) -> HttpResponse:
        """Keep the rows in which something was typed; no row is judged."""
        self.forms(1)
        blank, sent = self.blank, self.request.POST
        own = [spec.name for spec in self.columns() if spec.name in blank.fields]
        texts, base = {}, {}
        for number in range(MOST):
            row = {name: sent.get(f"r{number}-{name}", "") for name in [*blank.parent_names, *own]}
            if any(row[name] not in ("", blank.initial.get(name)) for name in own):
                texts |= {f"r{number}-{name}": text for name, text in row.items()}
                base |= {f"r{number}-{name}": blank.initial.get(name) or "" for name in row}
        if not texts:
            self.forget_sent()
            return self.tell_others()
        return self.keep(sent.get("token", ""), texts, base=json.dumps(base))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.POST.get("then") == FORGET:
            return self.forget_draft()
        if request.POST.get("then") == KEEP:
            return self.keep_rows()
        count = min(max(whole_number(request.POST.get("rows")) or FEWEST, 1), MOST)
        forms = self.forms(count, request.POST)
        rows = [form for form in forms if self.filled(form)]
        if not rows:
            return self.show(forms, "Nothing is entered yet.", status=422)
        if not all([form.is_valid() for form in rows]):
            return self.show(forms, status=422)
        try:
            address = sent_once(request, lambda: self.store(rows))
        except ValidationError as fault:
            return self.show(forms, " ".join(fault.messages), status=422)
        self.forget_sent()
        return HttpResponseRedirect(address)

    def store(self, rows: list[RecordForm]) -> str:
        """All rows or none: what the services refuse is told beside its row."""
        with transaction.atomic():
            for form in rows:
                try:
                    services.save_record(self.place.spec.slug, patient=self.place.patient,
                                         answers=form.answers(), parents=form.parents())  # fmt: skip
                except ValidationError as fault:
                    form.take(fault)
                    raise ValidationError(f"Row {int(form.prefix[1:]) + 1} is refused; no row is saved.") from fault
        many = len(rows) != 1
        named = self.place.spec.entity.plural if many else self.place.spec.entity.label
        messages.success(self.request, f"{len(rows)} {named.lower() if not named[1:2].isupper() else named} saved.")
        return self.place.url(Role.LIST)
