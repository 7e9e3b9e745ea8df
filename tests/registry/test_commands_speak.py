"""Every command explains itself with an example and ends bad input in one sentence."""

import importlib
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from registry.management.command import SentenceCommand, writable
from tests.registry.bundles import bundle, write

OURS = sorted(name for name, app in get_commands().items() if app in ("registry", "analytics", "exports"))
#: The smallest arguments each command takes, to put something impossible in the place of the first.
ARGUMENTS = {
    "backup": ["a.zip"],
    "compare_snapshots": ["1", "2"],
    "create_agreement": ["A", "--tier", "T1", "--until", "2028-12-31"],
    "create_token": ["ada"],
    "create_user": ["ada", "--role", "administrator"],
    "end_agreement": ["A", "--reason", "closed"],
    "export_snapshot": ["1", "--tier", "T1", "--agreement", "A", "--out", "there"],
    "hide_snapshot": ["1", "--reason", "mistyped"],
    "import_registry": ["there"],
    "import_template": ["there"],
    "restore": ["a.zip"],
    "tag_snapshot": ["1", "text"],
    "take_snapshot": ["post_infusion"],
    "verify_snapshot": ["1"],
    "verify_statistics": ["--oracle=there"],
}


def command(name: str) -> SentenceCommand:
    return load_command_class(get_commands()[name], name)


@pytest.mark.parametrize("name", OURS)
def test_help_says_what_it_does_with_an_example(name: str):
    made = command(name)
    text = " ".join(made.create_parser("manage.py", name).format_help().split())

    assert isinstance(made, SentenceCommand), f"{name} inherits SentenceCommand: its faults end in one sentence"
    assert made.help and re.search(rf"[Ee]xamples?:.*manage\.py {name}", text)


@pytest.mark.parametrize("name", sorted(set(OURS) & set(ARGUMENTS)))
@pytest.mark.parametrize("bad", ["a\x00b", "a\udcff"], ids=["nul", "no character"])
def test_an_argument_that_is_no_text_is_one_sentence(name: str, bad: str):
    first, *rest = ARGUMENTS[name]
    given = f"--oracle={bad}" if first.startswith("--oracle") else bad

    with pytest.raises(CommandError, match="no text"):
        call_command(name, given, *rest)


@pytest.mark.parametrize("place", ["folder", "none/report.json", "x" * 300])
def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path: Path, place: str):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError, match="Cannot write"):
        writable(tmp_path / place)


@pytest.mark.django_db
def test_an_import_whose_report_has_no_place_writes_nothing(tmp_path: Path):
    from registry.models import Change
    from tests.factories import as_system

    source = write(tmp_path / "b", bundle())
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("import_registry", str(source), json=str(tmp_path / "none" / "report.json"))
    with as_system():
        assert not Change.objects.exists()


def test_every_command_of_a_folder_is_one_of_ours():
    for app in ("registry", "analytics", "exports"):
        folder = Path(importlib.import_module(f"{app}.management.commands").__file__).parent
        assert {path.stem for path in folder.glob("[a-z]*.py")} <= set(OURS)
