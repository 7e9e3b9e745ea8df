"""A file has one idea."""

from tests.long_files import ROOT, long_files


def test_no_file_is_too_long():
    assert long_files(ROOT) == []


def test_long_file_is_named(tmp_path):
    (tmp_path / "registry" / "migrations").mkdir(parents=True)
    (tmp_path / "registry" / "long.py").write_text("x = 1\n" * 301)
    (tmp_path / "registry" / "migrations" / "0001.py").write_text("x = 1\n" * 301)

    assert long_files(tmp_path) == [("registry/long.py", 301)]
