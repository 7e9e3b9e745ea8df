"""Small words that templates need: the look of a status or severity, links of pages."""

from django import template

from registry.models import Finding, Status

register = template.Library()

#: Severity of a finding -> (tone of its look, word for people).
SEVERITIES = {"ERROR": ("bad", "Error"), "WARNING": ("warn", "Warning"), "FLAG": ("info", "Flag")}
TONES = {
    Status.DRAFT: "draft",
    Status.COMPLETE: "complete",
    Status.VERIFIED: "verified",
    Status.LOCKED: "locked",
}
VITAL_TONES = {"Alive": "complete", "Dead": "dead", "Lost to follow-up": "draft"}


@register.inclusion_tag("components/badge.html")
def status_badge(record: object) -> dict:
    """The status of a record, or that it is void: a word with a shape, never a color alone."""
    if record.voided:
        return {"tone": "void", "word": "Void"}
    return {"tone": TONES[record.record_status], "word": record.get_record_status_display()}


@register.inclusion_tag("components/badge.html")
def vital_badge(word: str) -> dict:
    return {"tone": VITAL_TONES.get(word, "draft"), "word": word or "Not known"}


@register.inclusion_tag("components/finding.html")
def finding(one: Finding, **extra: str) -> dict:
    """A finding in one line; `href` leads to the record it speaks about."""
    tone, word = SEVERITIES.get(one.severity, ("info", one.severity))
    return {"one": one, "tone": tone, "word": word, **extra}


@register.filter
def needs_of(notes: list[Finding]) -> str:
    """The worst tone among findings, for the edge of a card."""
    order = ["bad", "warn", "info"]
    tones = {SEVERITIES.get(one.severity, ("info", ""))[0] for one in notes}
    return next((tone for tone in order if tone in tones), "")
