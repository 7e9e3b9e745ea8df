"""The endpoints as a document, made from the objects that compute them.

`python -m analytics.study.describe > docs/endpoints.md`; a test compares the file with what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from analytics.study.accompanying import ACCOMPANYING
from analytics.study.catalogue import PLANS, Analysis
from analytics.study.conventions import DEFAULT
from analytics.study.endpoints import ENDPOINTS
from analytics.study.exposures import ALIASES, EXPOSURES
from analytics.study.measures import Measure
from analytics.study.milestones import MILESTONES
from analytics.study.notes import APART, RULE_TEXTS
from analytics.study.observation import Endpoint
from analytics.study.population import POPULATIONS
from analytics.study.sensitivity import SENSITIVITIES
from analytics.study.strata import MOMENTS, STRATA, UNKNOWN_GROUP
from analytics.study.stratify import FORMED_LATER

HEAD = """# Endpoints

Generated from the code (`python -m analytics.study.describe`); do not edit. Every result of every plan, what it
counts and from which columns; the derived dates it rests on; the groups it can be compared by; the readings a
report varies. A source in capitals is a section of the definitions the registry was built from.
"""
ON_REQUEST = """## On request

- `analytics.study.uncertainty.date_uncertainty`: how far an estimate could move within the months of its
  month-only dates. Medians of a quantity and shares between their lowest and highest answers; curves over every
  combination of admissible days, or by a search where these are too many; the two ends of the months for large
  registries. Shown when more than 5 % of the events rest on a month-only date, or a printed digit differs.
- `analytics.study.multivariable.multivariable`: Cox regression on early relapse, earlier transplant, CD19, site and
  age, with at least 10 events per coefficient, refused by name otherwise; with the test of proportional hazards.
