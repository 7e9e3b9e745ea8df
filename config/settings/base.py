"""Settings that hold everywhere; `dev`, `test` and `prod` add the little that differs.

Every value from outside comes from the environment (see `.env.example`); with nothing set, the embedded
default works: SQLite and a file broker inside the instance directory.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment as env
from config import mail

BASE_DIR = Path(__file__).resolve().parents[2]
INSTANCE_DIR = Path(env.text(os.environ, "INSTANCE_DIR") or BASE_DIR / "instance").resolve()
env.private_directory(INSTANCE_DIR)

# Secrets: from the environment, else made once and kept in the instance directory.
SECRET_KEY = env.text(os.environ, "SECRET_KEY") or env.kept_secret(INSTANCE_DIR / "secret_key")
# Keys the hashes of identifiers; apart from SECRET_KEY, which may be changed without losing them.
FIELD_KEY = env.text(os.environ, "FIELD_KEY") or env.kept_secret(INSTANCE_DIR / "field_key")

DEBUG = env.flag(os.environ, "DEBUG")
ALLOWED_HOSTS = env.names(os.environ, "ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = [
    "config.apps.RegistryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "csp",
    "registry",
    "analytics",
    "api",
    "exports",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.sessions.KeepAliveMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "registry.middleware.RequestMemoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.context.registry",
            ],
        },
    },
]

DATABASES = {"default": env.database(env.text(os.environ, "DATABASE_URL"), instance=INSTANCE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People and passwords.
AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = ["registry.backends.RoleBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Sessions end after 30 idle minutes; config.sessions keeps a used one alive.
SESSION_COOKIE_AGE = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# What a browser may do with our pages.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Sizes of what is sent to us: 2 MiB of form, 1,000 fields; files are bounded by the import itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_TEMP_DIR = env.private_directory(INSTANCE_DIR / "uploads")

# Files. MEDIA_ROOT is never served by address: snapshots and exports go through views that know the reader.
MEDIA_ROOT = env.private_directory(INSTANCE_DIR / "files")
MEDIA_URL = ""
STATIC_URL = "static/"
STATIC_ROOT = None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# API. The defaults are the rules: a view that forgets one is closed, not open.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.auth.MemoryAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.auth.MayUse"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CART19 Registry",
    "DESCRIPTION": "Read-only access to the registry's records and snapshots. A token reads what its owner "
    "may read: rows of other sites are not there. Direct identifiers and typed prose never leave here.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [],  # closed lists name their own components (api.schema)
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# The nightly sweep raises a query for an error that stood this many days; 0: people raise all queries.
# A second person releases what a command exports, too, where few patients share their quasi-identifiers (prod: yes).
COMMANDS_WAIT_FOR_RELEASE = False

QUERY_ERRORS_AFTER_DAYS = env.whole_number(os.environ, "QUERY_ERRORS_AFTER_DAYS", default=14)
# What 03/04/2015 means in a date box; without it such a date is refused with both readings.
DATE_ORDER = env.date_order(os.environ, "DATE_ORDER")

# Mail: announcements of scheduled snapshots, to the console unless EMAIL_URL names a server.
globals().update(mail.mail_settings(os.environ))
SITE_URL = mail.site_url(os.environ)

# Jobs. The Run row is the truth and the message a hint, so results are not kept and messages hold ids only.
_BROKER = env.broker(env.text(os.environ, "BROKER_URL"), folder=INSTANCE_DIR / "broker")
CELERY_BROKER_URL = _BROKER["url"]
CELERY_BROKER_TRANSPORT_OPTIONS = _BROKER["options"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.log_lines.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
