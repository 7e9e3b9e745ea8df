"""Questions of pages, answered by a worker: a look at live rows frozen for it alone, or a comparison with its causes.

The row is the truth and the message a hint, as with runs. An answer is no snapshot: nobody cites it, it goes after a
month. Statistics are loaded in the worker only.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics import snapshots, worker
from analytics.code_version import code_version
from analytics.comparison import compared
from analytics.freezing import Frozen, list_sha256
from analytics.models import Look, Snapshot
from analytics.report import disclosure
from analytics.report.figures import STACKED
from analytics.report.naming import capital, prose, result_in_words, words
from analytics.runs import quietly

log = logging.getLogger(__name__)

LOOK_TASK = "analytics.tasks.answer_look"
MOST_TRIES = 3
#: A worker silent for so long is gone: the largest registry takes a fraction of it.
RESEND = timedelta(minutes=3)
KEPT_FOR = timedelta(days=30)
Tell = Callable[[str], None]


def request(kind: str, asked: Mapping[str, Any], *, requested_by: str, now: datetime | None = None) -> Look:
    """Ask; the same question of the same person that still waits is the answer."""
    now = now or timezone.now()
    waiting = Look.objects.filter(kind=kind, asked=dict(asked), requested_by=requested_by[:150], done_at=None).first()
    if waiting is not None:
        return waiting
    with transaction.atomic():
        look = Look.objects.create(
            kind=kind, asked=dict(asked), requested_by=requested_by[:150], requested_at=now, sent_at=now
        )
        transaction.on_commit(partial(send, look.pk))
    return look


def send(look: int) -> None:
    with quietly("message of a look not sent"):
        current_app.send_task(LOOK_TASK, kwargs={"look": look})


def answer(look: int) -> None:
    """Answer a look once; one answered, or taken by another worker in this moment, is left alone."""
    row = Look.objects.filter(pk=look, done_at=None, tries__lt=MOST_TRIES).first()
    if row is None:
        return
    mine = Look.objects.filter(pk=look, done_at=None, tries=row.tries + 1)
    taken = Look.objects.filter(pk=look, done_at=None, tries=row.tries)
    if not taken.update(tries=F("tries") + 1, sent_at=timezone.now(), step="starting"):
        return

    def tell(step: str) -> None:
        mine.update(step=step[:80], sent_at=timezone.now())

    try:
        body, error = WORK[row.kind](row.asked, tell), ""
    except Exception as fault:
        log.exception("look failed", extra={"look": look})
        body, error = None, worker.sentence_of(fault)
    mine.update(done_at=timezone.now(), body=body, error=error[:500], step="")


def sweep(*, now: datetime | None = None) -> None:
    """Announce what got lost, give up on what three workers died of, forget what is a month old."""
    now = now or timezone.now()
    silent = Look.objects.filter(done_at=None, sent_at__lte=now - RESEND)
    silent.filter(tries__gte=MOST_TRIES).update(done_at=now, error="The worker stopped three times at this question.")
    for look in list(silent.filter(tries__lt=MOST_TRIES).values_list("pk", flat=True)):
        if silent.filter(pk=look).update(sent_at=now):
            send(look)
    Look.objects.filter(done_at__lt=now - KEPT_FOR).delete()


# What a worker finds -------------------------------------------------------------------------------


def _question(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    from analytics.study.look import Question, looked
    from analytics.study.run import study_of

    tell("freezing the data")
    tables, memory = snapshots.freeze("look")
    tell("computing")
    question = Question(key=asked["key"], by=tuple(asked["by"]), exposure=asked["exposure"], method=asked["method"])
    try:
        found = looked(study_of(asked["plan"], tables, date.fromisoformat(asked["cutoff"])), question)
    except ValueError as fault:
        raise snapshots.Refused(f"{capital(prose(str(fault).rstrip('.')))}.") from None
    tell("drawing")
    synthetic = snapshots.is_synthetic(tables)
    results = [result_in_words(result, question.by) for result in found["results"]]
    hashes = {f"tables/{slug}.csv": Frozen.text(text).sha256 for slug, text in tables.items()}
    return found | {
        "figures": [_drawn(asked["key"], result, synthetic=synthetic) for result in results],
        "data_sha256": list_sha256(hashes),
        "code_version": code_version(),
        "memory": memory,
        "synthetic": synthetic,
    }


def _drawn(key: str, result: dict[str, Any], *, synthetic: bool) -> dict[str, str]:
    """The figures of a result, as it is and as the disclosure policy lets it out; blank where there is none.

    `open` and `disclosed`; stacked ones of competing events under `open_stacked` and `disclosed_stacked`.
    """
    from analytics.report.figures import draw, drawings, has_figure

    readings = {"open": result, "disclosed": disclosure.safer_result(result)}
    title = f"{words(key)}: {result['label']}" if result["label"] else ""
    drawn = dict.fromkeys(readings, "")
    for name, _key, way in drawings({key: result}):
        for reading, one in readings.items():
            if has_figure(one):
                shown = {**one, **({"drawn": way} if way else {})}
                drawn[f"{reading}{name.removeprefix(key)}"] = draw(
                    name, shown, synthetic=synthetic, title=title
                ).decode()
    return drawn


def _comparison(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    tell("comparing")
    a, b = (Snapshot.objects.get(pk=asked[side]) for side in ("a", "b"))
    found = compared(a, b)
    told = found.as_json()
    for difference, as_told in zip(found.differences, told["differences"], strict=True):
        for cause, one in zip(difference.causes, as_told["causes"], strict=True):
            one |= {"old": cause.old, "new": cause.new}
    return told | {"notes": list(found.notes)}


WORK: dict[str, Callable[[Mapping[str, Any], Tell], dict[str, Any]]] = {
    Look.Kind.QUESTION: _question,
    Look.Kind.COMPARISON: _comparison,
}


# What a reader sees --------------------------------------------------------------------------------


def _figures(drawn: Sequence[Mapping[str, str]], reading: str) -> Iterator[tuple[str, str]]:
    """The figures of an answer by name: `0` of its first result, `0_stacked` what competes in it, stacked."""
    for place, one in enumerate(drawn):
        for end in ("", STACKED):
            if figure := one.get(f"{reading}{end}"):
                yield f"{place}{end}", figure


def told(look: Look, *, disclosed: bool) -> dict[str, Any]:
    """The answer of a question as its reader may see it."""
    body = dict(look.body)
    body["figures"] = dict(_figures(body["figures"], "disclosed" if disclosed else "open"))
    if not disclosed:
        return body
    policy = disclosure.DEFAULT
    few = [{**note, "n": None if policy.small(note["n"]) else note["n"], "results": {}} for note in body["notes"]]
    return body | {
        "attrition": disclosure.attrition(body["attrition"], policy),
        "results": [disclosure.safer_result(result) for result in body["results"]],
        "notes": few,
        "warnings": [words for words in body["warnings"] if "events for" not in words],
    }
