"""A question as a form takes it, as a look keeps it, as a sentence says it, and as an address asks it again."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone

from analytics.models import SavedAnalysis
from analytics.questions import LATER, METHODS, PLANS, QUESTIONS, STRATA
from analytics.report.naming import stratum, within, words
from analytics.sight import sees_all
from analytics.slots import cutoff_of

#: The cut-off rule that a blank box means.
TODAY = "today"


class QuestionForm(forms.Form):
    """One question: which result, by which groups, answered how, as of when."""

    by = forms.CharField(required=False, max_length=64)
    and_by = forms.CharField(required=False, max_length=64)
    method = forms.ChoiceField(choices=list(METHODS.items()), required=False)
    cutoff = forms.DateField(required=False)

    def __init__(self, asked: Any, *, data: Any = None) -> None:
        super().__init__(data)
        self.plan, self.key = asked
        question = QUESTIONS[self.plan][self.key]
        self.strata = [(name, STRATA[name]) for name in question["strata"]]
        self.later_names = question["later"]
        self.methods = list(METHODS.items()) if question["survival"] else list(METHODS.items())[:1]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        by, and_by = cleaned.get("by", ""), cleaned.get("and_by", "")
        known = dict(self.strata)
        for name, value in (("by", by), ("and_by", and_by)):
            if value and value not in known and not (name == "by" and value in self.later_names):
                self.add_error(name, "Choose one of the groupings offered for this question.")
        cleaned["method"] = cleaned.get("method") or "groups"
        if cleaned["method"] not in dict(self.methods):
            self.add_error("method", "Only survival curves are answered in this way.")
        today = timezone.now().date()
        cutoff = cleaned.get("cutoff") or today
        if cutoff > today:
            self.add_error("cutoff", "The cut-off lies in the future.")
        if not sees_all():
            cutoff = today
            if and_by:
                self.add_error("and_by", "Crossing two groupings is for those who run analyses.")
        cleaned["cutoff"] = cutoff
        return cleaned

    def kept(self) -> tuple[dict[str, str], list[str]]:
        """What was chosen for another question and still applies to this one, and the names of what does not."""
        offered = {
            "by": dict(self.strata) | {name: LATER[name]["label"] for name in self.later_names},
            "and_by": dict(self.strata),
            "method": dict(self.methods),
        }
        chosen = {name: str(self.data.get(name, "")) for name in self.base_fields}
        chosen = {name: value for name, value in chosen.items() if value}
        lost = [name for name, known in offered.items() if name in chosen and chosen[name] not in known]
        named = STRATA | {name: one["label"] for name, one in LATER.items()} | METHODS
        gone = [named[chosen[name]] for name in lost if chosen[name] in named]
        return {name: value for name, value in chosen.items() if name not in lost}, gone

    def asked(self) -> dict[str, Any]:
        """The question as a look keeps it."""
        told = self.cleaned_data
        later = told["by"] if told["by"] in self.later_names else ""
        by = [name for name in dict.fromkeys((told["by"], told["and_by"])) if name and name != later]
        return {
            "plan": self.plan,
            "key": self.key,
            "by": [] if later else by,
            "exposure": later,
            "method": told["method"],
            "cutoff": told["cutoff"].isoformat(),
        }


def initial(asked: dict[str, Any]) -> dict[str, Any]:
    by = [asked["exposure"]] if asked["exposure"] else list(asked["by"])
    first, second = (*by, "", "")[:2]
    return {"by": first, "and_by": second, "method": asked["method"], "cutoff": asked["cutoff"]}


def in_words(asked: dict[str, Any]) -> str:
    """A question as a sentence says it."""
    by = [within(stratum(name)) for name in asked["by"]]
    if later := asked["exposure"]:
        by = [f"{within(LATER[later]['label'] if later in LATER else words(later))}, once it happens"]
    if asked["method"] == "regression":  # it takes as many characteristics as the events allow, whatever was chosen
        by = []
    compared = f", by {' and '.join(by)}" if by else ""
    how = {"regression": ", Cox regression", "restricted": ", restricted means"}.get(asked["method"], "")
    return f"{words(asked['key'])}{compared}{how}"


def asked_again(saved: SavedAnalysis) -> tuple[str, str]:
    """A kept question as a sentence, and the address of its filled form: endpoint, groups, method, cut-off."""
    asked = {"key": saved.key, "by": saved.by, "exposure": saved.exposure, "method": saved.method}
    cutoff = cutoff_of(saved.cutoff, timezone.now()).isoformat() if saved.cutoff != TODAY else ""
    filled = {"ask": f"{saved.plan}:{saved.key}", **initial(asked | {"cutoff": cutoff})}
    said = f"{in_words(asked)}; {PLANS.get(saved.plan, saved.plan)}"
    return said, f"{reverse('analysis')}?{urlencode({name: value for name, value in filled.items() if value})}"
