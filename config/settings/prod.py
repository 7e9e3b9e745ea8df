"""Production (PRODUCTION=1): https only, and a refusal to start half-configured (RELIABILITY SEC-01)."""

import os

from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from config.refusals import environment_refusals

_faults = environment_refusals(os.environ)
if _faults:
    raise ImproperlyConfigured("PRODUCTION=1 refuses to start: " + " ".join(_faults))

from config.settings.base import *  # noqa: E402, F403 - only after the environment was found good

DEBUG = False
COMMANDS_WAIT_FOR_RELEASE = True

# Static files: collected once (`manage.py collectstatic`), compressed, named by content.
STATIC_ROOT = BASE_DIR / "staticfiles"  # noqa: F405
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}  # noqa: F405
WHITENOISE_USE_FINDERS = False

# https only. The proxy's word that the client came by https counts only when BEHIND_TLS_PROXY=1 says that a
# proxy stands before us, and sets or removes that header on every request.
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.flag(os.environ, "BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preloading binds the whole domain: its owner's decision

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
