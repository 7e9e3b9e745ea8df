"""pandas and DuckDB read the files, and the endpoint tables give the plan's own numbers."""

import io
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics.stats.curves import kaplan_meier
from analytics.study.endpoints import ENDPOINTS
from analytics.study.observation import observe
from analytics.study.run import study_of
from tests.exports.conftest import CUTOFF, World
from tests.exports.reading import files_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]


@pytest.fixture
def folder(db: None, world: World, tmp_path: Path) -> Path:
    """The Parquet export as it lies on a disk."""
    for part in world.made["T1", "parquet"].parts:
        place = tmp_path / part.path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(part.body)
    return tmp_path


def test_pandas_reads_every_table_with_its_types(world: World, folder: Path) -> None:
    described = {table["table"]: table for table in json.loads((folder / "dictionary.json").read_text())["tables"]}
    manifest = json.loads((folder / "manifest.json").read_text())
    dtypes = {"string": "str", "int": "Int64", "float": "Float64", "date": "object"}

    for path, facts in manifest["files"].items():
        if "rows" not in facts:
            continue
        frame = pd.read_parquet(folder / path, dtype_backend="numpy_nullable")
        assert len(frame) == facts["rows"] and list(frame.columns) == facts["columns"]
        for column in described[path.removesuffix(".parquet")]["columns"]:
            found = str(frame[column["name"]].dtype)
            assert found.startswith({"str": "str", "Int64": "Int64"}.get(dtypes[column["type"]], found)), column


def test_duckdb_joins_tables_and_endpoints(folder: Path) -> None:
    found = duckdb.sql(
        f"SELECT p.sex_at_birth, count(*) AS n, sum(1 - e.CNSR) AS events "
        f"FROM read_parquet('{folder}/adtte/os_relapse.parquet') e "
        f"JOIN read_parquet('{folder}/tables/patient.parquet') p ON p.patient = e.USUBJID GROUP BY 1"
    ).fetchall()
    frame = pd.read_parquet(folder / "adtte/os_relapse.parquet")

    assert sum(n for _sex, n, _events in found) == len(frame) > 5
    assert sum(events for _sex, _n, events in found) == int((frame["CNSR"] == 0).sum()) > 0
    empty = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/tables/gvhd.parquet') LIMIT 0")
    assert empty.columns and set(map(str, empty.types)) <= {"VARCHAR", "BIGINT", "DOUBLE"}


def test_csv_and_parquet_hold_the_same(world: World) -> None:
    csv, parquet = (files_of(world.made["T1", form]) for form in ("csv", "parquet"))

    for path in ("tables/infusion", "tables/relapse", "adtte/cir"):
        one = pd.read_csv(io.BytesIO(csv[f"{path}.csv"]), dtype=str, keep_default_na=False, na_values=[""])
        other = pd.read_parquet(io.BytesIO(parquet[f"{path}.parquet"]))
        assert list(one.columns) == list(other.columns)
        for name in one.columns:
            numeric = other[name].dtype.kind in "if"
            left = pd.to_numeric(one[name]) if numeric else one[name]
            assert left.isna().equals(other[name].isna()), (path, name)
            assert list(left.dropna()) == list(other[name].dropna()), (path, name)


def test_endpoint_rows_are_what_the_plan_counts(world: World) -> None:
    """T2 has the plan's own days and states for every exported patient; the curve of both is the same."""
    case = study_of("post_cart_relapse", world.tables, CUTOFF).case
    seen = observe(case, ENDPOINTS["os_relapse"])
    frame = pd.read_csv(io.BytesIO(files_of(world.made["T2", "csv"])["adtte/os_relapse.csv"]))
    sharing = set(pd.read_csv(io.BytesIO(files_of(world.made["T2", "csv"])["tables/patient.csv"]))["patient"])
    assert set(frame["USUBJID"]) <= sharing

    inside = len(frame)
    plan = sorted(zip(seen.days[seen.ledger.stays], seen.state[seen.ledger.stays], strict=True))
    told = sorted(zip(frame["AVAL"].astype(float), 1 - frame["CNSR"], strict=True))
    assert 0 < inside <= len(plan)
    remaining = list(plan)
    for row in told:
        remaining.remove(row)
    assert len(remaining) == len(plan) - inside

    starts = pd.to_datetime(frame["ADT"]) - pd.to_datetime(frame["STARTDT"])
    assert (starts.dt.days == frame["AVAL"]).all()
    curve = kaplan_meier(frame["AVAL"].to_numpy(float), (frame["CNSR"] == 0).to_numpy().astype(np.int64))
    assert curve is not None
