"""How a file of an export is sent: as an attachment with a safe name, named by its hash, whole or a part of it.

Shared by the pages and the API. The ledger is told before the first byte, and only where bytes leave: an answer to
HEAD, one that says "unchanged" or "no such part" hands nothing over. Parts (`Range`) let DuckDB read a Parquet file's
footer and columns only.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse

from analytics import ledger
from analytics.models import Export
from registry.access import current_scope

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "zip": "application/zip",
}
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def file_of(request: HttpRequest, export: Export, path: str, *, way: str) -> HttpResponse:
    """A file of an export as its reader receives it; Http404 where it has no such file."""
    if path not in export.files:
        raise Http404("There is no such file.")
    body, told = ledger.bodies(export, [path])[path], telling(export, [path], way=way)
    return attachment(request, name_of(export, f"-{path}"), body, sha256=export.files[path]["sha256"], leaves=told)


def name_of(export: Export, end: str) -> str:
    """What a file that leaves is called: agreement, tier, snapshot, and whether the patients are invented."""
    told = f"{export.agreement.code}-{export.tier}-snapshot-{export.snapshot_id}"
    return f"{'SYNTHETIC-' if export.snapshot.synthetic else ''}{told}{end}"


def telling(export: Export, paths: Iterable[str], *, way: str) -> Callable[[], object]:
    """How the ledger is told that these files go to who asks now."""
    files = {path: export.files[path] for path in paths}
    return partial(ledger.write_down, export, files, scope=current_scope(), way=way)


def attachment(
    request: HttpRequest, name: str, body: bytes, *, sha256: str, leaves: Callable[[], object]
) -> HttpResponse:
    """The answer that carries a file; 304 when the reader holds it, 206 or 416 where a part is asked for.

    `leaves` is called once before any byte is given away.
    """
    etag = f'"{sha256}"'
    response = HttpResponse(content_type=MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream"))
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f'attachment; filename="{UNSAFE.sub("-", name)}"'
    if etag in request.headers.get("If-None-Match", ""):
        response.status_code = 304
        return response
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked and asked.group() != "bytes=-" and request.headers.get("If-Range", etag) == etag:
        first, last = _bounds(asked, len(body))
        if first > last:
            response.status_code = 416
            response["Content-Range"] = f"bytes */{len(body)}"
            return response
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        body = body[first : last + 1]
    response["Content-Length"] = str(len(body))
    if request.method != "HEAD":
        leaves()
        response.content = body
    return response


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte of the part; the first beyond the last where there is no such part."""
    first, last = asked.groups()
    if not first:  # the last so many bytes
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return (int(first), min(int(last), size - 1) if last else size - 1) if int(first) < size else (1, 0)
