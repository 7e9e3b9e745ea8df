"""Short programs that compute an answer again from an exported endpoint file (docs/exports.md), in Python and R.

One pair per way of asking: groups, what forms after time zero, a regression, restricted means. Both programs of a pair
print the same lines.
"""

from collections.abc import Callable, Mapping
from typing import Any

from analytics.questions import LATER, LEVELS, TERMS
from analytics.snippets import groups, landmarks, means, regression
from analytics.snippets.writing import filled, in_python, in_r

#: Groupings that no export holds: small categories of a line may be pooled.
NOT_EXPORTED = frozenset({"salvage_category"})
#: Groupings that only a limited data set holds: calendar years.
ONLY_T2 = frozenset({"year_group"})
WAYS = {"groups": groups, "regression": regression, "restricted": means}

HEAD = """# <<question>>
# Computed again from an export: manage.py export_snapshot ID --tier <<tier>> --format csv --agreement CODE --out DIR
# Run it in DIR. AVAL: days from time zero; CNSR: 0 the event came, 1 censored, 2 a competing event came; ENTRY: day of
# delayed entry. Names of sites and protocols are codes where the tier has codes.
# The same numbers come from a snapshot at cut-off <<cutoff>> in which every patient may be exported. At tier T1, days
# behind a date that is known to the month only are rounded to 30; T2 has them as they are.
"""


def groups_of(asked: Mapping[str, Any], question: Mapping[str, Any]) -> list[str]:
    """What the answer is grouped by: the grouping the question has of its own, or what was asked for. Restricted means
    take one grouping, a regression and what forms later none."""
    if asked["exposure"] or asked["method"] == "regression":
        return []
    by = [question["own"]] if question["own"] else list(asked["by"])
    return by[:1] if asked["method"] == "restricted" else by


def written(asked: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    """Whether there is such a program: for a survival curve, by groups that an export holds, of a question that this
    version offers."""
    by = groups_of(asked, question)
    known = {*question["strata"], question["own"]} - NOT_EXPORTED
    return question["survival"] and set(by) <= known and asked["exposure"] in ("", *question["later"])


def python(asked: Mapping[str, Any], question: Mapping[str, Any], *, words: str) -> str:
    """The answer in Python."""
    return _program(asked, question, words, of=lambda way: way.PYTHON, spelt=in_python)


def r(asked: Mapping[str, Any], question: Mapping[str, Any], *, words: str) -> str:
    """The answer in R with the survival package."""
    return _program(asked, question, words, of=lambda way: way.R, spelt=in_r)


def _program(
    asked: Mapping[str, Any],
    question: Mapping[str, Any],
    words: str,
    *,
    of: Callable[[Any], str],
    spelt: Callable[[Any], str],
) -> str:
    by, later = groups_of(asked, question), LATER.get(asked["exposure"], {})
    way = landmarks if later else WAYS[asked["method"]]
    values = {
        "question": words,
        "tier": "T2" if ONLY_T2.intersection(by) else "T1",
        "cutoff": asked["cutoff"],
        "endpoint": question["endpoint"],
        "by": [name.upper() for name in by],
        "levels": LEVELS[by[0]] if by and by[0] in LEVELS else [],
        "exposure": asked["exposure"].upper(),
        "terms": {name.upper(): TERMS[name] for name in question["terms"]},
        **later,
    }
    return filled(HEAD + getattr(way, "NOTE", "") + of(way), spelt, values)
