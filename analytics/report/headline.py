"""The few numbers that say what a snapshot found: for lists, pages, mails, the end of a command, sparklines.

A snapshot keeps its headline as JSON, a list of [title, [[group, phrase], ...]]: every group of a comparison,
or the one group of all patients under the name "". Snapshots of earlier versions hold [title, phrase].
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.report.naming import words
from analytics.report.phrases import in_short

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


@dataclass(frozen=True)
class Line:
    """One result of a headline: its title, and what each group has to tell."""

    title: str
    groups: tuple[tuple[str, str], ...]

    @property
    def compared(self) -> bool:
        """Whether groups are named."""
        return any(group for group, _phrase in self.groups)

    def __str__(self) -> str:
        """In one line: `Relapse rate: 42 of 85 (49.4 %)`, `Relapse rate - Male: ...; Female: ...`."""
        told = "; ".join(f"{group}: {phrase}" if group else phrase for group, phrase in self.groups)
        return f"{self.title} - {told}" if self.compared else f"{self.title}: {told}"

    def in_lines(self) -> Iterator[str]:
        """One below the other, groups under their title."""
        if not self.compared:
            yield str(self)
            return
        yield f"{self.title}:"
        yield from (f"  {group}: {phrase}" for group, phrase in self.groups)


@dataclass(frozen=True)
class Estimate:
    """One number behind a headline: a share, a median in days, the last incidence; None where there is none."""

    label: str
    phrase: str
    value: float | None


def headline(answer: Mapping[str, Any]) -> list[list[Any]]:
    """What a snapshot keeps: up to three results, each with every group."""
    told = _told(answer)
    if not told:  # groups of nobody: that there are none is told once for each result
        results = answer["results"]
        return [[words(key), [["", in_short(results[key])]]] for key in KEYS if "groups" in results.get(key, {})][:MOST]
    return [
        [words(key), [[_named(group), in_short(result, place)] for place, group in enumerate(result["groups"])]]
        for key, result in told
    ]


def lines(kept: Sequence[Sequence[Any]]) -> tuple[Line, ...]:
    """A headline as a snapshot keeps it, to be shown."""
    return tuple(
        Line(title, (("", told),) if isinstance(told, str) else tuple((group, phrase) for group, phrase in told))
        for title, told in kept
    )


def estimates(answer: Mapping[str, Any]) -> list[Estimate]:
    """The numbers behind the headline, in its order: one for every group."""
    found = []
    for key, result in _told(answer):
        for place, group in enumerate(result["groups"]):
            name = _named(group)
            label = f"{words(key)} ({name})" if name else words(key)
            found.append(Estimate(label, in_short(result, place), _value(group)))
    return found


def _told(answer: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    results = answer["results"]
    return [(key, results[key]) for key in KEYS if results.get(key, {}).get("groups")][:MOST]


def _named(group: Mapping[str, Any]) -> str:
    return "" if group["label"] == "all" else words(group["label"])


def _value(group: Mapping[str, Any]) -> float | None:
    if "causes" in group:
        told = [at["estimate"] for at in group["causes"][0]["at"] if at["estimate"] is not None]
        return told[-1] if told else None
    return group["median"]["days"] if "median" in group else group["estimate"]
