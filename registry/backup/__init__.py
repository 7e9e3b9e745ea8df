"""Backup and restore: the whole registry in one file that either database can be restored from."""

from registry.backup.restoring import looked_at, restore
from registry.backup.taking import take
from registry.backup.words import BackupRefused

__all__ = ["BackupRefused", "looked_at", "restore", "take"]
