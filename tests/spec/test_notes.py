"""The counts beside the results: rough dates, drafts, findings, and who is counted apart."""

from analytics.study.run import run
from tests.studied import LATE
from tests.tables import frozen


def notes(text: str, plan: str = "post_cart_relapse") -> dict[str, tuple[int, dict[str, int]]]:
    found = run(plan, frozen(text), cutoff=LATE)["notes"]
    return {note["code"]: (note["n"], note["results"]) for note in found}


RELAPSED = """
    infusion:  patient date
               A       d0
               B       d0
               C       d0
    response:  patient date mrd_status
               A       d28  NEG
               B       d28  NEG
               C       d28  .
    relapse:   patient date record_status
               A       2015-09 COMPLETE
               B       2016    COMPLETE
               C       d182    DRAFT
    death:     patient date
               A       d400
               C       d400
    hsct:      patient date hsct_type
               C       d300 AUTO
"""


def test_rough_dates_are_counted_once_and_by_result():
    found = notes(RELAPSED)

    assert found["A01"][0] == 1
    assert found["A01"][1]["time_to_relapse"] == found["A01"][1]["os_relapse"] == 1
    assert "cr_rate" not in found["A01"][1]
    assert found["A02"][0] == 1
    assert found["A02"][1]["os_relapse"] == 1


def test_drafts_that_are_read_are_counted():
    found = notes(RELAPSED)["DRAFT"]

    assert found[0] == 1
    assert found[1]["os_relapse"] == 1
    assert "cr_rate" not in found[1]


def test_who_is_counted_apart():
    found = notes(RELAPSED)

    assert {code: found[code] for code in ("AUTOGRAFT", "A11", "NEAR_182")} == {
        **{"AUTOGRAFT": (1, {}), "A11": (1, {}), "NEAR_182": (1, {})}
    }


def test_stale_is_alive_in_remission_and_long_unseen():
    text = """
    infusion:  patient date
               A       d0
               B       d0
               C       d0
    response:  patient date response
               A       d28  CR
               B       d28  CR
               C       d28  NR
    death:     patient date
               B       d90
    """
    assert notes(text)["STALE"] == (1, {})


def test_findings_are_counted_under_their_rule():
    text = "infusion: patient date\nA d0\nB d0\nresponse: patient date\nA d28"
    text += "\nfindings: patient rule severity columns rows\n"
    found = notes(text + "A H38 ERROR response.response response:1", "post_infusion")

    assert found["H38"][0] == 1
    assert found["H38"][1]["cr_rate"] == 1


def test_a_combined_line_and_an_ungraded_toxicity():
    text = RELAPSED + "salvage: patient date components\nA 2015-10 CHEMO;BLINA\nC d190 CHEMO"

    assert notes(text)["COMBINED_LINE"] == (1, {})
    toxic = "infusion: patient date\nA d0\ntoxicity: patient date kind grading_system max_grade\nA d3 CRS UNK 3"
    assert notes(toxic, "post_infusion")["UNGRADED"] == (1, {})


def test_nothing_to_say_is_said_by_nothing():
    assert "A01" not in notes("infusion: patient date\nA d0", "post_infusion")
