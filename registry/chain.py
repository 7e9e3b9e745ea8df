"""The chain of a patient's treatments as a tree: infusion - response - relapse - salvage - response, and transplants.

A row hangs on the row its parent column names; a transplant, which names none, and whatever has lost its parent stand
at the root, in the order of their dates.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from registry.timeline import Event

LINKED = ("infusion", "response", "relapse", "salvage", "hsct")


@dataclass(frozen=True)
class Link:
    """One event and what hangs on it, by date."""

    event: Event
    links: list["Link"] = field(default_factory=list)


def chain_of(events: Iterable[Event]) -> list[Link]:
    """The roots of the tree; every event of the chain stands in it exactly once."""
    links = {(one.spec.slug, one.record.pk): Link(one) for one in events if one.spec.slug in LINKED}
    roots = []
    for link in links.values():
        parent = links.get(_parent(link.event))
        (parent.links if parent else roots).append(link)
    return roots


def _parent(event: Event) -> tuple[str, int] | None:
    for column, slug in event.spec.parents:
        pk = getattr(event.record, f"{column}_id")
        if pk is not None:
            return slug, pk
    return None
