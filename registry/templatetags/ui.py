"""Small words that templates need: the look of a status or severity, links of pages.

What stands on a page a hundred times - glyphs, badges, choices, lines - is not drawn by a template each time.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from registry.completeness import Share
from registry.form_fields import Option
from registry.models import Finding, Query, Status
from registry.places import Role
from registry.swim import Lane

register = template.Library()

_POWER = re.compile(r"10\^(\d+)")
_RAISED = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")

#: Severity of a finding -> (tone of its look, word for people).
SEVERITIES = {"ERROR": ("bad", "Error"), "WARNING": ("warn", "Warning"), "FLAG": ("info", "Flag")}
TONES = {
    Status.DRAFT: "draft",
    Status.COMPLETE: "complete",
    Status.VERIFIED: "verified",
    Status.LOCKED: "locked",
}
QUERY_TONES = {"OPEN": "warn", "REOPENED": "bad", "ANSWERED": "answered", "CLOSED": "complete"}
DAYS_PER_YEAR, DAYS_PER_MONTH = 365.25, 30.4375
#: From which share on a cell of the heat map is one tone better.
HEAT = (0.4, 0.6, 0.8, 0.95)
VITAL_TONES = {"Alive": "complete", "Dead": "dead", "Lost to follow-up": "draft"}
#: How an event is marked on a patient's line in lists, from its place on the line.
SWIM_MARKS = {"relapse": "m0 -5l5 5l-5 5l-5 -5z", "infusion": "m-4.5 -5h9l-4.5 9z"}
SQUARE = "m-4 -4h8v8h-8z"


@lru_cache(maxsize=1024)
def _drawn(component: str, tone: str, word: str, letter: str = "") -> SafeString:
    """A component that shows a word: drawn once for each word, never with anything of a patient."""
    return get_template(f"components/{component}.html").render({"tone": tone, "word": word, "letter": letter})


def _status(record: object) -> tuple[str, str, str]:
    """(tone, word, letter) of a record's status, or of its being void: a word with a shape, never a color alone."""
    return ("void", "Void", "X") if record.voided else _status_words(record.record_status)


def _status_words(status: str) -> tuple[str, str, str]:
    word = Status(status).label
    return TONES[status], word, word[0]


@register.simple_tag
def status_badge(record: object) -> str:
    """The status of a record as a word."""
    return _drawn("badge", *_status(record))


@register.simple_tag
def status_glyph(record: object) -> str:
    """The status as a shape with a letter, for tables of many rows."""
    return _drawn("glyph", *_status(record))


@register.simple_tag
def glyph_of(status: str) -> str:
    """The glyph of a status by itself."""
    return _drawn("glyph", *_status_words(status))


@register.simple_tag
def badge(tone: str, word: str) -> str:
    """A word with the look of its tone."""
    return _drawn("badge", tone, word)


@register.simple_tag
def options(several: Iterable[Option]) -> str:
    """What can be chosen in a list."""
    return format_html_join(
        "",
        '<option value="{}"{}{}>{}</option>',
        ((one.value, SafeString(" selected") if one.chosen else "", _title(one.hint), one.label) for one in several),
    )


def _title(hint: str) -> SafeString | str:
    return format_html(' title="{}"', hint) if hint else ""


@register.simple_tag
def swim(lane: Lane) -> str:
    """A patient's course as a line of a list; its words say the same."""
    marks = "".join(
        f'<g class="mark mark-{kind}"><path class="mark-body" d="M{x} 11{SWIM_MARKS.get(kind, SQUARE)}"></path></g>'
        for x, kind in lane.marks
    )
    words = escape(lane.words)
    return SafeString(
        f'<svg class="swim" viewBox="0 0 {lane.width} 22" width="{lane.width}" height="22" role="img" '
        f'aria-label="{words}"><title>{words}</title>'
        f'<line class="swim-line" x1="{lane.start}" x2="{lane.end}" y1="11" y2="11"></line>{marks}</svg>'
    )


@register.filter
def days_ago(days: int) -> str:
    """How long ago, as exactly as a list wants it."""
    if days < 61:
        return f"{days} day{'' if days == 1 else 's'} ago"
    return f"{days / DAYS_PER_MONTH:.0f} months ago" if days < 730 else f"{days / DAYS_PER_YEAR:.1f} years ago"


@register.simple_tag
def vital_badge(word: str) -> str:
    return _drawn("badge", VITAL_TONES.get(word, "draft"), word or "Not known")


@register.simple_tag
def severity_badge(severity: str) -> str:
    return _drawn("badge", *SEVERITIES.get(severity, ("info", severity)))


@register.simple_tag
def days_left(days: int) -> str:
    """Days to the end of a window, or since."""
    words = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return _drawn("badge", "bad", f"{words} overdue") if days < 0 else _drawn("badge", "warn", f"{words} left")


@register.inclusion_tag("components/heat.html")
def heat(share: Share | None) -> dict:
    """A cell of the heat map: a percentage, its counts, and one of five tones."""
    if share is None or share.fraction is None:
        return {"asked": 0}
    step = sum(share.fraction >= bound for bound in HEAT)
    # 99.9 % is not everything: percentages are cut, not rounded.
    return {"asked": share.asked, "answered": share.answered, "step": step, "percent": int(share.fraction * 100)}


@register.simple_tag
def query_badge(query: Query) -> str:
    return _drawn("badge", QUERY_TONES[query.state], query.get_state_display())


@register.inclusion_tag("components/finding.html", takes_context=True)
def finding(context: dict, one: Finding) -> dict:
    """A finding in one line; who may enter is led to where a warning is acknowledged."""
    tone, word = SEVERITIES.get(one.severity, ("info", one.severity))
    place = context.get("place")
    accept = ask = ""
    if one.severity == "WARNING" and not one.acknowledged and place and place.patient and place.allows(Role.UPDATE):
        accept = reverse("acknowledge", args=[place.patient.registry_id, one.pk])
    if place and place.patient and "query" in place.may:
        ask = f"{reverse('ask', args=[place.patient.registry_id])}?finding={one.pk}"
    return {"one": one, "tone": tone, "word": word, "accept": accept, "ask": ask}


@register.filter
def in_sentence(label: str) -> str:
    """A label inside a sentence: `Relapse` becomes `relapse`, `CAR T infusion` stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


@register.filter
def pretty_unit(unit: str) -> str:
    """Powers of ten as people write them."""
    return _POWER.sub(lambda match: "10" + match.group(1).translate(_RAISED), unit)


@register.filter
def needs_of(notes: list[Finding]) -> str:
    """The worst tone among findings, for the edge of a card."""
    order = ["bad", "warn", "info"]
    tones = {SEVERITIES.get(one.severity, ("info", ""))[0] for one in notes}
    return next((tone for tone in order if tone in tones), "")
