"""The analysis page: population, question, grouping, method; a worker answers from rows frozen for the moment.

The page knows what is known at time zero: what forms later is offered from landmarks and as time-dependent, never as
groups. Readers without person-level rights ask as of today, by one grouping, and see small numbers withheld.
"""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule

from analytics import looks, schedules, snippets
from analytics.models import Look, SavedAnalysis, Schedule
from analytics.questions import LATER, PLANS, POPULATIONS, QUESTIONS, offered
from analytics.report.figures import STACKED
from analytics.report.naming import capital, prose, result_in_words, words
from analytics.report.phrases import in_steps
from analytics.report.tabulate import tabulate
from analytics.sight import sees_all
from analytics.slots import CUTOFF_RULES
from analytics.views.asking import QuestionForm, in_words, initial
from analytics.views.base import HOME, ResultsView, as_csv, as_file, noted, shown
from registry.access import current_scope

LANGUAGES = {"py": ("text/x-python; charset=utf-8", snippets.python), "R": ("text/plain; charset=utf-8", snippets.r)}
START = ("post_cart_relapse", "os_relapse")


class Asking(ResultsView):
    """For those who may ask questions of the live data."""

    wanted = "analyse"

    def shown_form(self, form: QuestionForm, template: str, **context: Any) -> HttpResponse:
        plan, key = form.plan, form.key
        return self.page(
            template,
            form=form,
            population=_read(POPULATIONS[plan]),
            question=_read(QUESTIONS[plan][key]),
            key=key,
            label=PLANS[plan],
            choices=[
                (label, [(f"{one}:{name}", words(name), (one, name) == (plan, key)) for name in QUESTIONS[one]])
                for one, label in PLANS.items()
            ],
            later=[(name, LATER[name]) for name in QUESTIONS[plan][key]["later"]],
            all_numbers=sees_all(),
            trail=[(HOME[0], reverse(HOME[1]))],
            **context,
        )  # fmt: skip


def _read(what: dict[str, Any]) -> dict[str, Any]:
    """A population or question with its definition in words."""
    return what | {"definition": prose(what["definition"])}


def _pair(text: str) -> tuple[str, str]:
    plan, _, key = text.partition(":")
    if key in QUESTIONS.get(plan, {}):
        return plan, key
    if text:
        raise Http404("There is no such question.")
    return START


class Ask(Asking):
    """GET: the question to be asked, and what it can be compared by; POST: ask it, or choose another."""

    def get(self, request: HttpRequest) -> HttpResponse:
        mine = Look.objects.filter(kind=Look.Kind.QUESTION, requested_by=request.user.get_username()).defer("body")
        filled = request.GET if request.GET.keys() & QuestionForm.base_fields.keys() else None
        form = QuestionForm(_pair(request.GET.get("ask", "")), data=filled)
        recent = [(one, in_words(one.asked)) for one in mine[:8] if offered(one.asked)]
        return self.shown_form(form, "ask", recent=recent)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = QuestionForm(_pair(request.POST.get("ask", "")), data=request.POST)
        if request.POST.get("choose"):
            return _chosen(request, form)
        if not form.is_valid():
            return self.shown_form(form, "ask", status=422, recent=[])
        look = looks.request(Look.Kind.QUESTION, form.asked(), requested_by=request.user.get_username())
        return HttpResponseRedirect(reverse("analysis-look", args=[look.pk]))


def _chosen(request: HttpRequest, form: QuestionForm) -> HttpResponse:
    """To the page of another question, with the groups, method and cut-off that still apply to it."""
    kept, gone = form.kept()
    if gone:
        messages.info(request, f"Not offered for this question, and left out: {', '.join(gone)}.")
    return HttpResponseRedirect(f"{reverse('analysis')}?{urlencode({'ask': f'{form.plan}:{form.key}', **kept})}")


class LookView(Asking):
    """What was answered to a question; everybody sees their own, those who run analyses everybody's."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and current_scope().can(self.wanted):
            rows = Look.objects.filter(kind=Look.Kind.QUESTION, pk=min(kwargs["pk"], 2**62))
            if not sees_all():
                rows = rows.filter(requested_by=request.user.get_username())
            self.look = rows.first()
            if self.look is None or not offered(self.look.asked):
                raise Http404("There is no such question, or it is forgotten: answers are kept a month.")
        return super().dispatch(request, *args, **kwargs)

    def told(self) -> dict[str, Any]:
        if self.look.body is None:
            raise Http404("There is no answer.")
        return looks.told(self.look, disclosed=self.disclosed)


class Answered(LookView):
    """The page of one question: at work, answered, or refused in words."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show()

    def show(self, *, status: int = 200, fault: str = "") -> HttpResponse:
        look, asked = self.look, self.look.asked
        form = QuestionForm((asked["plan"], asked["key"]), data=initial(asked))
        answer = looks.told(look, disclosed=self.disclosed) if look.body is not None else None
        return self.shown_form(
            form,
            "answer",
            status=status,
            fault=fault,
            look=look,
            asked=in_words(asked),
            rules=[(key, label) for key, (label, _rule) in CUTOFF_RULES.items()],
            with_code=snippets.written(asked, QUESTIONS[asked["plan"]][asked["key"]]),
            may_schedule=current_scope().can("schedule"),
            answer=_answer(look, answer) if answer else None,
        )


