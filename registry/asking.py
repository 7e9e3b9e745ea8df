"""The screens of one query: ask about a field or a finding; read the thread, answer, close, reopen, assign."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry import queries, threads
from registry.access import current_scope
from registry.models import Finding, Query, Record
from registry.places import Place, Role, place_of, place_of_patient, raise_denied
from registry.shown import row_title
from registry.submissions import SentBefore, new_token, once
from registry.words import WordsField

DONE = {"answer": "Answer sent.", "close": "Query closed.", "reopen": "Query reopened.", "assign": "Query assigned."}


def sent_once(request: HttpRequest, act: Any) -> str:
    """Do it unless this form was sent before; the address of the answer either way."""
    try:
        return once(request.POST, actor=current_scope().actor, now=timezone.now(), act=act)
    except SentBefore as before:
        return before.answer_url


def whole_number(text: str | None) -> int | None:
    """An id from an address or a form; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


class Ask(LoginRequiredMixin, View):
    """Raise a query about a record, one of its fields, or a finding (`?finding=`)."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        own = place_of_patient(kwargs["registry_id"])
        own.require(Role.DETAIL)
        if "query" not in own.may:
            raise_denied("query")
        asked = request.POST if request.method == "POST" else request.GET
        self.finding = self.found(own, asked)
        self.place, self.record = self.where(own, asked)
        self.own = own
        return super().dispatch(request, *args, **kwargs)

    def found(self, own: Place, asked: Any) -> Finding | None:
        if not asked.get("finding"):
            return None
        return get_object_or_404(Finding, patient=own.patient, pk=whole_number(asked["finding"]) or 0)

    def where(self, own: Place, asked: Any) -> tuple[Place, Record | None]:
        """The place and row that the address names, or those of the finding."""
        slug = self.finding.entity if self.finding else asked.get("entity") or "patient"
        pk = self.finding.record_id if self.finding else whole_number(asked.get("record"))
        if slug == "patient":
            return own, own.patient
        place = place_of(slug, own.patient.registry_id)
        if pk is None:
            if self.finding:
                return own, None
            raise Http404("There is no such record.")
        return place, place.record(pk)

    def get(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        return self.ask(request.GET)

    def ask(self, given: Any, fault: str = "", status: int = 200) -> HttpResponse:
        context = {
            "place": self.own,
            "patient": self.own.patient,
            "spec": self.place.spec,
            "record": self.record,
            "what": self.title(),
            "one": self.finding,
            "fields": [] if self.finding else threads.fields_to_ask(self.place, self.place.spec),
            "people": threads.people_who_answer(self.own.patient),
            "given": given,
            "fault": fault,
            "token": given.get("token") or new_token(),
            "back": self.back(),
            "trail": self.own.trail(),
        }
        return render(self.request, "queries/ask.html", context, status=status)

    def title(self) -> str:
        if self.record is None or self.record is self.own.patient:
            return f"patient {self.own.patient.registry_id}"
        return row_title(self.place.spec, self.record)

    def back(self) -> str:
        return self.place.url(Role.DETAIL, self.record)

    def post(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        try:
            text = WordsField(required=self.finding is None).clean(request.POST.get("text"))
            address = sent_once(request, lambda: self.raised(text))
        except ValidationError as fault:
            return self.ask(request.POST, " ".join(fault.messages), status=422)
        return HttpResponseRedirect(address)

    def raised(self, text: str) -> str:
        people = {str(person.pk): person for person in threads.people_who_answer(self.own.patient)}
        assignee = people.get(self.request.POST.get("assignee", ""))
        if self.finding is not None:
            query = queries.raise_from_finding(self.finding, text, assignee=assignee)
        else:
            column = self.request.POST.get("column", "")
            if column and column not in dict(threads.fields_to_ask(self.place, self.place.spec)):
                raise ValidationError("There is no such field.")
            query = queries.raise_query(self.record, column, text, assignee=assignee)
        messages.success(self.request, "Query raised.")
        patient = self.record is None or self.record is self.own.patient
        return reverse("query", args=[query.pk]) if patient else f"{self.back()}#query-{query.pk}"


class QueryPage(LoginRequiredMixin, View):
    """One query: its thread, the value asked about as it stands now, and the next step."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.query = get_object_or_404(Query.objects.select_related("patient", "assignee"), pk=kwargs["pk"])
        self.own = place_of_patient(self.query.patient.registry_id)
        self.own.require(Role.DETAIL)
        self.record = threads.record_of(self.query)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show()

    def show(self, fault: str = "", status: int = 200) -> HttpResponse:
        query, own = self.query, self.own
        context = {
            "place": own,
            "patient": own.patient,
            "thread": threads.thread_of(query, own.may),
            "query": query,
            "entity": threads.entity_words(query),
            "what": threads.title_of(query, own, self.record),
            "where": threads.address_of(query, own, self.record),
            "shown": threads.value_now(query, own, self.record),
            "people": threads.people_who_answer(own.patient) if "query" in own.may else [],
            "fault": fault,
            "text": self.request.POST.get("text", ""),
            "token": new_token(),
            "trail": [("Queries", reverse("query-inbox"))],
        }
        return render(self.request, "queries/query.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = request.POST.get("do", "")
        if step not in DONE:
            return self.show("Choose what to do with the query.", status=422)
        try:
            address = sent_once(request, lambda: self.step(step))
        except ValidationError as fault:
            self.query.refresh_from_db()
            return self.show(" ".join(fault.messages), status=422)
        return HttpResponseRedirect(address)

    def step(self, step: str) -> str:
        if step == "assign":
            people = {str(person.pk): person for person in threads.people_who_answer(self.own.patient)}
            queries.assign(self.query, people.get(self.request.POST.get("assignee", "")))
        else:
            text = WordsField(required=False).clean(self.request.POST.get("text"))
            {"answer": queries.answer, "close": queries.close, "reopen": queries.reopen}[step](self.query, text)
        messages.success(self.request, DONE[step])
        return self.after()

    def after(self) -> str:
        """Back to where the step was taken: the record it stands on, or this page."""
        if self.request.POST.get("back") == "record" and self.record is not None:
            return f"{threads.address_of(self.query, self.own, self.record)}#query-{self.query.pk}"
        return reverse("query", args=[self.query.pk])


def ask_url(place: Place, record: Record) -> str:
    """Where a query about this row is raised; empty when the actor may not."""
    if "query" not in place.may or place.spec.entity.reference:
        return ""
    address = reverse("ask", args=[place.patient.registry_id])
    return f"{address}?entity={place.spec.slug}&record={record.pk}"
