"""What a save came to, in a sentence: is the record complete, what does it still want, what was left out."""

from collections.abc import Iterable

from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary
from registry.models import Status
from registry.overview import is_pressing
from registry.services import Saved
from registry.status import unanswered

MOST_NAMED = 4


def outcome(saved: Saved) -> str:
    """What was saved and what a complete record still wants, in one sentence."""
    record = saved.record
    spec = dictionary()[record.entity.slug]
    if record.record_status != Status.DRAFT:
        return f"{spec.entity.label} saved, {record.get_record_status_display().lower()}."
    names = _labels(spec, unanswered(spec, record))
    wanted = [f"an answer to {', '.join(names[:MOST_NAMED])}"] if names else []
    more = len(names) - MOST_NAMED
    wanted += [f"{more} more answer{'s' if more > 1 else ''}"] if more > 0 else []
    wanted += ["a look at the findings below"] if any(is_pressing(one) for one in saved.findings) else []
    return f"{spec.entity.label} saved as a draft. A complete record wants {', and '.join(wanted) or 'more'}."


def left_out(spec: EntitySpec, unread: Iterable[str]) -> str:
    """Boxes whose text could not be read and whose question is not asked: the rest is saved without them."""
    return f"Left as it was, for it is not asked and cannot be read: {', '.join(_labels(spec, unread))}."


def _labels(spec: EntitySpec, names: Iterable[str]) -> list[str]:
    return [spec.by_name[name].item.label for name in names]
