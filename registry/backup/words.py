"""What a backup file is made of, and how its refusals are called."""

import hashlib
import hmac

from django.conf import settings

PRODUCT, FORMAT = "CART19 Registry backup", 1
MANIFEST, KEY_FILE = "manifest.json", "field_key"


class BackupRefused(ValueError):
    """The backup cannot be taken or restored; the message is one sentence that says why, without patient data."""


def table_path(table: str) -> str:
    return f"tables/{table}.jsonl"


def key_fingerprint(key: str) -> str:
    """What tells whether an instance has the key a backup needs, without telling the key."""
    return hmac.new(key.encode(), b"which key is this", hashlib.sha256).hexdigest()[:16]


def own_key_file() -> str | None:
    """The text of the key this instance made for itself; None where the environment gave one."""
    path = settings.INSTANCE_DIR / KEY_FILE
    text = path.read_text(encoding="ascii").strip() if path.is_file() else None
    return text if text == settings.FIELD_KEY else None
