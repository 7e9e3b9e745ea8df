"""What the tests of the import page share: bundles with other patients, packed files, what is stored."""

import io
import zipfile
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from registry.models import ImportUpload, Patient
from tests.factories import as_system
from tests.registry.bundles import Bundle, bundle, write

SECRET = "local-001"


def here(**changed: list[dict[str, str]]) -> Bundle:
    """The example with every row at the importer's own site."""
    files = bundle(site=None, **changed)
    return moved(files, "HOSP_A", "BOS")


def moved(files: Bundle, old: str, new: str) -> Bundle:
    return {
        slug: [{name: cell.replace(old, new) for name, cell in row.items()} for row in rows]
        for slug, rows in files.items()
    }


def packed(folder: Path, files: Bundle, name: str = "patients of Anna Smith.zip") -> SimpleUploadedFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(write(folder / name, files).iterdir()):
            archive.write(path, path.name)
            path.unlink()
    return SimpleUploadedFile(name, buffer.getvalue())


def patients() -> int:
    with as_system():
        return Patient.objects.filter(voided=False).count()


def state(upload: ImportUpload) -> str:
    return ImportUpload.objects.get(pk=upload.pk).state
