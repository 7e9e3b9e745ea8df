"""Where mails go: EMAIL_URL from the environment, or the console, so that nothing leaves a machine by default."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import environment as env

FORM = "write smtp://user:password@host:587?tls=starttls (or tls=ssl, or tls=none for a relay on this host)"
TLS = {"starttls": {"EMAIL_USE_TLS": True}, "ssl": {"EMAIL_USE_SSL": True}, "none": {}}
PORTS = {"starttls": 587, "ssl": 465, "none": 25}
TIMEOUT_SECONDS = 20


def mail_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's mail settings; a fault is one sentence that repeats no password."""
    sender = env.text(environ, "EMAIL_FROM") or "CART19 Registry <registry@localhost>"
    told = {"DEFAULT_FROM_EMAIL": sender, "SERVER_EMAIL": sender, "EMAIL_TIMEOUT": TIMEOUT_SECONDS}
    url = env.text(environ, "EMAIL_URL")
    if url is None:
        return told | {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    tls = dict(parse_qsl(parts.query)).get("tls", "starttls")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme != "smtp" or not parts.hostname or tls not in TLS or port == -1:
        raise ImproperlyConfigured(f"EMAIL_URL is no mail server: {FORM}.")
    return told | TLS[tls] | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or PORTS[tls],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
    }  # fmt: skip


def site_url(environ: Mapping[str, str]) -> str:
    """The address people type, without a slash at its end: what links in mails begin with."""
    url = (env.text(environ, "SITE_URL") or "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured("SITE_URL must be an address such as https://registry.example.org.")
    return url
