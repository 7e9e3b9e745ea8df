"""Writes empty import templates and a filled example."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from registry.importing.template import write_templates
from registry.management.command import SentenceCommand


class Command(SentenceCommand):
    """Writes DIR/templates (headers of every entity) and DIR/example (a synthetic patient, ready to import)."""

    help = (
        "Write empty import templates, one CSV per entity, into DIR/templates and a filled synthetic example into "
        "DIR/example. Example: manage.py import_template ./bundle"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = write_templates(Path(options["directory"]))
        except OSError as error:
            raise CommandError(f"The templates cannot be written to {options['directory']}: {error.strerror}") from None
        self.stdout.write(f"{len(written)} files written to {options['directory']}")