def _answer(look: Look, answer: dict[str, Any]) -> dict[str, Any]:
    results = []
    for place, result in enumerate(answer["results"]):
        figure, stacked = (
            reverse("analysis-figure", args=[look.pk, name]) if name in answer["figures"] else ""
            for name in (f"{place}", f"{place}{STACKED}")
        )
        title = capital(result["label"]) or words(look.asked["key"])
        told = result_in_words(result, look.asked["by"])
        results.append(shown(look.asked["key"], told, figure=figure, stacked=stacked, title=title))
    return {
        "results": results,
        "steps": in_steps(answer["attrition"]),
        "refused": prose(answer["refused"]),
        "warnings": [prose(words, look.asked["by"]) for words in answer["warnings"]],
        "notes": [noted(note) for note in answer["notes"]],
        "synthetic": answer["synthetic"],
        "data_sha256": answer["data_sha256"],
        "code_version": answer["code_version"],
    }


class LookFigure(LookView):
    """A figure of an answer."""

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        figure = self.told()["figures"].get(name)
        if figure is None:
            raise Http404("There is no such figure.")
        if request.GET.get("download"):
            return as_file(f"analysis-{pk}-{name}.svg", figure, "image/svg+xml")
        return HttpResponse(figure, content_type="image/svg+xml")


class LookNumbers(LookView):
    """The numbers of an answer as JSON or CSV."""

    def get(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        told = self.told()
        if form == "csv":
            named = [result_in_words(one, self.look.asked["by"]) for one in told["results"]]
            return as_csv(f"analysis-{pk}.csv", map(tabulate, named))
        if form != "json":
            raise Http404("Numbers come as json or csv.")
        kept = {name: value for name, value in told.items() if name not in ("figures", "memory")}
        body = json.dumps({"asked": self.look.asked, **kept}, ensure_ascii=False, allow_nan=False, indent=1)
        return as_file(f"analysis-{pk}.json", body, "application/json")


class Code(LookView):
    """Code that computes the answer again from an exported file."""

    def get(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        if language not in LANGUAGES:
            raise Http404("Code comes as py or R.")
        asked = self.look.asked
        question = QUESTIONS[asked["plan"]][asked["key"]]
        if not snippets.written(asked, question):
            raise Http404("Code is written for survival curves by groups that an export holds.")
        kind, write = LANGUAGES[language]
        code = write(asked, question, words=in_words(asked))
        return as_file(f"analysis-{pk}.{language}", code, kind)


class Save(LookView):
    """Keep a question under a name; on request take snapshots of its plan every week."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        current_scope().require("run")
        name = " ".join(request.POST.get("name", "").split())[:120]
        rule = request.POST.get("cutoff", "today")
        if not name or rule not in CUTOFF_RULES:
            return self._again(request, "Give the analysis a name.")
        asked, wanted = self.look.asked, request.POST.get("schedule") == "1"
        if wanted and not current_scope().can("schedule"):
            raise PermissionDenied("You may not change schedules.")
        try:
            with transaction.atomic():
                SavedAnalysis.objects.create(
                    name=name,
                    plan=asked["plan"],
                    key=asked["key"],
                    strata=",".join(asked["by"]),
                    exposure=asked["exposure"],
                    method=asked["method"],
                    cutoff=rule,
                    owner=request.user.get_username(),
                    saved_at=timezone.now(),
                )
                if wanted:
                    schedules.keep(_weekly(name), schedules.Order(asked["plan"], rule, tuple(asked["by"])))
        except IntegrityError:
            return self._again(request, "That name is taken; choose another.")
        messages.success(request, f"'{name}' is kept{' and snapshots are taken every Monday' if wanted else ''}.")
        return HttpResponseRedirect(reverse("results") + "#saved")

    def _again(self, request: HttpRequest, fault: str) -> HttpResponse:
        page = Answered()
        page.setup(request, pk=self.look.pk)
        page.look, page.disclosed = self.look, self.disclosed
        return page.show(status=422, fault=fault)


def _weekly(name: str) -> Schedule:
    line = {"minute": "15", "hour": "5", "day_of_week": "1", "day_of_month": "*", "month_of_year": "*"}
    when, _made = CrontabSchedule.objects.get_or_create(**line, timezone="UTC")
    return Schedule(name=f"Saved: {name}", crontab=when)