- `analytics.study.restricted.restricted_means`: mean event-free days within 24 months, for curves that cross.
"""
NO_LEVELS = {"site": "codes on file", "protocol": "codes on file", "year_group": "five calendar years"}


def document() -> str:
    """The whole document."""
    parts = [HEAD, *_plans(), *_accompanying(), *_populations(), *_endpoints(), *_measures(), *_milestones()]
    parts += [*_strata(), *_exposures(), *_sensitivities(), ON_REQUEST, *_notes(), *_conventions()]
    return "\n".join(parts).rstrip() + "\n"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|") or "-"


def _code(*names: str) -> str:
    return " ".join(f"`{name}`" for name in names)


def _plans() -> Iterator[str]:
    yield "## Plans\n"
    for plan in PLANS.values():
        yield f"### `{plan.key}`: {plan.label}\n\nPopulation `{plan.population.key}`, version {plan.version}.\n"
        rows = [
            (_code(one.key), _kind(one), one.question.moment, _groups(one), one.definition) for one in plan.analyses
        ]
        yield _table(("Result", "Kind", "Time zero", "Groups", "Definition"), rows)


def _accompanying() -> Iterator[str]:
    yield "## What accompanies a result\n"
    yield "Read like a result, kept among the readings beside a snapshot.\n"
    rows = [
        (_code(key), _code(one.beside), _code(one.analysis.key), one.analysis.question.moment, one.analysis.definition)
        for key, several in ACCOMPANYING.items()
        for one in several
    ]
    yield _table(("Plan", "Beside", "Name", "Time zero", "Definition"), rows)


def _kind(analysis: Analysis) -> str:
    return analysis.answer.__name__.replace("_", " ")


def _groups(analysis: Analysis) -> str:
    if analysis.own:
        return f"its own: {_code(analysis.own.key)}"
    return "none" if analysis.whole else "strata known at its time zero"


def _populations() -> Iterator[str]:
    yield "## Populations\n"
    for population in POPULATIONS.values():
        yield f"### `{population.key}`: {population.label} (version {population.version})\n\n{population.definition}\n"
        yield "\n".join(f"{number}. {step.label}" for number, step in enumerate(population.steps, start=1)) + "\n"


def _endpoints() -> Iterator[str]:
    yield "## Endpoints in time\n"
    yield "Events of one day: the first listed comes first. Names in code are derived dates, below.\n"
    for one in ENDPOINTS.values():
        yield f"### `{one.key}`: {one.label}\n\n{one.definition}\n"
        yield _table(("Part", "Value"), _parts(one))


def _parts(one: Endpoint) -> Iterator[tuple[str, str]]:
    yield "From", _code(one.start) + (f", among {_code(one.among)}" if one.among else "")
    yield "Event", _code(*one.event)
    if one.competing:
        yield "Competing", f"{_code(*one.competing)} (causes {_code(*one.causes)})"
    if one.unknowable:
        yield "Leaves when it comes first", ", ".join(f"{_code(name)} as {rule}" for name, rule in one.unknowable)
    yield "Censored", f"{_code(one.censor)}; where it is missing: {one.unseen}"
    if one.unfit:
        yield "Left out", ", ".join(f"{_code(name)} as {reason}" for name, reason in one.unfit)
    if one.silent:
        yield "Left out without an event", ", ".join(f"{_code(name)} as {reason}" for name, reason in one.silent)
    if one.stops:
        yield "Sensitivity", ", ".join(f"{_code(setting)} stops at {_code(name)}" for setting, name in one.stops)
    yield "Reads", _code(*one.reads)
    yield "Source", f"{one.source}, version {one.version}"


def _measures() -> Iterator[str]:
    found: dict[str, Measure] = {}
    for plan in PLANS.values():
        found |= {one.key: one.question for one in plan.analyses if isinstance(one.question, Measure)}
    yield "## Rates, quantities and lists\n"
    rows = [
        (_code(one.key), one.label, _code(*one.among), _code(one.value), _code(*one.reads), one.source)
        for one in found.values()
    ]
    yield _table(("Result", "Label", "Among", "Answer", "Reads", "Source"), rows)


def _milestones() -> Iterator[str]:
    yield "## Derived dates and states\n"
    rows = [(_code(name), one.definition, _code(*one.reads)) for name, one in sorted(MILESTONES.items())]
    yield _table(("Name", "Definition", "Dated by"), rows)


def _strata() -> Iterator[str]:
    yield "## Strata\n"
    yield (
        "Time zeros: "
        + ", ".join(f"{moment} ({_code(name)})" for moment, (name, _) in MOMENTS.items())
        + f". Patients of no level leave as `{UNKNOWN_GROUP}`.\n"
    )
    rows = [
        (_code(one.key), one.label, _code(*one.levels) or NO_LEVELS.get(one.key, "codes on file"), ", ".join(one.known))
        for one in STRATA.values()
    ]
    yield _table(("Stratum", "Label", "Levels", "Known at"), rows)


def _exposures() -> Iterator[str]:
    yield "## Groups that form after time zero\n"
    yield (
        "Refused as strata: patients must live long enough to enter such a group. Where the last column is filled the "
        "comparison is computed instead (`analytics.study.guard.guarded`); ever against never is not.\n"
    )
    rows = []
    for key, (formed, instead) in FORMED_LATER.items():
        name = ALIASES.get(key, key)
        rows.append((_code(key), formed, instead, _computed(name)))
    yield _table(("Group", "Forms with", "Instead", "Computed"), rows)


def _computed(name: str) -> str:
    if name not in EXPOSURES:
        return ""
    one = EXPOSURES[name]
    found = [mark.label for mark in one.landmarks]
    return ", ".join([*found, "Simon-Makuch", "Mantel-Byar", "time-dependent Cox"] if one.time_dependent else found)


def _sensitivities() -> Iterator[str]:
    yield "## Sensitivity runs\n"
    yield "One reading changed at a time (`analytics.study.sensitivity.run_sensitivities`).\n"
    rows = [
        (_code(one.key), one.label, _settings(one.settings), _concerned(one.results), one.source)
        for one in SENSITIVITIES
    ]
    yield _table(("Run", "Reading", "Settings", "Results", "Source"), rows)


def _settings(settings: object) -> str:
    return ", ".join(f"{_code(name)} {_value(value)}" for name, value in dict(settings).items()) or _code(
        "closing_date"
    )


def _concerned(results: object) -> str:
    return "; ".join(f"{plan}: {'all' if '*' in keys else ' '.join(keys)}" for plan, keys in dict(results).items())


def _notes() -> Iterator[str]:
    yield "## Notes\n"
    yield (
        "Counts beside the results (`notes`: code, text, n, results). Open errors of checks (H.., W..) are counted "
        "under the rule.\n"
    )
    rows = [*RULE_TEXTS.items(), ("DRAFT", "a row not yet complete is read"), *((a.code, a.text) for a in APART)]
    yield _table(("Code", "Counts patients"), [(_code(code), text) for code, text in rows])


def _conventions() -> Iterator[str]:
    yield "## Conventions\n"
    yield _table(("Setting", "Value"), [(_code(name), _value(value)) for name, value in DEFAULT.as_json().items()])


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return (
        {True: "yes", False: "no", None: "none"}.get(value, str(value)) if not isinstance(value, float) else str(value)
    )


if __name__ == "__main__":
    sys.stdout.write(document())
