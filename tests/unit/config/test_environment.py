"""The environment becomes settings, or one clear sentence."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env

INSTANCE = Path("/srv/instance")


def test_database_absent_is_a_file_in_the_instance():
    entry = env.database(None, instance=INSTANCE)

    assert entry["ENGINE"] == "django.db.backends.sqlite3"
    assert entry["NAME"] == "/srv/instance/registry.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert entry["OPTIONS"]["timeout"] == 20


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////srv/r.sqlite3", "/srv/r.sqlite3"),
        ("sqlite:////srv/with%20space/r.sqlite3", "/srv/with space/r.sqlite3"),
        ("sqlite:////srv/with space/r.sqlite3", "/srv/with space/r.sqlite3"),
        ("sqlite:///r.sqlite3", "r.sqlite3"),
    ],
)
def test_sqlite_address_gives_the_path(url, path):
    assert env.database(url, instance=INSTANCE)["NAME"] == path


def test_postgres_address_gives_every_part():
    entry = env.database("postgres://ann:p%40ss@db.example.org:5433/registry?sslmode=verify-full", instance=INSTANCE)

    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"]) == ("ann", "p@ss")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.org", "5433", "registry")
    assert entry["OPTIONS"] == {"sslmode": "verify-full", "options": "-c jit=off"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/name", "must begin with sqlite:// or postgres://"),
        ("registry.sqlite3", "must begin with sqlite:// or postgres://"),
        ("sqlite://relative.sqlite3", "four slashes"),
        ("sqlite:////srv/r.sqlite3?mode=ro", "without options"),
        ("sqlite:////srv/", "four slashes"),
        ("sqlite:///:memory:", "must name a file"),
        ("postgres://ann@host", "postgres://user:password@host:5432/name"),
        ("postgres://ann@host:port/name", "not a valid address"),
        ("postgres://ann@host:99999/name", "not a valid address"),
        ("postgres://ann@[::1/name", "not a valid address"),
        ("postgres://ann@host/name?sslmod=require", "unknown options: sslmod"),
    ],
)
def test_bad_database_address_is_refused_in_one_sentence(url, words):
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL") as refusal:
        env.database(url, instance=INSTANCE)

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_refusal_never_repeats_the_password():
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database("postgres://ann:s3cret@host/name?x=1", instance=INSTANCE)

    assert "s3cret" not in str(refusal.value)


def test_broker_absent_is_a_private_folder(tmp_path):
    broker = env.broker(None, folder=tmp_path / "broker")

    assert broker["url"] == "embedded://localhost"
    assert broker["options"]["polling_interval"] == 0.1
    assert broker["options"]["data_folder_in"] == broker["options"]["data_folder_out"]
    for folder in (tmp_path / "broker", tmp_path / "broker" / "queue", tmp_path / "broker" / "control"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_redis_gives_a_lost_message_back_within_seconds(tmp_path):
    options = env.broker("redis://127.0.0.1:6379/0", folder=tmp_path)["options"]

    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10
    assert options["visibility_timeout"] >= 3600


def test_rabbitmq_confirms_what_it_took(tmp_path):
    assert env.broker("amqp://guest@127.0.0.1//", folder=tmp_path)["options"] == {"confirm_publish": True}


def test_other_broker_is_refused(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="leave it unset for the embedded broker"):
        env.broker("memory://", folder=tmp_path)


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_write_ahead_log_only_where_its_reset_is_corrected(version, safe):
    pragmas = env.sqlite_pragmas(version)

    assert env.wal_is_safe(version) is safe
    assert ("journal_mode=WAL;PRAGMA synchronous=FULL" in pragmas) is safe
    assert ("journal_mode=DELETE;PRAGMA synchronous=EXTRA" in pragmas) is not safe


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("", False), ("0", False)])
def test_flag_reads_the_usual_words(value, expected):
    assert env.flag({"DEBUG": value}, "DEBUG") is expected


def test_flag_refuses_other_words():
    with pytest.raises(ImproperlyConfigured, match="DEBUG must be 1 or 0"):
        env.flag({"DEBUG": "maybe"}, "DEBUG")


def test_names_are_split_and_stripped():
    assert env.names({"ALLOWED_HOSTS": " a.example, b.example ,"}, "ALLOWED_HOSTS") == [
        "a.example",
        "b.example",
    ]


def test_secret_is_made_once_and_private(tmp_path):
    path = tmp_path / "secret_key"

    first, second = env.kept_secret(path), env.kept_secret(path)

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_secret_is_one_when_many_processes_start_at_once(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        secrets = pool.map(env.kept_secret, [tmp_path / "secret_key"] * 16, chunksize=1)

    assert len(set(secrets)) == 1


def test_empty_secret_file_is_refused(tmp_path):
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(ImproperlyConfigured, match="is empty; restore it"):
        env.kept_secret(tmp_path / "secret_key")


def test_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ImproperlyConfigured, match="Cannot make the directory"):
        env.private_directory(tmp_path / "file" / "instance")


def test_the_order_of_day_and_month_is_set_for_the_instance_and_for_sites():
    assert env.date_order({}, "DATE_ORDER") == {}
    assert env.date_order({"DATE_ORDER": "DMY, BOS=MDY"}, "DATE_ORDER") == {"": "DMY", "BOS": "MDY"}


@pytest.mark.parametrize("value", ["dmy", "YMD", "BOS=", "BOS=DMY=MDY", "DMY BOS=MDY"])
def test_an_order_that_is_none_is_refused(value):
    with pytest.raises(ImproperlyConfigured, match="DATE_ORDER must be DMY or MDY"):
        env.date_order({"DATE_ORDER": value}, "DATE_ORDER")
