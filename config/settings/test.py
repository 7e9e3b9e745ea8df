"""Settings of the tests: a throw-away instance directory, quick hashes, tasks that run at once.

TEST_DATABASE_URL chooses the database (default SQLite). The variables of a real instance are not looked at,
so that no test can touch one; what a test starts as a process of its own inherits the throw-away directory.
"""

import atexit
import os
import shutil
import tempfile

from config.environment import VARIABLES

_INSTANCE = tempfile.mkdtemp(prefix="registry-test-")
atexit.register(shutil.rmtree, _INSTANCE, ignore_errors=True)

for _name in VARIABLES:
    os.environ.pop(_name, None)
os.environ["INSTANCE_DIR"] = _INSTANCE
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from config.settings.base import *  # noqa: E402, F403 - after the environment is set

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
LOGGING["root"]["level"] = "WARNING"  # noqa: F405
# Several people and lanes may test on one PostgreSQL server at once.
DATABASES["default"]["TEST"] = (  # noqa: F405
    {} if DATABASES["default"]["ENGINE"].endswith("sqlite3") else {"NAME": f"test_registry_{os.getpid()}"}  # noqa: F405
)
if os.environ.get("TEST_DATABASE_ON_DISK") and DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A browser sends what was typed while it opens the next page; one connection in memory would mix the two.
    DATABASES["default"]["TEST"] = {"NAME": f"{_INSTANCE}/test.sqlite3"}  # noqa: F405
if not DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A test database need not survive a crash of the machine; what is proved about durability runs elsewhere.
    _options = DATABASES["default"].setdefault("OPTIONS", {})  # noqa: F405
    _options["options"] = f"{_options.get('options', '')} -c synchronous_commit=off".strip()
