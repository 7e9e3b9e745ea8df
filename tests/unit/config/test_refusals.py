"""A production start with any of these settings is refused (RELIABILITY SEC-01)."""

import secrets

import pytest

from config.refusals import environment_refusals

GOOD = {
    "PRODUCTION": "1",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "FIELD_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "registry.example.org",
    "DATABASE_URL": "postgres://app:pw@db.example.org/registry?sslmode=verify-full",
    "INSTANCE_DIR": "/srv/cart19-of-nobody",
}
BAD = [
    ({"DEBUG": "1"}, "DEBUG is on"),
    ({"DEBUG": "maybe"}, "DEBUG must be 1 or 0"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is missing"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds '*'"),
    ({"ALLOWED_HOSTS": "a.example.org,*.example.org"}, "ALLOWED_HOSTS holds '*'"),
    ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
    ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is too weak"),
    (
        {"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)},
        "SECRET_KEY is one of Django's examples",
    ),
    ({"FIELD_KEY": ""}, "FIELD_KEY is missing"),
    ({"FIELD_KEY": "short"}, "FIELD_KEY is too weak"),
    ({"FIELD_KEY": GOOD["SECRET_KEY"]}, "FIELD_KEY repeats SECRET_KEY"),
    ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
    ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must begin"),
    ({"DATABASE_URL": "sqlite:///r.sqlite3"}, "relative SQLite file"),
    ({"DATABASE_URL": "postgres://app:pw@db.example.org/registry"}, "without TLS"),
    ({"DATABASE_URL": "postgres://app:pw@db.example.org/registry?sslmode=prefer"}, "without TLS"),
    ({"DATABASE_URL": "postgres://app@db.example.org/registry?sslmode=require"}, "neither password"),
    ({"INSTANCE_DIR": ""}, "INSTANCE_DIR is missing"),
]


@pytest.mark.parametrize("database", [GOOD["DATABASE_URL"], "postgres://app@127.0.0.1/r", "sqlite:////srv/r.sqlite3"])
def test_good_environment_starts(database):
    assert environment_refusals(GOOD | {"DATABASE_URL": database}) == []


@pytest.mark.parametrize(("change", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_environment_is_refused(change, words):
    faults = environment_refusals(GOOD | change)

    assert len(faults) == 1
    assert words in faults[0]


def test_no_refusal_repeats_a_secret():
    said = " ".join(environment_refusals(GOOD | {"SECRET_KEY": "hunter2", "DATABASE_URL": "mysql://u:pw99@h/n"}))

    assert "hunter2" not in said
    assert "pw99" not in said


def test_instance_that_others_can_enter_is_refused(tmp_path):
    tmp_path.chmod(0o755)

    assert "0700" in " ".join(environment_refusals(GOOD | {"INSTANCE_DIR": str(tmp_path)}))
