"""A bundle that fills every column of every entity with everything it may hold, made from the dictionary alone.

Patient k takes the k-th of the texts an item may hold, so each code of each list, each precision of a date, each
comparator and each reason for absence stands in some row. The values do not make a course of disease; they are valid.
"""

import math

from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Kind
from registry.entities import dictionary
from registry.importing.parse import REFERENCES, links

PATIENTS = 24
Bundle = dict[str, list[dict[str, str]]]
TEXTS = ("plain #", "Zürich – ōé 漢字 #", 'quoted "words", and; marks #', "=1+#", "two\nlines #")


def texts_of(item: ItemSpec, *, number: int) -> list[str]:
    """Texts that one cell of this item may hold."""
    found = {Kind.CODE: _codes, Kind.CODES: _lists, Kind.DATE: _dates, Kind.BOOLEAN: lambda _item: ["Y", "N"],
             Kind.INTEGER: _integers, Kind.DECIMAL: _decimals, Kind.TEXT: _texts}[item.kind](item)  # fmt: skip
    return [*(text.replace("#", str(number)) for text in found), *MISSING]


def _codes(item: ItemSpec) -> list[str]:
    keys = code_list(item.item.codes).keys()
    return [key for key in keys if key not in MISSING][:60]


def _lists(item: ItemSpec) -> list[str]:
    codes = _codes(item)
    return [codes[0], ";".join(codes), ";".join(codes[:2]), *codes]


def _dates(item: ItemSpec) -> list[str]:
    allowed = item.item.finest if item.item.partial else "D"
    every = {"D": "2015-02-28", "M": "2016-11", "Y": "2017"}
    return ["2014-01-31", *(text for precision, text in every.items() if precision in allowed)]


def _bounds(item: ItemSpec) -> tuple[int, int]:
    low, high = item.item.possible or (0, 100)
    return math.ceil(low), math.floor(high)


def _integers(item: ItemSpec) -> list[str]:
    low, high = _bounds(item)
    return [str(low), str(high), f"<={high}", f">{low}"]


def _decimals(item: ItemSpec) -> list[str]:
    low, high = _bounds(item)
    middle = (low + high) // 2
    return [str(low), str(high), f"{middle}.12345", f"<{high}", f"<={middle}.5", f">={low}"]


def _texts(item: ItemSpec) -> list[str]:
    return ["#"] if item.item.max_length < 41 else [text for text in TEXTS if len(text) < item.item.max_length]


def every_cell() -> Bundle:
    """The whole bundle: references first, then one row of every entity for each patient."""
    return {spec.slug: _rows(spec) for spec in dictionary()}


def _rows(spec: EntitySpec) -> list[dict[str, str]]:
    if not spec.entity.reference:
        return [_row(spec, number) for number in range(PATIENTS)]
    many = len(_codes(spec.by_name["code"])) if spec.slug == "product" else 5
    return [_row(spec, number) for number in range(many)]


def _row(spec: EntitySpec, number: int) -> dict[str, str]:
    row = {} if spec.entity.reference else {"patient": f"p{number}"}
    if spec.of_patient:
        row["key"] = f"{spec.slug}-{number}"
    one_of = spec.entity.one_of
    for place, (name, slug) in enumerate(links(spec).items()):
        named = name == one_of[number % len(one_of)] if name in one_of else (number + place) % 5 < 4
        row[name] = f"{slug}-{number}" if named else ""
    for item in spec.items:
        if item.name not in row:
            row[item.name] = _cell(spec, item, number)
    return row


def _cell(spec: EntitySpec, item: ItemSpec, number: int) -> str:
    if item.name == spec.entity.natural_key:
        return _codes(item)[number] if item.kind is Kind.CODE else f"{spec.slug[:4]}-{number}"
    if item.kind is Kind.REFERENCE:
        known = {"site": "site-{}", "protocol": "prot-{}", "product": "CTL019"}[item.target]
        must = spec.slug == "patient" or number % 6 < 5
        return known.format(number % 5) if must and item.target in REFERENCES else "UNK"
    texts = texts_of(item, number=number)
    return texts[number % len(texts)]
