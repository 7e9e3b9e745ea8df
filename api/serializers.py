"""One read-only serializer per entity, made in a loop over the dictionary."""

from typing import Any

from rest_framework import serializers

from api.columns import Column, columns_of
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary
from registry.models import Record


class RowSerializer(serializers.Serializer):
    """A row as its columns. The declared fields describe; the columns read, one plain call each."""

    columns: tuple[Column, ...] = ()

    def to_representation(self, instance: Record) -> dict[str, Any]:
        return {column.name: column.read(instance) for column in self.columns}


def _serializer_of(entity: EntitySpec) -> type[RowSerializer]:
    columns = columns_of(entity)
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{entity.slug}: two API columns of the name {', '.join(twice)}; rename the item.")
    body = {column.name: column.field for column in columns}
    name = "".join(part.title() for part in entity.slug.split("_"))
    return type(f"{name}Serializer", (RowSerializer,), {**body, "columns": columns, "__doc__": entity.doc})


SERIALIZERS: dict[str, type[RowSerializer]] = {entity.slug: _serializer_of(entity) for entity in dictionary()}


class ErrorSerializer(serializers.Serializer):
    """Every refusal has this shape."""

    code = serializers.CharField(help_text="Stable word for programs.")
    message = serializers.CharField(help_text="One sentence for people.")
    fields = serializers.DictField(  # hides a property of the class, which nothing here uses
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong, by parameter."
    )
