"""A progress bar for long commands, shown only where somebody looks at a terminal."""

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm


class Bar:
    """`with Bar(stderr) as bar: bar.step("relapses", 500)`."""

    def __init__(self, stream: Any) -> None:
        self._shown = sys.stderr.isatty()
        self._bar: tqdm | None = None

    def __enter__(self) -> "Bar":
        if self._shown:
            self._bar = tqdm(unit=" rows", file=sys.stderr, leave=False)
        return self

    def step(self, what: str, rows: int) -> None:
        if self._bar is not None:
            self._bar.set_description(what.lower())
            self._bar.update(rows)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
