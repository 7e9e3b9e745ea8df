"""How a file of an export is sent: as an attachment with a safe name, named by its hash, whole or a part of it.

Shared by the pages and the API. Parts (`Range`) let DuckDB read a Parquet file's footer and columns only.
"""

import re

from django.http import HttpRequest, HttpResponse

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "zip": "application/zip",
}
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def attachment(request: HttpRequest, name: str, body: bytes, *, sha256: str) -> HttpResponse:
    """The answer that carries a file; 304 when the reader holds it, 206 or 416 where a part is asked for."""
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
    response.content = body
    response["Content-Length"] = str(len(body))
    return response


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte of the part; the first beyond the last where there is no such part."""
    first, last = asked.groups()
    if not first:  # the last so many bytes
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return (int(first), min(int(last), size - 1) if last else size - 1) if int(first) < size else (1, 0)
