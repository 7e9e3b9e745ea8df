"""The settings as a start of the product sees them."""

import secrets
import stat

import pytest
from django.conf import settings
from django.db import connection

PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "FIELD_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "registry.example.org",
}


@pytest.mark.django_db
def test_every_sqlite_connection_enforces_keys_and_fires_triggers_on_replace():
    with connection.cursor() as cursor:
        found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("foreign_keys", "recursive_triggers")]

    assert found == [1, 1]


def test_celery_takes_the_settings():
    from config import celery_app

    assert celery_app.conf.task_acks_late
    assert celery_app.conf.task_reject_on_worker_lost
    assert celery_app.conf.task_ignore_result
    assert celery_app.conf.worker_prefetch_multiplier == 1
    assert celery_app.conf.accept_content == ["json"]
    assert celery_app.conf.beat_scheduler == "django_celery_beat.schedulers:DatabaseScheduler"


def test_tests_never_touch_a_real_instance():
    assert "registry-test-" in str(settings.INSTANCE_DIR)


def test_nothing_set_works_on_the_embedded_default(instance):
    done = instance.manage("migrate", "--verbosity", "0")

    assert done.returncode == 0, done.stderr
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in instance.directory.iterdir()}
    assert modes["secret_key"] == modes["field_key"] == 0o600
    assert modes["broker"] == modes["files"] == 0o700
    assert stat.S_IMODE(instance.directory.stat().st_mode) == 0o700


def test_bad_address_ends_in_one_sentence(instance):
    done = instance.manage("migrate", DATABASE_URL="mysql://u:hunter2@h/n")

    assert done.returncode == 1
    assert done.stderr.startswith("error: DATABASE_URL must begin with")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_a_database_that_is_not_there_ends_in_one_sentence(instance):
    done = instance.manage("migrate", DATABASE_URL="postgres://u:hunter2@127.0.0.1:1/n")

    assert done.returncode == 1
    assert done.stderr.startswith("error: The database does not answer") and done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_production_refuses_to_start_half_configured(instance):
    done = instance.manage("check", PRODUCTION="1")

    assert done.returncode == 1
    assert done.stderr.startswith("error: PRODUCTION=1 refuses to start: ALLOWED_HOSTS is missing")


def test_production_passes_the_deployment_check(instance):
    database = f"sqlite:///{instance.directory}/r.sqlite3"

    done = instance.manage("check", "--deploy", "--fail-level", "WARNING", DATABASE_URL=database, **PRODUCTION)

    assert done.returncode == 0, done.stderr
