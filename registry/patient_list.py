"""The list of patients: narrowed, sorted, as courses or forms; saved views; one question about many patients."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry import queries
from registry.access import Scope, current_scope
from registry.asking import sent_once, whole_number
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.registry_id import is_valid
from registry.entities import dictionary
from registry.form_fields import ReasonField
from registry.models import SavedView
from registry.overview import WORST_FIRST, PatientLine, Row, lines_of
from registry.patient_filters import FILTERS, SORTS, Asked, asked_of, listed, offered
from registry.places import Place, Role, patient_url, place_of_patient, raise_denied
from registry.stage_page import MOST_ROWS, list_steps
from registry.standing import STANDINGS, with_standing
from registry.submissions import new_token
from registry.words import WordsField

PAGE_PATIENTS = 50
MOST_VIEWS = 30
#: How each patient is shown: key -> words.
SHOWN = {"": "Courses", "forms": "Forms"}


def require_reading() -> None:
    if not current_scope().can("read"):
        raise_denied("read")


class Counted(Paginator):
    """Pages of rows whose number is known."""

    def __init__(self, rows: QuerySet, per_page: int, total: int) -> None:
        super().__init__(rows, per_page)
        self.total = total

    @property
    def count(self) -> int:
        return self.total


class PatientList(LoginRequiredMixin, View):
    """Every patient in scope, by page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_reading()
        scope, asked = current_scope(), asked_of(request.GET)
        counts = _counts(asked)
        page = Counted(listed(asked), PAGE_PATIENTS, fitting(asked, counts)).get_page(request.GET.get("page"))
        if page.paginator.count == 1 and is_valid(asked.values["q"].upper()):
            return HttpResponseRedirect(patient_url(page.object_list[0]))
        values, lines = offered(), lines_of(page.object_list, today=timezone.localdate())
        shown = request.GET.get("show", "")
        context = {
            "page_of": page,
            "lines": lines,
            "asked": asked,
            "here": asked.address(show=shown),
            "choosers": [
                (one.name, one.label, values[one.name], asked.values[one.name])
                for one in FILTERS
                if one.values and one.name != "standing" and len(values[one.name]) > 1
            ],
            "chips": asked.chips(values),
            "standings": _standings(asked, shown, counts),
            "heads": _heads(asked, shown),
            "views": _views(request, asked.address(show=shown)),
            "shown": shown if shown in SHOWN else "",
            "ways": [(key, words, asked.address(show=key)) for key, words in SHOWN.items()],
            "forms": _forms(lines) if shown == "forms" else None,
            "may_register": scope.can("enter"),
            "steps": _steps(scope),
            "token": new_token(),
        }
        return render(request, "desk/patients.html", context)


def _steps(scope: Scope) -> list[tuple[str, str]]:
    """(words, address) of what can be done with the patients ticked; charts are verified row by row, never whole."""
    ask = [("Raise query", reverse("ask-many"))] if scope.can("query") else []
    return ask + list_steps(frozenset({"lock"} if scope.can("lock") else ()))


def _counts(asked: Asked) -> dict[str, int]:
    """How many of the patients that otherwise fit stand where."""
    rows = with_standing(listed(asked, leaving_out="standing")).order_by().values_list("standing")
    return dict(rows.annotate(n=Count("pk")))


def fitting(asked: Asked, counts: dict[str, int]) -> int:
    """How many patients the list has: known from the counts, so that the database need not count again."""
    chosen = asked.values["standing"]
    return counts.get(chosen, 0) if chosen in STANDINGS else sum(counts.values())


def _standings(asked: Asked, shown: str, counts: dict[str, int]) -> list[tuple[str, str, int, str, bool]]:
    """(words, tone, patients, address, chosen) of every standing."""
    chosen = asked.values["standing"]
    told = [("All", "", sum(counts.values()), asked.address(standing="", show=shown), not chosen)]
    return told + [
        (words, tone, counts.get(key, 0), asked.address(standing=key, show=shown), key == chosen)
        for key, (words, tone) in STANDINGS.items()
        if key in counts or key == chosen
    ]


