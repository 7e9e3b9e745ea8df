"""The OpenAPI document of the API and the page that shows it, without any file from elsewhere.

Both are open to everybody: they say what can be asked, never what is stored.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import plain
from api.views import Door


class CodeFieldSchema(OpenApiSerializerFieldExtension):
    """A closed list becomes one named component, shared by the columns that use it: stable names."""

    target_class = "api.columns.CodeField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict:
        words = self.target.words
        legend = "; ".join(f"{code}: {label}" for code, label in words.items() if label)
        schema = {"type": "string", "enum": list(words), **({"description": legend} if legend else {})}
        name = self.target.component
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        auto_schema.registry.register_on_missing(component)
        return component.ref


@cache
def document() -> dict:
    """The OpenAPI document; the same for every reader, so it is made once per process."""
    return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(Door):
    """The OpenAPI document as JSON."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document())


@method_decorator(csrf_exempt, name="dispatch")  # it takes no form: a POST is told that there is no such method
class DocsView(TemplateView):
    """The document as a page on which requests can be tried."""

    http_method_names = ("get", "head")
    template_name = "api/docs.html"

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = plain(405, f'Method "{request.method}" not allowed.')
        response["Allow"] = "GET, HEAD"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"schema_url": reverse("api-schema")}
