"""Reads the environment into settings values; every fault is one clear sentence.

Pure but for `private_directory` and `kept_secret`. No message repeats the value of a variable that may hold
a password.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
# Every variable that configures an instance; the tests set all of them aside.
VARIABLES = (
    "DATABASE_URL",
    "BROKER_URL",
    "INSTANCE_DIR",
    "SECRET_KEY",
    "FIELD_KEY",
    "ALLOWED_HOSTS",
    "DEBUG",
    "PRODUCTION",
    "BEHIND_TLS_PROXY",
    "QUERY_ERRORS_AFTER_DAYS",
    "DATE_ORDER",
    "EMAIL_URL",
    "EMAIL_FROM",
    "SITE_URL",
)
#: Compiling a query of many branches takes PostgreSQL seconds; the pages ask such queries for a few rows.
NO_JIT = "-c jit=off"
POSTGRES_OPTIONS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name"}
SQLITE_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
LONGEST_TASK_SECONDS = 4 * 3600


def text(environ: Mapping[str, str], name: str) -> str | None:
    """The stripped value of a variable; an empty one counts as absent."""
    return environ.get(name, "").strip() or None


def flag(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A yes/no variable."""
    value = text(environ, name)
    if value is None:
        return default
    if value.lower() not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off), not {value!r}.")
    return value.lower() in TRUE


def whole_number(environ: Mapping[str, str], name: str, *, default: int) -> int:
    """A whole number, 0 or more."""
    value = text(environ, name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 6:
        raise ImproperlyConfigured(f"{name} must be a whole number, 0 or more, not {value!r}.")
    return int(value)


def date_order(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """The order in which day and month are typed: `DMY`, where a site differs `BOS=MDY`; the instance's own is ""."""
    orders = {}
    for part in names(environ, name):
        site, _, order = part.rpartition("=")
        if order not in ("DMY", "MDY") or {" ", "="} & set(site.strip()):
            raise ImproperlyConfigured(f"{name} must be DMY or MDY, for one site BOS=MDY, not {part!r}.")
        orders[site.strip()] = order
    return orders


def names(environ: Mapping[str, str], name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """A list of names, separated by commas."""
    value = text(environ, name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def database(url: str | None, *, instance: Path) -> dict:
    """The DATABASES entry for DATABASE_URL; absent: `registry.sqlite3` in the instance directory.

    `sqlite:////path/file.sqlite3` (four slashes: absolute path) or `postgres://user[:password]@host[:5432]/name`.
    """
    if url is None:
        return _sqlite(instance / "registry.sqlite3")
    parts = _split("DATABASE_URL", url)
    if parts.scheme == "sqlite":
        return _sqlite(_sqlite_path(parts))
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgres(parts)
    raise ImproperlyConfigured(
        "DATABASE_URL must begin with sqlite:// or postgres://, for example "
        f"sqlite:////srv/registry.sqlite3; its scheme is {parts.scheme!r}."
    )


def broker(url: str | None, *, folder: Path) -> dict:
    """Celery's broker address and transport options.

    Absent: message files in `folder`, so that nothing has to be installed. For one host, not a network disk.
    """
    if url is None:
        private_directory(folder)
        inside = {name: str(private_directory(folder / name)) for name in ("queue", "control", "processed")}
        options = {
            "data_folder_in": inside["queue"],
            "data_folder_out": inside["queue"],
            "control_folder": inside["control"],
            "processed_folder": inside["processed"],
            "polling_interval": 0.1,
        }
        return {"url": "embedded://localhost", "options": options}  # config/embedded_broker.py
    scheme = _split("BROKER_URL", url).scheme
    if scheme in {"redis", "rediss"}:
        # kombu sweeps for lost messages every interval x throttle seconds; its defaults make that 100 s.
        options = {
            "visibility_timeout": LONGEST_TASK_SECONDS,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        }
        return {"url": url, "options": options}
    if scheme in {"amqp", "amqps"}:
        return {"url": url, "options": {"confirm_publish": True}}
    raise ImproperlyConfigured(
        "BROKER_URL must begin with redis:// or amqp://; leave it unset for the embedded broker. "
        f"Its scheme is {scheme!r}."
    )


def sqlite_pragmas(version: tuple[int, int, int]) -> str:
    """What every SQLite connection is told first.

    Libraries before 3.51.3 (fixed also in 3.50.7 and 3.44.6) can lose data when two connections reset the
    write-ahead log: there the rollback journal is used, with the strictest sync. `recursive_triggers` makes
    REPLACE fire delete triggers, without which the append-only change table could be overwritten.
    Source: sqlite.org/wal.html, "The WAL-reset bug"; sqlite.org/lang_conflict.html, REPLACE.
    """
    journal, synchronous = ("WAL", "FULL") if wal_is_safe(version) else ("DELETE", "EXTRA")
    pragmas = ["foreign_keys=ON", "recursive_triggers=ON"]
    pragmas += [f"journal_mode={journal}", f"synchronous={synchronous}"]
    return ";".join(f"PRAGMA {pragma}" for pragma in pragmas)


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite library has the correction of the WAL reset."""
    if version >= SQLITE_FIXED[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in SQLITE_FIXED)


def private_directory(path: Path) -> Path:
    """Makes a directory that only its owner may enter (0700); an existing one is left as it is."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise ImproperlyConfigured(f"Cannot make the directory {path}: {fault.strerror}.") from None
    return path


def kept_secret(path: Path) -> str:
    """A random secret, made once and kept in a file with mode 0600; several processes may start at once."""
    try:
        if not path.exists():
            _write_secret(path)
        secret = path.read_text(encoding="ascii").strip()
    except OSError as fault:
        raise ImproperlyConfigured(f"Cannot read or make the secret file {path}: {fault.strerror}.") from None
    if not secret:
        raise ImproperlyConfigured(f"The secret file {path} is empty; restore it from the backup.")
    return secret


def _write_secret(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret is the one
    finally:
        draft.unlink()


def _split(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - the port is only parsed, and only refused, when it is read
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name} is not a valid address: {fault}.") from None
    return parts


def _sqlite_path(parts: SplitResult) -> Path:
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or not path.startswith("/") or path.endswith("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL for SQLite is sqlite:////absolute/path/file.sqlite3 (four slashes) "
            "or sqlite:///relative/file.sqlite3 (three), without options."
        )
    if ":memory:" in path:
        raise ImproperlyConfigured("DATABASE_URL must name a file: web, worker and scheduler share one database.")
    return Path(path[1:])


def _sqlite(path: Path) -> dict:
    # Imported here: the version counts only where SQLite is used.
    from sqlite3 import sqlite_version_info

    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": sqlite_pragmas(sqlite_version_info),
    }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def _postgres(parts: SplitResult) -> dict:
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ImproperlyConfigured("DATABASE_URL for PostgreSQL is postgres://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - POSTGRES_OPTIONS)
    if unknown:
        raise ImproperlyConfigured(
            f"DATABASE_URL has unknown options: {', '.join(unknown)}; known are {', '.join(sorted(POSTGRES_OPTIONS))}."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | {"options": NO_JIT},
    }
