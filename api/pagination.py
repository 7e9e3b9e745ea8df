"""Cursor pages: a stable order, at most 200 rows, no total (a total would tell about other sites)."""

import re

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

_CURSOR = re.compile(r"[A-Za-z0-9+/]{1,200}={0,2}")
_ROW_ID = re.compile(r"\d{1,18}")


class Pages(CursorPagination):
    """Rows by ascending id; `next` and `previous` are whole addresses, null at the ends."""

    ordering = "pk"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    cursor_query_description = "Where the page starts, as given in `next` or `previous`."
    page_size_query_description = "Rows per page, 1 to 200; 50 when not given."

    def get_page_size(self, request: Request) -> int:
        """The page size asked for; beyond the limit is refused, not silently cut."""
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= self.max_page_size:
            raise ValidationError(
                {self.page_size_query_param: [f"Write a whole number from 1 to {self.max_page_size}."]}
            )
        return int(text)

    def decode_cursor(self, request: Request) -> object | None:
        """A cursor we gave; anything else is refused before it can reach the database."""
        refusal = ValidationError({"cursor": ["Not a cursor of this list; start again without it."]})
        text = request.query_params.get(self.cursor_query_param)
        if text is not None and not _CURSOR.fullmatch(text):
            raise refusal
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise refusal from None
        if cursor is not None and cursor.position is not None and not _ROW_ID.fullmatch(cursor.position):
            raise refusal
        return cursor

    def get_schema_operation_parameters(self, view: object) -> list[dict]:
        """The page size with its limits, for the OpenAPI document."""
        cursor, size = super().get_schema_operation_parameters(view)
        limits = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [cursor, {**size, "schema": limits}]

    def get_paginated_response_schema(self, schema: dict) -> dict:
        """The page as the OpenAPI document shows it."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }


class NewestFirst(Pages):
    """The same, by descending id."""

    ordering = "-pk"
