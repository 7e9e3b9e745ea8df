"""Django fields that carry a dictionary `Item`.

Each is a thin subclass of a Django field. `deconstruct` reports the plain Django path and drops the item, so labels,
definitions, code lists and ranges never reach a migration. A partial date declares its two companion columns itself.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from registry.dictionary.cells import DECIMAL_DIGITS, DECIMAL_PLACES
from registry.dictionary.codelists import code_list
from registry.dictionary.items import DIRECT, EXTENDED, NONE, Item, Kind


class Plain:
    """Mixin of columns that belong to no question: deconstructs to the plain Django class."""

    def deconstruct(self) -> tuple:
        name, _path, args, kwargs = super().deconstruct()
        base = next(cls for cls in type(self).__mro__ if cls.__module__.startswith("django.db.models"))
        for dropped in ("verbose_name", "help_text"):
            kwargs.pop(dropped, None)
        return name, f"django.db.models.{base.__name__}", args, kwargs


class ItemField(Plain):
    """Mixin: holds the item, allows empty drafts, checks the value against the item."""

    kind: Kind

    def __init__(self, item: Item | None = None, **kwargs: Any) -> None:
        self.item = item
        if item is not None:
            kwargs.setdefault("verbose_name", item.label)
            kwargs.setdefault("help_text", item.definition)
        super().__init__(**self.defaults(item), **kwargs)

    def defaults(self, item: Item | None) -> dict:
        return {"null": True, "blank": True}

    def clone(self) -> models.Field:
        """Django copies fields when it builds migration state; the copy is the plain field."""
        name, path, args, kwargs = self.deconstruct()
        return getattr(models, path.rsplit(".", 1)[1])(*args, **kwargs)

    def __deepcopy__(self, memo: dict) -> "ItemField":
        copied = super().__deepcopy__(memo)
        copied.item = self.item
        return copied


class TextItem(ItemField, models.CharField):
    """A short text; empty text means no value."""

    kind = Kind.TEXT

    def defaults(self, item: Item | None) -> dict:
        return {"max_length": item.max_length, "blank": True, "default": ""}


class CodeItem(ItemField, models.CharField):
    """One code of a code list; empty text means no value."""

    kind = Kind.CODE

    def defaults(self, item: Item | None) -> dict:
        return {"max_length": 32, "blank": True, "default": ""}

    def validate(self, value: str, model_instance: models.Model) -> None:
        super().validate(value, model_instance)
        if value and value not in code_list(self.item.codes):
            raise ValidationError(f"{self.item.label}: '{value}' is not in the code list {self.item.codes}")


class CodesItem(ItemField, models.JSONField):
    """Several codes of one list, kept as a list in one column so that history and extraction stay flat."""

    kind = Kind.CODES

    def defaults(self, item: Item | None) -> dict:
        return {"default": list, "blank": True}

    def validate(self, value: list, model_instance: models.Model) -> None:
        super().validate(value, model_instance)
        unknown = [code for code in value or [] if code not in code_list(self.item.codes)]
        if unknown:
            raise ValidationError(f"{self.item.label}: {', '.join(unknown)} not in the code list {self.item.codes}")


class IntegerItem(ItemField, models.IntegerField):
    """A whole number in the item's unit."""

    kind = Kind.INTEGER


class DecimalItem(ItemField, models.DecimalField):
    """A measured number in the item's unit, exact to five decimal places."""

    kind = Kind.DECIMAL

    def defaults(self, item: Item | None) -> dict:
        return {"max_digits": DECIMAL_DIGITS, "decimal_places": DECIMAL_PLACES, "null": True, "blank": True}


class BooleanItem(ItemField, models.BooleanField):
    """Yes or no; no until somebody says yes."""

    kind = Kind.BOOLEAN

    def defaults(self, item: Item | None) -> dict:
        return {"default": False}


class DateItem(ItemField, models.DateField):
    """A day; when the item is partial, also its precision (D, M, Y, U) and where it was read."""

    kind = Kind.DATE

    def contribute_to_class(self, cls: type, name: str) -> None:
        super().contribute_to_class(cls, name)
        if self.item is not None and self.item.partial:
            precision = PrecisionField(max_length=1, blank=True, default="")
            cls.add_to_class(f"{name}_precision", precision)
            cls.add_to_class(f"{name}_source", CodeItem(_source_of(self.item)))


class PrecisionField(Plain, models.CharField):
    """How exactly a date is known: D day, M month, Y year, U unknown (data dictionary 1.3)."""


def _source_of(item: Item) -> Item:
    """The companion question of a partial date: where it was read (data dictionary 1.3)."""
    definition = "Where the date was read: chart, patient, estimated, external."
    privacy = DIRECT if item.privacy is DIRECT else NONE
    return Item(f"{item.label}: source", definition, privacy, EXTENDED, "data dictionary 1.3", codes="date_source",
                chart=item.chart)  # fmt: skip


class ReferenceItem(ItemField, models.ForeignKey):
    """A link to a site, protocol, product or other record; protected, because records are voided, never deleted."""

    kind = Kind.REFERENCE

    def __init__(self, to: Any = None, item: Item | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("on_delete", models.PROTECT)
        super().__init__(item, to=to, **kwargs)

    def defaults(self, item: Item | None) -> dict:
        return {"null": True, "blank": True}


def partial_date_constraint(table: str, name: str) -> models.CheckConstraint:
    """A stored date has a precision of D, M or Y; an unknown one (U) and a blank one have no date."""
    dated = models.Q(**{f"{name}__isnull": False, f"{name}_precision__in": ["D", "M", "Y"]})
    undated = models.Q(**{f"{name}__isnull": True, f"{name}_precision__in": ["", "U"]})
    return models.CheckConstraint(condition=dated | undated, name=f"{table}_{name}_with_precision")


def exactly_one(table: str, *names: str) -> models.CheckConstraint:
    """A row hangs on exactly one of these parents."""
    choices = models.Q()
    for chosen in names:
        choices |= models.Q(**{f"{name}__isnull": name != chosen for name in names})
    return models.CheckConstraint(condition=choices, name=f"{table}_one_of_{'_'.join(names)}")
