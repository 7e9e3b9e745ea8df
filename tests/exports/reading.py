"""Export files as rows, and the frozen tables they come from."""

import csv
import io

from exports.bundle import Composed

Rows = list[dict[str, str]]


def rows_of(body: bytes | str) -> Rows:
    text = body.decode() if isinstance(body, bytes) else body
    return list(csv.DictReader(io.StringIO(text, newline="")))


def files_of(made: Composed) -> dict[str, bytes]:
    return {part.path: part.body for part in made.parts}
