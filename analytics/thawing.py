"""Reading a snapshot back as it was computed: its tables, its settings, and the study of its plan."""

from typing import Any

from analytics.models import Snapshot


def tables_of(snapshot: Snapshot) -> dict[str, str]:
    """The frozen tables of a snapshot as text, by entity."""
    return {
        path.removeprefix("tables/").removesuffix(".csv"): body.decode("utf-8")
        for path, body in snapshot.read_all("tables").items()
    }


def conventions_of(snapshot: Snapshot) -> Any:
    """The settings a snapshot was computed with; a ValueError when this version has other ones."""
    from analytics.study.conventions import DEFAULT, Conventions

    frozen = snapshot.manifest["conventions"]
    if set(frozen) != set(DEFAULT.as_json()):
        raise ValueError("its conventions have other names than this version's")
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in frozen.items()}
    return Conventions(**settings)


def study_of(snapshot: Snapshot) -> Any:
    """The snapshot's plan on its frozen tables, ready to be asked (`analytics.study.run.Study`)."""
    from analytics.study import run

    return run.study_of(snapshot.plan, tables_of(snapshot), snapshot.cutoff, conventions=conventions_of(snapshot))
