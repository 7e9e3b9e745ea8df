"""The benchmark table: `make bench`, or `make bench BENCH=full` for the large sizes too.

    python -m benchmarks [full] [import web snapshot plans survival journey]

Everything is made for the run and removed after it: a scratch folder, databases of PostgreSQL. Prints progress, what is
skipped and why, and at the end one table: what, limit, measured, mark. A figure over its limit is marked and told
again at the end; the exit code stays 0, as a busy machine is no fault of the code.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks import end_to_end, importing, plans, snapshot, survival, web
from benchmarks.ground import Figure, Ground, Skipped, database, environment, measured, say

ON_A_REGISTRY = ("import", "web", "snapshot", "plans")
SECTIONS = (*ON_A_REGISTRY, "survival", "journey")
Section = tuple[str, Iterator[Figure]]


def of_registry(ground: Ground, wanted: set[str], stack: ExitStack) -> Iterator[Section]:
    """What is measured on one registry while it grows to 10,000 patients."""
    address = stack.enter_context(database("registry"))
    instance = ground.folder / "instance"
    say("a new PostgreSQL database")
    measured(environment(DATABASE_URL=address, INSTANCE_DIR=str(instance)), "manage.py", "migrate", "-v0")
    yield "import", importing.benchmark(ground, address, instance, patients=(1, 2500))
    if wanted & {"web", "snapshot", "plans"}:
        _more(ground, address, instance, 2501, 5000)
    if "web" in wanted:
        yield "web", web.benchmark(ground, address)
    if wanted & {"snapshot", "plans"}:
        _more(ground, address, instance, 5001, 10_000)
    if "snapshot" in wanted:
        yield "snapshot", snapshot.benchmark(address, instance)
    if "plans" in wanted:
        yield "plans", plans.benchmark(ground, address, instance)


def _more(ground: Ground, address: str, instance, first: int, last: int) -> None:
    folder, rows = ground.bundle(first, last)
    say(f"importing {rows:,} rows more (patients {first:,} to {last:,})")
    importing.take(folder, address, instance)


def sections(ground: Ground, wanted: set[str], stack: ExitStack) -> Iterator[Section]:
    if wanted & set(ON_A_REGISTRY):
        try:
            yield from of_registry(ground, wanted, stack)
        except Skipped as reason:
            say(f"skipped: {', '.join(name for name in ON_A_REGISTRY if name in wanted)} - {reason}")
    if "survival" in wanted:
        yield "survival", survival.benchmark()
    if "journey" in wanted:
        yield "journey", end_to_end.benchmark(ground)


def main(words: list[str]) -> None:
    unknown = set(words) - {"full", *SECTIONS}
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}, and `full`.")
    wanted = set(words) & set(SECTIONS) or set(SECTIONS)
    started, table = time.perf_counter(), []
    with Ground(full="full" in words) as ground, ExitStack() as stack:
        for name, figures in sections(ground, wanted, stack):
            print(f"--- {name}", flush=True)
            try:
                for figure in figures:
                    table.append((name, figure))
            except Skipped as reason:
                say(f"skipped: {reason}")
    _print(table)
    print(f"{time.perf_counter() - started:,.0f} s in all")


def _print(table: list[tuple[str, Figure]]) -> None:
    print(f"\n{'':<10}{'what':<58}{'limit':>10}{'measured':>13}  {'unit':<9}mark")
    for name, figure in table:
        digits = 0 if abs(figure.value) >= 1000 else 1 if abs(figure.value) >= 10 else 4
        print(
            f"{name:<10}{figure.what:<58}{figure.limit:>10}{figure.value:>13,.{digits}f}  {figure.unit:<9}{figure.mark}"
        )
    over = [figure.what for _name, figure in table if figure.mark == "OVER"]
    held = sum(figure.mark == "ok" for _name, figure in table)
    print(f"\n{held} limits hold, {len(over)} do not{': ' + '; '.join(over) if over else ''}.")


if __name__ == "__main__":
    main(sys.argv[1:])
