#!/usr/bin/env python
"""Runs the registry's commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError


def main() -> None:
    """Runs the command; a fault of configuration or of the database ends in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(f"error: {fault}")
    except DatabaseError as fault:
        if "--traceback" in sys.argv:
            raise
        from registry.management.command import unanswered

        sys.exit(f"error: {unanswered(fault)}")


if __name__ == "__main__":
    main()
