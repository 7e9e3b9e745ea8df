"""Who sees numbers as they are: those who run analyses work on person-level rows anyway.

Everybody else who may see snapshots gets what the disclosure policy lets out - in pages, figures, files and the API.
"""

from registry.access import current_scope


def sees_all() -> bool:
    """Whether the reader has person-level rights."""
    return current_scope().can("run")
