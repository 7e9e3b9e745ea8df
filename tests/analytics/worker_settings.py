"""Settings of worker processes in tests: a queue of their own on a shared broker, short leases, no mail to others."""

import os

from config.settings.dev import *  # noqa: F403 - a settings module is its names

CELERY_TASK_DEFAULT_QUEUE = os.environ["TEST_QUEUE"]
CELERY_BEAT_MAX_LOOP_INTERVAL = 0.5
RUN_LEASE_SECONDS = 3
RUN_RESEND_SECONDS = 2
