"""Is the process alive, and can it serve: two addresses for whoever runs the registry.

`/healthz` answers for the process alone. `/readyz` asks the database, the migrations, the memory's triggers and the
broker; it names what is missing and nothing else.
"""

from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from registry.memory import missing_triggers


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Everything a request needs is there: 200, else 503 with the names of what is missing."""
    checks = {"database": _database, "migrations": _migrations, "triggers": _triggers, "broker": _broker}
    states = {}
    for name, look in checks.items():
        try:
            states[name] = "ok" if look() else "missing"
        except Exception:  # whatever fails, the answer to outsiders is the same
            states[name] = "missing"
    ready = all(state == "ok" for state in states.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **states}, status=200 if ready else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    executor = MigrationExecutor(connections["default"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _triggers() -> bool:
    return not missing_triggers()


def _broker() -> bool:
    from celery import current_app

    with current_app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, timeout=2)
    return True
