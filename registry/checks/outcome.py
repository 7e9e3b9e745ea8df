"""Contacts and death: they must tell one story (data dictionary 4.16-4.17)."""

from collections.abc import Iterator

from registry.checks.case import Case
from registry.checks.compare import must_be_same_day
from registry.checks.engine import ERROR, Hit, check, hit


@check("H60", ERROR, "A contact DEAD needs a death row of the same date.", source="data dictionary 4.16, 5")
def dead_contact_has_a_death(case: Case) -> Iterator[Hit]:
    """A death row needs no contact DEAD."""
    death = case.death
    for row in case.of("follow_up"):
        if row.vital_status != "DEAD":
            continue
        if death is None:
            words = "The contact says DEAD, but no death is on file. Enter the death."
            yield hit(row, "vital_status", words, reads=("death.death_date",))
        else:
            words = f"The contact says DEAD on {row.contact_date}, the death is dated {death.death_date}."
            reads = ("follow_up.vital_status",)
            yield from must_be_same_day(row, "contact_date", death, "death_date", words, reads=reads)


@check("H61", ERROR, "Nobody is alive at a contact after the death.", source="data dictionary 4.16, 5")
def alive_only_before_death(case: Case) -> Iterator[Hit]:
    """Only what is surely later: H02 reads the same dates and flags an order left open."""
    death = case.death
    if death is None or death.death_date is None:
        return
    for row in case.of("follow_up"):
        moment = row.contact_date
        if row.vital_status == "ALIVE" and moment is not None and moment.surely_after(death.death_date):
            words = f"Alive on {moment}, but dead since {death.death_date}."
            yield hit(row, "vital_status", words, (row, "contact_date"), (death, "death_date"))
