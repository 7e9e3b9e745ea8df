"""What the analyses keep: snapshots, runs and schedules, reports and who is told of them."""

from analytics.models.asked import Look, SavedAnalysis
from analytics.models.released import Export, Handover, Release
from analytics.models.reports import Announcement, Report, ReportOrder, Subscription
from analytics.models.runs import SCHEDULED_TASK, Run, Schedule, State
from analytics.models.snapshots import (
    SNAPSHOT_IDENTITY,
    Check,
    Companion,
    FrozenFile,
    ReadingsOrder,
    Snapshot,
    SnapshotLabel,
)

__all__ = [
    "SCHEDULED_TASK",
    "SNAPSHOT_IDENTITY",
    "Announcement",
    "Check",
    "Companion",
    "Export",
    "FrozenFile",
    "Handover",
    "Look",
    "ReadingsOrder",
    "Release",
    "Report",
    "ReportOrder",
    "Run",
    "SavedAnalysis",
    "Schedule",
    "Snapshot",
    "SnapshotLabel",
    "State",
    "Subscription",
]
