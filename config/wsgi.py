"""The WSGI application; which settings it takes is decided by the environment (PRODUCTION=1)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# A page makes some ten thousand short-lived objects beside the hundred thousands that stay for good. Python's defaults
# look through all of them several times a page to find cycles: a sixth of its time. What is loaded is never searched.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
