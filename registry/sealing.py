"""What is kept for a while only and holds clinical values is kept encrypted: AES-256-GCM, key derived from FIELD_KEY.

`bound` is written into the seal and not stored: who opens it must name the same. A sealed draft copied to another
person's row, or a file put in another's place, does not open.
"""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES, KEY_BYTES = 12, 32


class Unreadable(Exception):
    """The seal does not open: another key, another owner, or damaged bytes."""


def seal(content: bytes, *, bound: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key(settings.FIELD_KEY)).encrypt(nonce, content, bound.encode())


def unseal(sealed: bytes, *, bound: str) -> bytes:
    """The content again; Unreadable when it was sealed otherwise."""
    try:
        return AESGCM(_key(settings.FIELD_KEY)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound.encode())
    except (InvalidTag, ValueError):
        raise Unreadable("This was sealed with another key or for somebody else.") from None


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"cart19 kept for a while").derive(secret.encode())
