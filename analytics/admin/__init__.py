"""Snapshots, runs and schedules in the administration."""

from django.contrib import admin
from django_celery_beat import models as beat

from analytics.admin.reports import SubscriptionAdmin
from analytics.admin.runs import RunAdmin
from analytics.admin.schedules import ScheduleAdmin
from analytics.admin.snapshots import SnapshotAdmin
from analytics.models import Run, Schedule, Snapshot, Subscription

# The scheduler's own forms would let anybody run any task; ours know plans.
for model in (
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    admin.site.unregister(model)

admin.site.register(Snapshot, SnapshotAdmin)
admin.site.register(Run, RunAdmin)
admin.site.register(Schedule, ScheduleAdmin)
admin.site.register(Subscription, SubscriptionAdmin)
