"""Prints the codebook."""

from typing import Any

from registry.dictionary.codebook import codebook
from registry.entities import dictionary
from registry.management.command import SentenceCommand


class Command(SentenceCommand):
    """Every entity, item and code list as one Markdown page."""

    help = "Print the codebook: every entity, item and code list. Example: manage.py codebook > docs/codebook.md"

    def handle(self, *args: Any, **options: Any) -> None:
        for line in codebook(dictionary()):
            self.stdout.write(line)
