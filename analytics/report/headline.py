"""The few numbers that say what a snapshot found: for lists, mails and the end of a command."""

from collections.abc import Mapping
from typing import Any

from analytics.report.phrases import in_short
from analytics.report.wording import words

#: In the order of importance; a plan shows those it has.
KEYS = (
    "cr_rate",
    "relapse_rate",
    "os_relapse",
    "os_infusion",
    "os_hsct",
    "rfs_hsct",
    "efs_infusion",
    "cir_hsct",
)
MOST = 3


def headline(answer: Mapping[str, Any]) -> list[list[str]]:
    """Up to three [label, phrase] pairs; stratified answers show their first group, named."""
    found = []
    for key in KEYS:
        result = answer["results"].get(key)
        if result is None or not result.get("groups"):
            continue
        label = result["groups"][0]["label"]
        named = words(key) if label == "all" else f"{words(key)} ({words(label)})"
        found.append([named, in_short(result)])
    return found[:MOST]


def values(answer: Mapping[str, Any]) -> list[float | None]:
    """The numbers behind the headline, in its order: a share, a median in days, the last incidence; None = none."""
    chosen = [answer["results"][key] for key in KEYS if answer["results"].get(key, {}).get("groups")]
    return [_value(result["groups"][0]) for result in chosen[:MOST]]


def _value(group: Mapping[str, Any]) -> float | None:
    if "causes" in group:
        told = [at["estimate"] for at in group["causes"][0]["at"] if at["estimate"] is not None]
        return told[-1] if told else None
    return group["median"]["days"] if "median" in group else group["estimate"]
