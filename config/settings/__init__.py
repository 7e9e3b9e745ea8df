"""The default settings: `prod` when PRODUCTION=1, else `dev`.

DJANGO_SETTINGS_MODULE may name one module of this package instead; then nothing is loaded here.
"""

import os

from config.environment import flag

if os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings") == "config.settings":
    if flag(os.environ, "PRODUCTION"):
        from config.settings.prod import *  # noqa: F403 - a settings module is its names
    else:
        from config.settings.dev import *  # noqa: F403
