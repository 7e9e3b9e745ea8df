"""How a program is filled in: `<<word>>` is a text as it stands, `<<=value>>` a value as its language writes it."""

import json
from collections.abc import Callable, Mapping
from typing import Any


def in_python(value: Any) -> str:
    """A list, table, number or truth value in Python."""
    return str(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def in_r(value: Any) -> str:
    """The same in R: vectors and named lists."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Mapping):
        return f"list({', '.join(f'{name} = {in_r(one)}' for name, one in value.items())})"
    if isinstance(value, list):
        return f"c({', '.join(map(in_r, value))})"
    return json.dumps(value, ensure_ascii=False)


def filled(program: str, spelt: Callable[[Any], str], values: Mapping[str, Any]) -> str:
    """The program with its words and values."""
    for name, value in values.items():
        program = program.replace(f"<<={name}>>", spelt(value)).replace(f"<<{name}>>", str(value))
    return program
