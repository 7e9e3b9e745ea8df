"""Schedules as people think of them: a plan, a cut-off rule, a rhythm. Written as rows of the scheduler."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django_celery_beat.models import CrontabSchedule, IntervalSchedule

from analytics import history, schedules
from analytics.admin.questions import QuestionForm
from analytics.models import Run, Schedule, State
from analytics.report.naming import compared_by, words
from analytics.sight import sees_all
from analytics.slots import CUTOFF_RULES
from registry.access import current_scope

RHYTHMS = {
    "weekly": "Every week",
    "daily": "Every day",
    "monthly": "Every month",
    "interval": "At an interval",
}
KEPT = "kept"
WEEKDAYS = [("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday"),
            ("6", "Saturday"), ("0", "Sunday")]  # fmt: skip
PERIODS = [("minutes", "minutes"), ("hours", "hours"), ("days", "days")]


class ScheduleForm(QuestionForm):
    """Times are in UTC, so that clocks put forward or back change nothing."""

    cutoff = forms.ChoiceField(
        label="Cut-off", choices=[(key, label.capitalize()) for key, (label, _rule) in CUTOFF_RULES.items()]
    )
    rhythm = forms.ChoiceField(choices=list(RHYTHMS.items()), initial="weekly")
    at = forms.TimeField(label="At (UTC)", required=False, initial=time(2, 15), help_text="For example 02:15.")
    weekday = forms.ChoiceField(choices=WEEKDAYS, required=False, help_text="For 'every week'.")
    day = forms.IntegerField(
        label="Day of the month",
        min_value=1,
        max_value=28,
        required=False,
        initial=1,
        help_text="For 'every month'.",
    )
    every = forms.IntegerField(min_value=1, max_value=10_000, required=False, help_text="For 'at an interval'.")
    period = forms.ChoiceField(choices=PERIODS, required=False, label="Unit")

    class Meta:
        model = Schedule
        fields = ("name", "enabled", "plan", "by")
        help_texts = {"name": "", "enabled": "Switched off, it keeps its place and does nothing."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            order = schedules.Order.of(self.instance.kwargs)
            self.initial |= {"plan": order.plan, "cutoff": order.cutoff, "by": list(order.by)}
            self.initial |= rhythm_of(self.instance)
            if self.initial["rhythm"] == KEPT:
                self.fields["rhythm"].choices = [
                    (KEPT, f"As it is: {self.instance.scheduler}"),
                    *RHYTHMS.items(),
                ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        rhythm = cleaned.get("rhythm")
        if rhythm == "interval" and not cleaned.get("every") and "every" not in self.errors:
            self.add_error("every", "Say after how many minutes, hours or days.")
        if rhythm in ("daily", "weekly", "monthly") and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", "Say at what time.")
        if rhythm == "monthly" and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", "Say on which day, 1 to 28.")
        if not self.errors:
            self.instance.interval, self.instance.crontab = times(cleaned, self.instance)
        return cleaned


def rhythm_of(schedule: Schedule) -> dict[str, Any]:
    """The form's values for a schedule's times; anything the form cannot say is kept as it is."""
    if schedule.interval and schedule.interval.period in dict(PERIODS):
        return {"rhythm": "interval", "every": schedule.interval.every, "period": schedule.interval.period}
    line = schedule.crontab
    plain = line and line.minute.isdigit() and line.hour.isdigit() and line.month_of_year == "*"
    if not plain or str(line.timezone) != "UTC":
        return {"rhythm": KEPT}
    at = {"at": time(int(line.hour), int(line.minute))}
    match line.day_of_week, line.day_of_month:
        case "*", "*":
            return {"rhythm": "daily", **at}
        case weekday, "*" if weekday.isdigit():
            return {"rhythm": "weekly", "weekday": weekday, **at}
        case "*", day if day.isdigit() and 1 <= int(day) <= 28:
            return {"rhythm": "monthly", "day": int(day), **at}
        case _:
            return {"rhythm": KEPT}


def times(asked: dict[str, Any], schedule: Schedule) -> tuple[IntervalSchedule | None, CrontabSchedule | None]:
    """The scheduler's row for a rhythm: an interval or a crontab line in UTC."""
    rhythm = asked["rhythm"]
    if rhythm == KEPT:
        return schedule.interval, schedule.crontab
    if rhythm == "interval":
        return IntervalSchedule.objects.get_or_create(every=asked["every"], period=asked["period"])[0], None
    line = {
        "minute": str(asked["at"].minute),
        "hour": str(asked["at"].hour),
        "day_of_week": asked["weekday"] or "1" if rhythm == "weekly" else "*",
        "day_of_month": str(asked["day"]) if rhythm == "monthly" else "*",
        "month_of_year": "*",
        "timezone": "UTC",
    }
    return None, CrontabSchedule.objects.get_or_create(**line)[0]


