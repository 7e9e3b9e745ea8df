"""The form in which people ask: plan, cut-off date, strata."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from analytics.questions import PLANS, STRATA, not_known


class ByPlan(admin.SimpleListFilter):
    """Rows of one plan, by the name people know it by."""

    title, parameter_name = "plan", "plan"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return list(PLANS.items())

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        return rows.filter(plan=self.value()) if self.value() else rows


class QuestionForm(forms.ModelForm):
    """Plan and strata of a run or a schedule; strata the plan cannot know are refused at once."""

    plan = forms.ChoiceField(choices=list(PLANS.items()))
    by = forms.MultipleChoiceField(
        choices=list(STRATA.items()),
        required=False,
        label="Compare by",
        widget=forms.CheckboxSelectMultiple,
        help_text="Groups known at time zero; several cross. Leave blank for one result over all patients.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        late = not_known(cleaned["plan"], cleaned.get("by", ())) if "plan" in cleaned else []
        if late:
            named = ", ".join(STRATA[stratum].lower() for stratum in late)
            self.add_error("by", f"Not known at time zero of this plan: {named}. Its groups would have immortal time.")
        return cleaned


class RunForm(QuestionForm):
    """A run asked for now."""

    cutoff = forms.DateField(
        label="Cut-off",
        widget=AdminDateWidget,
        help_text="The last day that counts; facts dated later do not exist.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "cutoff" in self.fields:
            self.fields["cutoff"].initial = timezone.now().date()

    def clean_cutoff(self) -> Any:
        cutoff = self.cleaned_data["cutoff"]
        if cutoff > timezone.now().date():
            raise forms.ValidationError("The cut-off lies in the future.")
        return cutoff
