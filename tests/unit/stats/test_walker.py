"""The reference walker: what it accepts, what it refuses, how it judges, and the command around it."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.stats.oracle import ANSWERS, judge_case, read_cases, run_oracle
from analytics.stats.oracle.agreements import agreed_otherwise

CSV = "time,event,grp,note\n1,1,a,x\n2,0,a,y\n3,1,b,\n4,1,b,z\n"


def case(name: str = "c1", kind: str = "km", **spec: object) -> dict:
    return {
        "id": name,
        "kind": kind,
        "spec": {"data": "d", "time": "time", "event": "event", **spec},
        "expected": {},
    }


def folder(path: Path, *cases: object, csv: str = CSV) -> Path:
    (path / "d.csv").write_text(csv, encoding="utf-8")
    (path / "oracle.json").write_text(
        json.dumps({"datasets": {"d": {"file": "d.csv"}}, "cases": cases}), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not readable JSON"),
        ("[]", "expected an object, found list"),
        ('{"cases": 3}', "expected an object with a list `cases`"),
        ('{"cases": []}', "holds no cases"),
        ('{"cases": [7]}', "case 1: expected an object, found int"),
        ('{"cases": [{"id": "a", "kind": "km", "spec": []}]}', "`spec` is missing or not of type dict"),
        (
            '{"cases": [{"id": "a", "kind": "km", "spec": {"data": "x"}, "expected": {}}]}',
            "holds no data file x.csv",
        ),
        (
            '{"cases": [{"id": "a", "kind": "km", "spec": {"data": "../x"}, "expected": {}}]}',
            "holds no data file",
        ),
    ],
)
def test_a_malformed_file_is_one_clear_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "oracle.json").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError) as fault:
        run_oracle(tmp_path)

    assert message in str(fault.value)


def test_a_missing_folder_and_a_folder_without_oracle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        run_oracle(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no oracle.json"):
        run_oracle(tmp_path)


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        ("a,b\n1\n", "row 2: 1 cells, the header has 2"),
        ("", "is empty"),
        ('a,b\n"1,2\n', "not a readable CSV file"),
    ],
)
def test_a_broken_csv_file_is_named(tmp_path: Path, csv: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run_oracle(folder(tmp_path, case(), csv=csv))


def test_a_case_id_occurs_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="case id 'c1' occurs more than once"):
        run_oracle(folder(tmp_path, case(), case()))


def test_filters_take_texts_and_numbers(tmp_path: Path) -> None:
    cases = read_cases(folder(tmp_path, case("a", filter={"grp": ["b"]}), case("b", filter={"time": [1, 2.0]})))

    assert [one.frame.rows for one in cases] == [2, 2]


def test_an_unknown_kind_is_unsupported_and_a_faulty_spec_fails_without_stopping_the_others(
    tmp_path: Path,
) -> None:
    wrong_column = case("b")
    wrong_column["spec"]["time"] = "days"
    without_time = case("c")
    del without_time["spec"]["time"]
    texts = case("d")
    texts["spec"]["time"] = "grp"
    outcomes = run_oracle(folder(tmp_path, case("a", kind="weibull"), wrong_column, without_time, texts, case("e")))

    assert [one.status for one in outcomes] == ["unsupported", "failed", "failed", "failed", "passed"]
    assert "has no column 'days'" in outcomes[1].message
    assert "the spec lacks 'time'" in outcomes[2].message
    assert "'a' is not a number" in outcomes[3].message


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ({"groups": {"all": {"n": 4, "median": 3}}}, "passed"),
        ({"groups": {"all": {"n": 4, "median": 3.0000001}}}, "failed"),
        ({"groups": {"all": {"median": None}}}, "failed"),
        ({"groups": {"all": {"mystery": 1}}}, "failed"),
        ({"groups": {"all": 4}}, "failed"),
        ({"groups": {"b": {"n": 4}}}, "failed"),
        ({"error": "R could not do this"}, "passed"),
    ],
)
def test_values_are_judged_by_their_key(tmp_path: Path, expected: dict, status: str) -> None:
    one = case()
    one["expected"] = expected

    assert judge_case(read_cases(folder(tmp_path, one))[0]).status == status


@pytest.mark.parametrize("shift,status", [(1e-12, "passed"), (1e-8, "failed")])
def test_a_survival_value_must_agree_to_ten_digits(tmp_path: Path, shift: float, status: str) -> None:
    one = case(times=[2])
    one["expected"] = {"groups": {"all": {"at_times": {"time": [2], "surv": [0.75 + shift]}}}}

    assert judge_case(read_cases(folder(tmp_path, one))[0]).status == status


def test_one_to_one_limits_of_r_count_as_no_interval_but_nothing_else_does(tmp_path: Path) -> None:
    one = case(times=[0, 1])
    read = {"time": [0, 1], "surv": [1, 0.75], "lower": [1, 0.75], "upper": [1, 0.9]}
    one["expected"] = {"groups": {"all": {"at_times": read}}}
    outcome = judge_case(read_cases(folder(tmp_path, one))[0])

    assert outcome.status == "failed"
    assert "at_times.lower.1" in outcome.message


def test_no_test_in_the_product_is_zero_degrees_of_freedom_in_r(tmp_path: Path) -> None:
    one = case(kind="logrank", group="grp", filter={"time": [2, 4]})
    one["expected"] = {"groups": ["a", "b"], "n": [1, 1], "chisq": 0, "df": 0, "p": 1}

    assert judge_case(read_cases(folder(tmp_path, one))[0]).status == "passed"


def test_the_command_prints_a_line_per_case_and_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tmp_path / "told.json"
    call_command("verify_statistics", oracle=str(folder(tmp_path, case("a"), case("b"))), json=str(told))
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 3
    assert lines[-1] == "cases=2 passed=2 failed=0 unsupported=0"
    assert json.loads(told.read_text(encoding="utf-8"))["passed"] == 2


def test_the_command_fails_unless_all_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        call_command("verify_statistics", oracle=str(folder(tmp_path, case("a"), case("b", kind="weibull"))))

    assert end.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1] == "cases=2 passed=1 failed=0 unsupported=1"


def test_the_command_refuses_a_folder_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no oracle.json"):
        call_command("verify_statistics", oracle=str(tmp_path))
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("verify_statistics", oracle=str(folder(tmp_path, case())), json=str(tmp_path))


def test_a_single_group_is_called_all_by_r(tmp_path: Path) -> None:
    one = case(group="grp", filter={"grp": ["b"]})
    one["expected"] = {"groups": {"all": {"n": 2, "events": 2}}}

    assert judge_case(read_cases(folder(tmp_path, one))[0]).status == "passed"


@pytest.mark.parametrize(
    ("wanted", "found", "key", "sibling", "agreed"),
    [
        (0, None, "se", {"coef": None, "se": 0}, True),  # a dropped column
        (0.3, None, "se", {"coef": 0.5}, False),
        (346235.0, None, "se", {"coef": -26.0, "se": 346235.0}, True),  # a level without events
        (0, None, "wald_test", {"coef": [-26.0, 0.1], "se": [346235.0, 0.2]}, True),
        (1, None, "p_holm", {"chisq": 0, "p": 1}, True),  # a pair without a test
        (0.2, None, "p", {"chisq": 3.1, "df": 1}, False),
        ("inf", None, "min", {"n": 0}, True),
        (0, None, "fisher_or_cond_mle", {"fisher_or_lower": 0, "fisher_or_upper": "inf"}, True),
        (0, None, "lower", {"cif": 0}, True),
        (0.2, None, "lower", {"cif": 0.3}, False),
        (4.0, None, "upper", {"difference_se": 0}, True),
    ],
)
def test_where_nothing_is_the_right_answer(
    wanted: object, found: object, key: str, sibling: dict, agreed: bool
) -> None:
    assert agreed_otherwise(wanted, found, key, sibling) is agreed


def test_a_reference_without_an_answer_asks_for_none(tmp_path: Path) -> None:
    refused = case(conf_type="odd")
    refused["expected"] = {"error": "R could not do this"}
    empty = case("c2", filter={"grp": ["nobody"]})
    empty["expected"] = {"error": "data set has no non-missing observations"}

    assert [one.status for one in run_oracle(folder(tmp_path, refused, empty))] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("field", "odd", "message"),
    [
        ("time", 3, "the spec's `time` must be the name of a column, found 3"),
        ("strata", [1], "the spec's `strata` must be the name of a column or a list of them"),
        ("times", {}, "the spec's `times` must be a list of numbers"),
        ("tau", True, "the spec's `tau` must be a number"),
        ("data", ["d"], "the spec's `data` must be the name of a column"),
        ("filter", "x", "the spec's `filter` must be an object of columns and allowed values"),
        ("filter", {"nowhere": [1]}, "d.csv has no column 'nowhere'"),
        ("data", None, "the spec names no data"),
        ("conf_type", "odd", "unknown interval type 'odd'"),
    ],
)
def test_a_faulty_field_is_a_sentence_and_fails_its_case_alone(
    tmp_path: Path, field: str, odd: object, message: str
) -> None:
    outcomes = run_oracle(folder(tmp_path, case("a", **{field: odd}), case("b")))

    assert [one.status for one in outcomes] == ["failed", "passed"]
    assert message in outcomes[0].message


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@pytest.mark.parametrize("rows", [0, 1])
def test_nobody_and_one_patient_are_answered_in_every_kind(tmp_path: Path, kind: str, rows: int) -> None:
    csv = "time,event,entry,grp,x\n" + "5,1,1,a,2\n" * rows
    asked = {"entry": "entry"} if kind in ("km", "cox") else {}
    spec = {"data": "d", "time": "time", "event": "event", "group": "grp", "covariates": ["x"], "strata": "grp"}
    spec |= {"exposure_time": "entry", "landmark": 2, "times": [0, 5, 9], "tau": 4, "failcode": 1, "zph": True}
    spec |= {"x": 0, "n": rows, "counts": [[rows, 0], [0, 0]], "continuous": ["x"], "pairwise": True, "robust": True}
    one = {"id": "one", "kind": kind, "spec": spec | asked, "expected": {}}

    assert judge_case(read_cases(folder(tmp_path, one, csv=csv))[0]).status == "passed"


def test_null_fields_are_absent_fields(tmp_path: Path) -> None:
    one = case(level=None, group=None, times=None, filter=None, reverse=None)

    assert judge_case(read_cases(folder(tmp_path, one))[0]).status == "passed"


def test_labels_and_truth_values_are_read_as_r_writes_them(tmp_path: Path) -> None:
    csv = "time,event,site,ok\n1,1,100000,TRUE\n2,0,200000,TRUE\n3,1,200000,FALSE\n"
    one = case(group="site", filter={"ok": [True]})
    one["expected"] = {"groups": {"1e+05": {"n": 1}, "2e+05": {"n": 1}}}

    assert judge_case(read_cases(folder(tmp_path, one, csv=csv))[0]).status == "passed"


def test_a_reference_of_odd_values_fails_its_case_alone(tmp_path: Path) -> None:
    odd = case("a", kind="cox", covariates=["time"])
    odd["expected"] = {"coef": [0.5], "se": [0], "z": [2], "p": [0.1], "hr": ["x"], "loglik": {}, "zph": [1]}
    outcomes = run_oracle(folder(tmp_path, odd, case("b")))

    assert [one.status for one in outcomes] == ["failed", "passed"]