def _heads(asked: Asked, shown: str) -> dict[str, dict[str, str]]:
    """For every column that can be sorted: its words, the address that sorts by it, and how it is sorted now."""
    heads = {}
    for key, sort in SORTS.items():
        now = key == asked.sort
        turned = f"-{key}" if now and not asked.descending else key
        order = ("descending" if asked.descending else "ascending") if now else "none"
        heads[key] = {"words": sort.label, "url": f"?{asked.address(sort=turned, show=shown)}", "order": order}
    return heads


def _views(request: HttpRequest, here: str) -> list[tuple[SavedView, bool]]:
    """The reader's saved views, each with whether the list stands like this now."""
    return [(view, view.asked == here) for view in SavedView.objects.filter(user=request.user)]


def _forms(lines: list[PatientLine]) -> dict[str, Any]:
    """The matrix patient by kind of record: how the least finished row of each stands."""
    specs = [spec for spec in dictionary() if spec.of_patient]
    rows = [(line, [_cell(line, spec) for spec in specs]) for line in lines]
    return {"heads": [spec.entity.plural for spec in specs], "rows": rows}


def _cell(line: PatientLine, spec: EntitySpec) -> dict[str, Any] | None:
    rows: list[Row] = line.rows.get(spec.slug, [])
    if not rows:
        return None
    worst = min((row.status for row in rows), key=WORST_FIRST.index)
    url = Place(spec, line.patient, frozenset()).url(Role.LIST)
    return {"status": worst, "count": len(rows), "url": url, "label": spec.entity.plural}


class SavedViews(LoginRequiredMixin, View):
    """Keep the list as it stands under a name, or forget a name."""

    def post(self, request: HttpRequest) -> HttpResponse:
        require_reading()
        if request.POST.get("forget"):
            SavedView.objects.filter(user=request.user, pk=whole_number(request.POST["forget"]) or 0).delete()
            return HttpResponseRedirect(f"{reverse('patient-list')}?{_told(request.POST)}")
        told = _told(request.POST)
        try:
            name = ReasonField(error_messages={"required": "Give the view a name."}).clean(request.POST.get("name"))
            self.keep(request, name[:60], told)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return HttpResponseRedirect(f"{reverse('patient-list')}?{told}")

    def keep(self, request: HttpRequest, name: str, told: str) -> None:
        held = SavedView.objects.filter(user=request.user)
        if held.count() >= MOST_VIEWS and not held.filter(name=name).exists():
            raise ValidationError(f"You have {MOST_VIEWS} views already; forget one first.")
        SavedView.objects.update_or_create(user=request.user, name=name, defaults={"asked": told})
        messages.success(request, f"View {name} saved.")


def _told(sent: Any) -> str:
    """The parameters of the list that a form names, read as the list itself reads them."""
    given = QueryDict(sent.get("asked", "")[:2000])
    shown = given.get("show", "")
    return asked_of(given).address(q="", show=shown if shown in SHOWN else "")


class AskMany(LoginRequiredMixin, View):
    """Ask the same about several patients: one query each, on the patient's record."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        asked = request.POST if request.method == "POST" else request.GET
        self.places = [place_of_patient(one) for one in dict.fromkeys(asked.getlist("chart")[:MOST_ROWS])]
        if not current_scope().can("query") or any("query" not in place.may for place in self.places):
            raise_denied("query")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask()

    def ask(self, fault: str = "", status: int = 200) -> HttpResponse:
        context = {
            "patients": [place.patient for place in self.places],
            "text": self.request.POST.get("text", ""),
            "fault": fault,
            "token": self.request.POST.get("token") or new_token(),
            "back": reverse("patient-list"),
            "trail": [("Patients", reverse("patient-list"))],
        }
        return render(self.request, "queries/ask_many.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            text = WordsField(error_messages={"required": "Say what is asked."}).clean(request.POST.get("text"))
            address = sent_once(request, lambda: self.raised(text))
        except ValidationError as fault:
            return self.ask(" ".join(fault.messages), status=422)
        return HttpResponseRedirect(address)

    def raised(self, text: str) -> str:
        raised, held = 0, 0
        for place in self.places:
            try:
                with transaction.atomic():
                    queries.raise_query(place.patient, "", text)
                raised += 1
            except ValidationError:  # asked already and not closed
                held += 1
        told = f"{raised} {'query' if raised == 1 else 'queries'} raised."
        already = f" {held} {'patient has' if held == 1 else 'patients have'} an open one already." if held else ""
        messages.success(self.request, told + already)
        return reverse("query-inbox")
