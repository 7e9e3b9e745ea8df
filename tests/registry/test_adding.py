"""docs/adding.md, carried out word for word in a copy of the project: few files, and everything works.

A line `In FILE, after TEXT:` puts the block below it after every place where the line stands, `before` in front of
the last; `New file FILE:` makes one. What a command writes is written by that command.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.proof]

STEP = re.compile(
    r"(?:New file `(?P<new>[^`]+)`|In `(?P<path>[^`]+)`, (?P<where>after|before) `(?P<text>[^`]+)`):\n\n"
    r"```python\n(?P<code>.*?)```",
    re.DOTALL,
)
#: What the new kind of record can do without another line, asked of the copy in a process of its own.
ASKED = """
import django; django.setup()
from django.test.utils import setup_test_environment
from django.core.management import call_command
from pathlib import Path
setup_test_environment(); call_command("migrate", verbosity=0)
from tests.registry.screens import World, fill
from registry.models import Change
world = World(); client = world.client(); world.add("infusion")
home = f"/patients/{world.own.registry_id}/"
told = {end: client.get(home + end).status_code for end in ("infection/", "infection/new", "infection/rows", "")}
saved = fill(client, home + "infection/new", onset_date="2015-02", proven="Y", organism="E. coli")
row = world.rows("infection")[0]
assert set(told.values()) == {200} and saved.status_code == 302, (told, saved.status_code)
assert (row.record_status, row.onset_date_precision) == ("COMPLETE", "M"), row.record_status
assert client.get(home + f"infection/{row.pk}/").status_code == 200
assert client.get(home + f"infection/{row.pk}/history").status_code == 200
assert Change.objects.filter(entity="registry_infection", record_id=row.pk).exists()
assert client.get("/api/v1/infections/").json()["results"][0]["organism"] == "E. coli"
fill(client, home + "infusion/new", infusion_date="2015-01-10", ferritin="812.5")
assert str(world.rows("infusion")[-1].ferritin).startswith("812.5")
call_command("import_template", "made", verbosity=0)
assert "organism" in next(Path("made").rglob("infection.csv")).read_text()
assert "ferritin" in next(Path("made").rglob("infusion.csv")).read_text()
print("all of it works")
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project as it is, without what git does not know."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def run(copy: Path, *words: str) -> str:
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATABASE", "TEST_"))
    }
    environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, *words], cwd=copy, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout


def carried_out(copy: Path, part: str) -> set[str]:
    """The files that the steps of one part of the document touch, the migration and the codebook included."""
    touched = set()
    name = re.search(r"makemigrations registry -n (\w+)", part)[1]
    steps = list(STEP.finditer(part))
    for step in (one for one in steps if "NNNN" not in (one["path"] or "")):
        touched.add(applied(copy, step, step["new"] or step["path"]))
    run(copy, "manage.py", "makemigrations", "registry", "-n", name, "-v0")
    made = next(copy.glob(f"registry/migrations/*_{name}.py")).relative_to(copy).as_posix()
    for step in (one for one in steps if "NNNN" in (one["path"] or "")):
        applied(copy, step, made)
    (copy / "docs" / "codebook.md").write_text(run(copy, "manage.py", "codebook"), encoding="utf-8")
    return touched | {made, "docs/codebook.md"}


def applied(copy: Path, step: re.Match, path: str) -> str:
    file = copy / path
    if step["new"]:
        file.write_text(step["code"], encoding="utf-8")
        return path
    text, anchor = file.read_text(encoding="utf-8"), step["text"] + "\n"
    assert anchor in text, f"docs/adding.md names a line that {path} has no more: {step['text']}"
    if step["where"] == "after":
        changed = text.replace(anchor, anchor + step["code"])
    else:
        head, _, tail = text.rpartition(anchor)
        changed = head + step["code"] + anchor + tail
    file.write_text(changed, encoding="utf-8")
    return path


def test_the_document_adds_a_field_and_a_kind_of_record_as_it_says(copy):
    document = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    field, entity = document.split("## A kind of record")

    touched_by_field, touched_by_entity = carried_out(copy, field), carried_out(copy, entity)

    code = {path for path in touched_by_field if not path.startswith("docs/")}
    assert len(code) == 2 and sum("/migrations/" in path for path in code) == 1, code
    assert len(touched_by_entity) <= 5, touched_by_entity
    run(copy, "manage.py", "makemigrations", "--check", "--dry-run")
    assert "all of it works" in run(copy, "-c", ASKED)
    run(copy, "-m", "pytest", "-q", "-p", "no:xdist", "-x", "tests/architecture",
        "-k", "not promised and not fresh and not travels", "tests/registry/test_screens_entry.py")  # fmt: skip
