"""Sites and protocols: what is dated there lies in the time they were open (data dictionary 3.1, 3.2).

A case carries its sites and protocols as `references`. Only what surely lies outside is told.
"""

import re
from collections.abc import Iterator

from registry.checks.case import Case, Row
from registry.checks.engine import WARNING, Hit, check, hit

NCT = re.compile(r"NCT\d{8}")


def _outside(row: Row, column: str, place: Row, first: str, last: str) -> str | None:
    """The end of a window, `first` or `last`, beyond which a date surely lies."""
    moment, opened, closed = row.values.get(column), place.values.get(first), place.values.get(last)
    if moment is None:
        return None
    if opened is not None and opened.surely_after(moment):
        return first
    return last if closed is not None and moment.surely_after(closed) else None


@check("W112", WARNING, "An infusion lies in the time its site takes part.", source="data dictionary 3.1")
def infused_while_site_active(case: Case) -> Iterator[Hit]:
    """A patient entered in retrospect may have been infused before the site took part, but not after."""
    for row in case.infusions:
        site = case.reference("site", row.site)
        end = _outside(row, "infusion_date", site, "active_from", "active_to") if site is not None else None
        if end is None or (end == "active_from" and case.patient.entry_route == "RETROSPECTIVE"):
            continue
        words = (
            f"Infused on {row.infusion_date}; site {row.site} is active {_window(site, 'active_from', 'active_to')}."
        )
        yield hit(row, "infusion_date", words, (row, "site"), (site, end), (case.patient, "entry_route"))


@check("W113", WARNING, "Enrollment lies in the time its protocol is open.", source="data dictionary 3.2")
def enrolled_while_open(case: Case) -> Iterator[Hit]:
    """First and last day of enrollment count as open."""
    for row in case.of("enrollment"):
        protocol = case.reference("protocol", row.protocol)
        end = _outside(row, "enrolled_on", protocol, "opened_on", "closed_on") if protocol is not None else None
        if end is not None:
            words = (
                f"Enrolled on {row.enrolled_on}; {row.protocol} is open {_window(protocol, 'opened_on', 'closed_on')}."
            )
            yield hit(row, "enrolled_on", words, (row, "protocol"), (protocol, end))


def _window(place: Row, first: str, last: str) -> str:
    opened, closed = place.values.get(first), place.values.get(last)
    return " ".join(words for words in (opened and f"from {opened}", closed and f"until {closed}") if words)


@check("W114", WARNING, "A number of ClinicalTrials.gov is NCT and 8 digits.", source="data dictionary 3.2")
def trial_number_is_whole(case: Case) -> Iterator[Hit]:
    """A finding about the chart: no row of the patient is wrong, the protocol is. Numbers of other registers pass."""
    named = {row.protocol for entity in ("enrollment", "infusion") for row in case.of(entity)}
    for code in sorted(named - {None}):
        protocol = case.reference("protocol", code)
        number = (protocol.values.get("registry_number") or "").strip() if protocol is not None else ""
        if number.upper().startswith("NCT") and not NCT.fullmatch(number):
            words = f"Protocol {code} has the number {number}: write NCT and 8 digits."
            reads = ("enrollment.protocol", "infusion.protocol")
            yield hit(case.patient, "", words, (protocol, "registry_number"), reads=reads)
