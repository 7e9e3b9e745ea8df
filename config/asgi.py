"""The ASGI application; which settings it takes is decided by the environment (PRODUCTION=1)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
