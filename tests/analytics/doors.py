"""Every address of the results and of the administration with who may open it: tables as that of the desk."""

from tests.registry.doors import Door

SEES = ("data_manager", "investigator", "statistician", "administrator")
ASKS = ("investigator", "statistician")
STATISTICIAN = ("statistician",)
READS = ("coordinator", "data_manager", "investigator", "statistician", "monitor")
SCHEDULES = ("statistician", "administrator")
ADMINISTRATOR = ("administrator",)


def of_snapshot(end: str) -> Door:
    return Door("/results/snapshots/{snapshot}/" + end, SEES)


def of_look(end: str, answer: int = 200) -> Door:
    return Door("/results/analysis/{look}/" + end, STATISTICIAN, answer, hides=("investigator",))


#: Name of the route -> its door. `{snapshot}` `{older}` of one plan; `{look}` an answered question of a statistician.
RESULTS = {
    "results": Door("/results/", SEES),
    "results-run": Door("/results/run", STATISTICIAN, 405),
    "results-plan": Door("/results/plans/post_cart_relapse/", SEES),
    "results-snapshot": of_snapshot(""),
    "results-figure": of_snapshot("figures/os_relapse.svg"),
    "results-json": of_snapshot("numbers.json"),
    "results-csv": of_snapshot("numbers.csv"),
    "results-readings": of_snapshot("readings.json"),
    "results-report": Door("/results/snapshots/{snapshot}/report/report.pdf", SEES, 404),
    "results-compare": Door("/results/compare/{older}/{snapshot}/", SEES),
    "results-patient": Door("/results/patients/{own}/", READS, patient=True),
    "analysis": Door("/results/analysis/", ASKS),
    "analysis-look": of_look(""),
    "analysis-figure": of_look("figures/0.svg"),
    "analysis-numbers": of_look("numbers.csv"),
    "analysis-code": of_look("code.R"),
    "analysis-save": of_look("save", 405),
}


def rows_of(model: str, list_of: tuple[str, ...], *, add: tuple[str, ...] = (), delete: tuple[str, ...] = (),
            hides: tuple[str, ...] = ()) -> dict[str, Door]:  # fmt: skip
    """The five addresses Django gives a table of the administration; `hides`: whom its rows are not there for."""
    app, _, name = model.partition("_")
    home, one = f"/admin/{app}/{name}/", f"/admin/{app}/{name}/{{{name}}}/"
    return {
        f"admin:{model}_changelist": Door(home, list_of),
        f"admin:{model}_add": Door(f"{home}add/", add),
        f"admin:{model}_change": Door(f"{one}change/", list_of),
        f"admin:{model}_history": Door(f"{one}history/", list_of, hides=hides),
        f"admin:{model}_delete": Door(f"{one}delete/", delete),
    }


#: The pages of the administration: a named row of each table.
ADMIN = {
    "admin:index": Door("/admin/", SEES),
    "admin:app_list": Door("/admin/analytics/", SEES),
    **rows_of("analytics_snapshot", SEES),
    **rows_of("analytics_run", SEES, add=STATISTICIAN),
    **rows_of("analytics_schedule", SCHEDULES, add=SCHEDULES, delete=SCHEDULES),
    **rows_of("analytics_subscription", SCHEDULES, add=SCHEDULES, delete=SCHEDULES),
    **rows_of("registry_user", ADMINISTRATOR, add=ADMINISTRATOR),
    **rows_of("registry_finding", ("data_manager", "investigator", "statistician"), hides=ADMINISTRATOR),
    **rows_of("registry_change", ("data_manager", "investigator"), hides=ADMINISTRATOR),
}
