"""Names Python files of more than 300 lines: a file has one idea.

`python tests/long_files.py` prints them and exits with 1 when there is any.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300
PLACES = ("manage.py", "analytics", "api", "benchmarks", "config", "examples", "exports", "registry", "tests")


def long_files(root: Path) -> list[tuple[str, int]]:
    """Path and length of every file that is too long, migrations apart (they are generated)."""
    found = []
    for place in PLACES:
        for path in sorted((root / place).rglob("*.py")) or [root / place]:
            if path.is_file() and "migrations" not in path.parts:
                lines = len(path.read_text(encoding="utf-8").splitlines())
                if lines > MOST_LINES:
                    found.append((str(path.relative_to(root)), lines))
    return found


if __name__ == "__main__":
    for name, lines in long_files(ROOT):
        print(f"{name}: {lines} lines, more than {MOST_LINES}; split it by idea", file=sys.stderr)
    sys.exit(1 if long_files(ROOT) else 0)
