"""The comparison with R ends in its usage when it is not told what to compare."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("arguments", [(), ("kmsurv",), ("uci", "one.json"), ("other", "one.json")])
def test_what_cannot_be_compared_ends_in_the_usage(arguments: tuple[str, ...]):
    ended = subprocess.run(
        [sys.executable, "examples/compare_with_r.py", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("usage: ") and ended.stderr.count("\n") == 1