class ScheduleAdmin(admin.ModelAdmin):
    """Which plan is computed when."""

    form = ScheduleForm
    change_form_template = "admin/analytics/schedule/page.html"
    list_display = ("name", "plan_in_words", "estimates", "last_run", "times", "cutoff_in_words", "enabled")
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        ("What", {"fields": ("plan", "cutoff", "by")}),
        ("When", {"fields": ("rhythm", "at", "weekday", "day", ("every", "period"))}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        runs = Run.objects.filter(schedule_id=OuterRef("pk"))
        latest = {"ran_at": Subquery(runs.values("requested_at")[:1]), "ran_state": Subquery(runs.values("state")[:1])}
        return (
            super().get_queryset(request).select_related("crontab", "interval", "clocked", "solar").annotate(**latest)
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with the course of every question on it, read at once."""
        found = super().get_changelist_instance(request)
        courses = _courses(found.result_list)
        for schedule in found.result_list:
            schedule.course = courses.get(_question(schedule))
        return found

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        schedule = context["original"]
        if schedule is not None:
            context["course"] = _courses([schedule]).get(_question(schedule))
        return super().render_change_form(request, context, *args, **more)

    def save_model(self, request: HttpRequest, obj: Schedule, form: ScheduleForm, change: bool) -> None:
        asked = form.cleaned_data
        schedules.keep(obj, schedules.Order(asked["plan"], asked["cutoff"], tuple(asked["by"])))

    @admin.display(description="Plan")
    def plan_in_words(self, schedule: Schedule) -> str:
        order = schedules.Order.of(schedule.kwargs)
        return f"{words(order.plan)}{compared_by(order.by)}"

    @admin.display(description="Cut-off")
    def cutoff_in_words(self, schedule: Schedule) -> str:
        rule = schedules.Order.of(schedule.kwargs).cutoff
        return CUTOFF_RULES[rule][0] if rule in CUTOFF_RULES else rule

    @admin.display(description="Times")
    def times(self, schedule: Schedule) -> str:
        """The rhythm in words."""
        told = rhythm_of(schedule)
        if told["rhythm"] == "interval":
            return f"every {told['every']} {told['period']}"
        if told["rhythm"] == KEPT:
            return str(schedule.scheduler)
        at = f"{told['at']:%H:%M} UTC"
        if told["rhythm"] == "weekly":
            return f"{dict(WEEKDAYS)[told['weekday']]} {at}"
        return f"every day {at}" if told["rhythm"] == "daily" else f"day {told['day']} of the month {at}"

    @admin.display(description="Last run")
    def last_run(self, schedule: Schedule) -> str:
        if schedule.ran_at is None:
            return "none yet"
        return f"{schedule.ran_at:%Y-%m-%d %H:%M} ({State(schedule.ran_state).label.lower()})"

    @admin.display(description="Estimates over time")
    def estimates(self, schedule: Schedule) -> str:
        return render_to_string("admin/analytics/schedule/course.html", {"course": schedule.course})


def _question(schedule: Schedule) -> tuple[str, str]:
    order = schedules.Order.of(schedule.kwargs)
    return order.plan, ",".join(order.by)


def _courses(shown: Iterable[Schedule]) -> dict[tuple[str, str], history.Course]:
    """The courses of what these schedules ask, for who may see snapshots."""
    if not current_scope().can("snapshot"):
        return {}
    return history.courses(map(_question, shown), disclosed=not sees_all())
