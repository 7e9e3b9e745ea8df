"""The generic screens: list, detail, form, void and history of every entity, one view by role."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry import conflict, services
from registry.access import current_scope
from registry.asking import ask_url
from registry.beside import beside
from registry.date_box import date_box
from registry.dictionary.items import MISSING
from registry.drafting import FORGET, KEEP, OTHERS, KeepsDrafts
from registry.entities import dictionary
from registry.form_fields import ReasonField
from registry.forms import REASON, RecordForm, form_for
from registry.history import history, patient_history
from registry.models import Finding, Patient, StaleVersion, Status
from registry.next_due import FOR, form_for_item, next_due
from registry.outcome import left_out, outcome
from registry.overview import is_pressing
from registry.places import Role, patient_url, place_of, place_of_patient
from registry.registering import LooksAlike, questions, register
from registry.rows import children_of, detail_sections, parents_of, table_rows, told_rows
from registry.stage_page import list_steps
from registry.submissions import SentBefore, new_token, once

PAGE_ROWS = 50
CONFLICT = 409
WHY_VOID = ReasonField(error_messages={"required": "Say why the record is voided."})
SENT_BEFORE = "This form was saved before. What you sent now differs and is not saved; edit the record."


class EntityView(LoginRequiredMixin, KeepsDrafts, View):
    """One screen of one entity; `role` says which, `of_patient` that it is the patient's own row."""

    role: Role = Role.DETAIL
    of_patient: bool = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        registry_id = kwargs.get("registry_id")
        if self.of_patient:
            self.place = place_of_patient(registry_id)
        else:
            self.place = place_of(kwargs["entity"], registry_id)
        self.place.require(self.role)
        self.record = self.place.record(kwargs["pk"]) if "pk" in kwargs else None
        if self.of_patient and self.role is not Role.CREATE:
            self.record = self.place.patient
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if OTHERS in request.GET and self.role in (Role.CREATE, Role.UPDATE):
            return self.tell_others()
        return getattr(self, f"show_{self.role.key}")()

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        act = getattr(self, f"do_{self.role.key}", None)
        return act() if act else self.http_method_not_allowed(request)

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        place = self.place
        trail = place.trail(self.record)
        context |= {
            "place": place,
            "spec": place.spec,
            "patient": place.patient,
            "record": self.record,
            "trail": trail[:-1] if self.role in (Role.LIST, Role.DETAIL) else trail,
            "title": place.title(self.record) if self.record else "",
            "actions": self.actions(),
        }
        return render(self.request, f"entity/{template}.html", context, status=status)

    def actions(self) -> dict[str, str]:
        """Addresses of what the actor may do here, by role; the page shows only these."""
        roles = (Role.UPDATE, Role.VOID, Role.HISTORY) if self.record else (Role.CREATE, Role.SEVERAL)
        if self.record and (self.record.voided or self.record.record_status == Status.LOCKED):
            roles = (Role.HISTORY,)
        return {role.key: self.place.url(role, self.record) for role in roles if self.place.allows(role)}

    # Reading

    def show_list(self) -> HttpResponse:
        spec = self.place.spec
        key = spec.entity.dated_by or spec.entity.natural_key or "pk"
        rows = self.place.rows().order_by("voided", key, "pk")
        chosen = Paginator(rows, PAGE_ROWS).get_page(self.request.GET.get("page"))
        return self.page("list", page_of=chosen, rows=table_rows(self.place, chosen.object_list),
                         steps=[] if spec.entity.reference else list_steps(self.place.may))  # fmt: skip

    def show_detail(self) -> HttpResponse:
        findings = self.findings()
        return self.page(
            "detail",
            whole_findings=[one for one in findings if one.column not in self.place.spec.by_name],
            sections=detail_sections(self.place, self.record, findings),
            parents=parents_of(self.place, self.record),
            children=children_of(self.place, self.record),
            **beside(self.place, self.record),
        )

    def show_history(self) -> HttpResponse:
        whole = isinstance(self.record, Patient)
        told = patient_history(self.record) if whole else history(self.record)
        chosen = Paginator(told, PAGE_ROWS).get_page(self.request.GET.get("page"))
        return self.page("history", page_of=chosen, changes=told_rows(self.place, chosen.object_list), whole=whole)

    def findings(self) -> list[Finding]:
        if self.record is None or self.place.spec.entity.reference:
            return []
        mine = Finding.objects.filter(entity=self.place.spec.slug, record_id=self.record.pk)
        return list(mine.filter(patient=self.place.patient).select_related("acknowledgement"))

    # Entering and changing

    def form(self, data: Any = None, presets: Any = None) -> RecordForm:
        direct = self.place.patient is None or "identity" in self.place.may
        return form_for(
            self.place.spec,
            patient=self.place.patient,
            record=self.record,
            data=data,
            presets=presets,
            identity=direct,
            findings=self.findings() if data is None else (),
            beside=questions(date_box(None)) if self.place.spec.slug == "patient" and not self.record else (),
        )

    def show_form(self, form: RecordForm, status: int = 200, **told: Any) -> HttpResponse:
        cancel = self.place.url(Role.DETAIL, self.record) if self.record else self.back()
        offered = [] if form.is_bound else self.with_drafts(form)
        return self.page("form", status=status, form=form, cancel=cancel, offered=offered,
                         others=self.others_at_work(), missing=MISSING.items(),
                         ask=ask_url(self.place, self.record) if self.record else "", **told)  # fmt: skip

    def show_new(self) -> HttpResponse:
        return self.show_form(self.form(presets=self.request.GET))

    def show_edit(self) -> HttpResponse:
        if self.record.voided:
            return HttpResponseRedirect(self.place.url(Role.DETAIL, self.record))
        return self.show_form(self.form())

    def do_new(self) -> HttpResponse:
        return self.take(self.request.POST)

    def do_edit(self) -> HttpResponse:
        sent = self.request.POST
        if any(name.startswith(conflict.TAKE) for name in sent):
            sent = conflict.merged(sent, self.form().texts())
        return self.take(sent)

    def take(self, sent: Any) -> HttpResponse:
        """Keep, forget or save what was sent."""
        if sent.get("then") == FORGET:
            return self.forget_draft()
        form = self.form(data=sent)
        return self.keep_draft(form) if sent.get("then") == KEEP else self.save(form)

    def save(self, form: RecordForm) -> HttpResponse:
        if not form.is_valid():
            return self.show_form(form, status=422)
        try:
            address = once(
                self.request.POST,
                actor=current_scope().actor,
                now=timezone.now(),
                act=lambda: self.store(form),
            )
        except SentBefore as before:
            if not before.same:
                messages.warning(self.request, SENT_BEFORE)
            return HttpResponseRedirect(before.answer_url)
        except StaleVersion:
            return self.show_conflict(form)
        except LooksAlike as alike:
            return self.show_form(form, status=CONFLICT, alike=alike.likeness)
        except services.RecordLocked as locked:
            form.add_error(None, str(locked))
            return self.show_form(form, status=CONFLICT)
        except ValidationError as fault:
            form.take(fault)
            return self.show_form(form, status=422)
        self.forget_sent()
        return HttpResponseRedirect(address)

    def store(self, form: RecordForm) -> str:
        """Hand the answers to the services and say where the reader goes next."""
        place, given = self.place, form.cleaned_data
        if place.spec.slug == "patient" and self.record is None:
            saved = register(form.answers(), form.answers_beside(), another=self.request.POST.get("another") == "1")
            messages.success(self.request, f"Patient {saved.record.registry_id} is registered.")
            return patient_url(saved.record)
        saved = services.save_record(
            place.spec.slug,
            patient=place.patient,
            record=self.record,
            answers=form.answers(),
            parents=form.parents(),
            reason=given.get(REASON, ""),
            version=(given.get("version") or 0) if self.record else None,
        )
        if form.unread:
            messages.warning(self.request, left_out(place.spec, form.unread))
        return self.next_after(saved)

    def next_after(self, saved: services.Saved) -> str:
        """Another one when asked for; the record when something on it is open; else where one came from."""
        messages.success(self.request, outcome(saved))
        match self.request.POST.get("then"):
            case "another":
                return self.place.url(Role.CREATE)
            case "due":
                return self.due_next()
        if any(is_pressing(one) for one in saved.findings) or self.place.spec.entity.reference:
            return self.place.url(Role.DETAIL, saved.record)
        return self.back()

    def due_next(self) -> str:
        """The form of what is due next, here or for another patient; else where one came from."""
        item = next_due(current_scope(), self.place.patient, after=self.request.GET.get(FOR, ""))
        if item is None:
            messages.info(self.request, "Nothing else is due.")
            return self.back()
        messages.info(self.request, f"Next due: patient {item.patient.registry_id}, {item.label}.")
        return form_for_item(item)

    def back(self) -> str:
        if self.place.patient is not None:
            return patient_url(self.place.patient)
        return self.place.url(Role.LIST) if self.place.spec.entity.reference else reverse("patient-list")

    def show_conflict(self, form: RecordForm) -> HttpResponse:
        """Both values of every field that differs; nothing typed is lost, nothing saved is overwritten."""
        self.record.refresh_from_db()
        saved = self.form()
        differing = conflict.differences(form, saved)
        return self.page("conflict", status=CONFLICT, form=form, differing=differing, token=new_token(),
                         typed=[(name, text) for name, text in form.texts().items()], base=saved.base(),
                         reason=form.data.get(REASON, ""), ask_reason=saved.ask_reason)  # fmt: skip

    # Voiding

    def show_void(self, fault: str = "", status: int = 200) -> HttpResponse:
        if self.record.voided:
            return HttpResponseRedirect(self.place.url(Role.DETAIL, self.record))
        return self.page("void", status=status, fault=fault, reason=self.request.POST.get("reason", ""),
                         token=self.request.POST.get("token") or new_token(),
                         held=services.dependents(self.record))  # fmt: skip

    def do_void(self) -> HttpResponse:
        try:
            reason = WHY_VOID.clean(self.request.POST.get("reason"))
            address = once(
                self.request.POST,
                actor=current_scope().actor,
                now=timezone.now(),
                act=lambda: self.void(reason),
            )
        except SentBefore as before:
            address = before.answer_url
        except (StaleVersion, services.RecordLocked) as refused:
            return self.show_void(str(refused), status=CONFLICT)
        except ValidationError as fault:
            return self.show_void(" ".join(fault.messages), status=422)
        return HttpResponseRedirect(address)

    def void(self, reason: str) -> str:
        if self.request.POST.get("version") != str(self.record.version):
            raise StaleVersion("Somebody else changed this record in the meantime. Look at it again before voiding it.")
        services.void_record(self.record, reason=reason)
        messages.success(self.request, f"{self.place.spec.entity.label} voided. It stays readable in the history.")
        return self.back() if not isinstance(self.record, Patient) else reverse("patient-list")


class ReferenceIndex(LoginRequiredMixin, View):
    """The kinds of reference data, with how many rows each has."""

    def get(self, request: HttpRequest) -> HttpResponse:
        places = [place_of(spec.slug, None) for spec in dictionary() if spec.entity.reference]
        places[0].require(Role.LIST)
        kinds = [(place.spec, place.url(Role.LIST), place.rows().filter(voided=False).count()) for place in places]
        return render(request, "entity/kinds.html", {"kinds": kinds, "trail": []})
