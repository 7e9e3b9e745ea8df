"""The chain of treatments: every row hangs where its parent says, and stands in the tree exactly once."""

from dataclasses import dataclass

from registry.chain import Link, chain_of
from registry.entities import dictionary
from registry.timeline import Event


@dataclass
class Row:
    """As much of a record as the chain looks at."""

    pk: int
    infusion_id: int | None = None
    relapse_id: int | None = None
    salvage_id: int | None = None
    hsct_id: int | None = None


def event(slug: str, pk: int, **parents: int) -> Event:
    return Event(dictionary()[slug], Row(pk, **parents), "/", None, "", [])


def drawn(links: list[Link]) -> list:
    return [(f"{link.event.spec.slug} {link.event.record.pk}", drawn(link.links)) for link in links]


def test_relapse_salvage_and_responses_hang_on_their_treatment():
    events = [
        event("infusion", 1),
        event("response", 1, infusion_id=1),
        event("relapse", 1, infusion_id=1),
        event("salvage", 1, relapse_id=1),
        event("response", 2, salvage_id=1),
        event("hsct", 1),
        event("response", 3, hsct_id=1),
    ]

    assert drawn(chain_of(events)) == [
        ("infusion 1", [("response 1", []), ("relapse 1", [("salvage 1", [("response 2", [])])])]),
        ("hsct 1", [("response 3", [])]),
    ]


def test_a_row_whose_parent_is_gone_stands_at_the_root_and_other_kinds_do_not_stand_there():
    events = [event("relapse", 7, infusion_id=9), event("follow_up", 1), event("salvage", 2)]

    assert drawn(chain_of(events)) == [("relapse 7", []), ("salvage 2", [])]
