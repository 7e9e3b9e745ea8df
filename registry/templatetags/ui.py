"""Small words that templates need: the look of a status or severity, links of pages."""

import re

from django import template
from django.urls import reverse

from registry.completeness import Share
from registry.models import Finding, Query, Status
from registry.places import Role

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


@register.inclusion_tag("components/badge.html")
def status_badge(record: object) -> dict:
    """The status of a record, or that it is void: a word with a shape, never a color alone."""
    if record.voided:
        return {"tone": "void", "word": "Void", "letter": "X"}
    word = record.get_record_status_display()
    return {"tone": TONES[record.record_status], "word": word, "letter": word[0]}


@register.inclusion_tag("components/glyph.html")
def status_glyph(record: object) -> dict:
    """The status as a shape with a letter, for tables of many rows."""
    return status_badge(record)


@register.inclusion_tag("components/glyph.html")
def glyph_of(status: str) -> dict:
    """The glyph of a status by itself."""
    return {"tone": TONES[status], "word": Status(status).label, "letter": Status(status).label[0]}


@register.inclusion_tag("components/badge.html")
def badge(tone: str, word: str) -> dict:
    """A word with the look of its tone."""
    return {"tone": tone, "word": word}


@register.filter
def days_ago(days: int) -> str:
    """How long ago, as exactly as a list wants it."""
    if days < 61:
        return f"{days} day{'' if days == 1 else 's'} ago"
    return f"{days / DAYS_PER_MONTH:.0f} months ago" if days < 730 else f"{days / DAYS_PER_YEAR:.1f} years ago"


@register.inclusion_tag("components/badge.html")
def vital_badge(word: str) -> dict:
    return {"tone": VITAL_TONES.get(word, "draft"), "word": word or "Not known"}


@register.inclusion_tag("components/badge.html")
def severity_badge(severity: str) -> dict:
    tone, word = SEVERITIES.get(severity, ("info", severity))
    return {"tone": tone, "word": word}


@register.inclusion_tag("components/badge.html")
def days_left(days: int) -> dict:
    """Days to the end of a window, or since."""
    words = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return {"tone": "bad", "word": f"{words} overdue"} if days < 0 else {"tone": "warn", "word": f"{words} left"}


@register.inclusion_tag("components/heat.html")
def heat(share: Share | None) -> dict:
    """A cell of the heat map: a percentage, its counts, and one of five tones."""
    if share is None or share.fraction is None:
        return {"asked": 0}
    step = sum(share.fraction >= bound for bound in HEAT)
    # 99.9 % is not everything: percentages are cut, not rounded.
    return {"asked": share.asked, "answered": share.answered, "step": step, "percent": int(share.fraction * 100)}


@register.inclusion_tag("components/badge.html")
def query_badge(query: Query) -> dict:
    return {"tone": QUERY_TONES[query.state], "word": query.get_state_display()}


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
