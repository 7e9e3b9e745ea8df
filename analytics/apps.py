"""Analyses as a Django application."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Snapshots, their analyses and reports."""

    name = "analytics"

    def ready(self) -> None:
        from analytics.immutable import trigger_names
        from registry.memory import WATCHED

        WATCHED.append(trigger_names)
