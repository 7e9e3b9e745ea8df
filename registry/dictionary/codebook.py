"""The codebook: every entity, item and code list of the dictionary as one readable page.

`python manage.py codebook > docs/codebook.md` writes it; a test fails when the committed page is stale.
"""

from collections.abc import Iterator

from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import Dictionary, EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Condition, Kind

HEAD = """# Codebook

Generated from the code (`python manage.py codebook`); do not edit. Level C is core: required before a record is
complete; E is extended. Every item also accepts {missing} as the reason why it has no value. A date marked
*partial* may be known to the month (`2015-03`) or the year (`2015`); its columns `<name>_precision` and
`<name>_source` are not listed apart. *Usually in* names the document of the chart in which the value is found most
often; hospitals differ.
"""


def codebook(dictionary: Dictionary) -> Iterator[str]:
    """The lines of the page."""
    missing = ", ".join(f"`{code}` ({meaning})" for code, meaning in MISSING.items())
    yield from HEAD.format(missing=missing).splitlines()
    for spec in dictionary:
        yield from _entity(spec)
    yield from ("", "# Code lists")
    names = sorted({item.item.codes for spec in dictionary for item in spec.items if item.item.codes})
    for name in names:
        yield from _codes(name)


def _entity(spec: EntitySpec) -> Iterator[str]:
    entity = spec.entity
    yield from ("", f"## {entity.label} (`{entity.slug}`)", "", " ".join(spec.doc.split()), "")
    facts = []
    if entity.dated_by:
        facts.append(f"dated by `{entity.dated_by}`")
    if not entity.many:
        facts.append("one per patient")
    if spec.parents:
        facts.append("hangs on " + ", ".join(f"`{name}`" for name, _slug in spec.parents))
    if entity.one_of:
        facts.append("exactly one of " + ", ".join(f"`{name}`" for name in entity.one_of))
    if entity.derived:
        facts.append("computed, never stored: " + ", ".join(f"`{name}`" for name in entity.derived))
    if facts:
        yield from ("; ".join(facts).capitalize() + ".", "")
    yield "| Item | Label | Type | Level | Definition | Usually in | Privacy | Source |"
    yield "|---|---|---|---|---|---|---|---|"
    for item in spec.items:
        if not (spec.is_provenance(item) and item.name != "source_document"):
            yield _item(item)


def _item(spec: ItemSpec) -> str:
    item = spec.item
    words = [item.definition]
    if item.possible:
        words.append(f"Possible {item.possible[0]:g} to {item.possible[1]:g}.")
    if item.plausible:
        words.append(f"Plausible {item.plausible[0]:g} to {item.plausible[1]:g}.")
    if item.asked_if:
        words.append(f"Asked if {_asked(item.asked_if)}.")
    for system, code in item.maps:
        words.append(f"{system} {code}.")
    cells = (
        f"`{spec.name}`",
        item.label,
        _type(spec),
        item.level.value,
        " ".join(words),
        spec.chart,
        item.privacy.value,
        item.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(spec: ItemSpec) -> str:
    item = spec.item
    kind = {
        Kind.CODE: f"code `{item.codes}`",
        Kind.CODES: f"several codes `{item.codes}`",
        Kind.REFERENCE: f"reference to `{spec.target}`",
        Kind.DATE: "date, partial" if item.partial else "date, exact",
    }.get(spec.kind, spec.kind.value)
    if item.partial and "Y" not in item.finest:
        kind += " (day or month)"
    return f"{kind}, {item.unit}" if item.unit else kind


def _asked(condition: Condition) -> str:
    facts = condition.as_json()
    if "is" in facts:
        return f"`{facts['is']}` is {' or '.join(facts['codes'])}"
    if "has" in facts:
        return f"`{facts['has']}` has {facts['code']}"
    if "filled" in facts:
        return f"`{facts['filled']}` is answered"
    return " and ".join(_asked(part) for part in condition.conditions)


def _codes(name: str) -> Iterator[str]:
    yield from ("", f"## `{name}`", "", "| Code | Label | Standard code | Definition |", "|---|---|---|---|")
    for code in code_list(name).codes:
        standard = f"{code.system} {code.system_code}".strip()
        ended = f" Ended {code.until}." if code.until else ""
        yield f"| `{code.code}` | {code.label} | {standard} | {code.definition}{ended} |"
