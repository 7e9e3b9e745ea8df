"""Why a production start is refused; one small rule per fault (RELIABILITY SEC-01)."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import environment as env

LEAST_SECRET_LENGTH = 50
LEAST_FIELD_KEY_LENGTH = 43  # 256 random bits in base64
LEAST_DIFFERENT_CHARACTERS = 16
SAFE_SSL_MODES = {"require", "verify-ca", "verify-full"}


def environment_refusals(environ: Mapping[str, str]) -> list[str]:
    """Every reason not to start with this environment; no sentence repeats a secret."""
    faults: list[str] = []
    for rule in RULES:
        try:
            faults.extend(rule(environ))
        except ImproperlyConfigured as fault:
            faults.append(str(fault))
    return faults


def debug(environ: Mapping[str, str]) -> Iterator[str]:
    if env.flag(environ, "DEBUG"):
        yield "DEBUG is on; unset it."


def hosts(environ: Mapping[str, str]) -> Iterator[str]:
    allowed = env.names(environ, "ALLOWED_HOSTS")
    if not allowed:
        yield "ALLOWED_HOSTS is missing; name the host that people type, for example registry.example.org."
    if any("*" in host for host in allowed):
        yield "ALLOWED_HOSTS holds '*'; name every host."


def secret_key(environ: Mapping[str, str]) -> Iterator[str]:
    yield from _key_faults("SECRET_KEY", env.text(environ, "SECRET_KEY"), LEAST_SECRET_LENGTH)


def field_key(environ: Mapping[str, str]) -> Iterator[str]:
    key = env.text(environ, "FIELD_KEY")
    yield from _key_faults("FIELD_KEY", key, LEAST_FIELD_KEY_LENGTH)
    if key and key == env.text(environ, "SECRET_KEY"):
        yield "FIELD_KEY repeats SECRET_KEY; make one of its own."


def database(environ: Mapping[str, str]) -> Iterator[str]:
    url = env.text(environ, "DATABASE_URL")
    if url is None:
        yield "DATABASE_URL is missing; name the database, SQLite too."
        return
    entry = env.database(url, instance=Path("."))
    if entry["ENGINE"].endswith("sqlite3"):
        if not Path(entry["NAME"]).is_absolute():
            yield "DATABASE_URL names a relative SQLite file; give the absolute path (four slashes)."
        return
    if not _is_local(entry["HOST"]):
        if entry["OPTIONS"].get("sslmode") not in SAFE_SSL_MODES:
            yield "DATABASE_URL reaches another host without TLS; add ?sslmode=verify-full."
        if not entry["PASSWORD"] and "sslcert" not in entry["OPTIONS"]:
            yield "DATABASE_URL reaches another host with neither password nor client certificate."


def instance(environ: Mapping[str, str]) -> Iterator[str]:
    value = env.text(environ, "INSTANCE_DIR")
    if value is None:
        yield "INSTANCE_DIR is missing; name the directory of snapshot and export files."
    elif Path(value).is_dir() and os.stat(value).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield "INSTANCE_DIR can be entered by others; give it mode 0700."


RULES: tuple[Callable[[Mapping[str, str]], Iterator[str]], ...] = (
    debug,
    hosts,
    secret_key,
    field_key,
    database,
    instance,
)


def _key_faults(name: str, key: str | None, least: int) -> Iterator[str]:
    if key is None:
        yield f"{name} is missing."
    elif key.startswith("django-insecure-"):
        yield f"{name} is one of Django's examples."
    elif len(key) < least or len(set(key)) < LEAST_DIFFERENT_CHARACTERS:
        yield f"{name} is too weak: at least {least} random characters."


def _is_local(host: str) -> bool:
    if not host or host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
