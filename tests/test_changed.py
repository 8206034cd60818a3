"""`make check` runs the tests of what has changed, and ends in time."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.changed import ALWAYS, OneMinute, changed_files, files_to_test


def test_the_test_that_mirrors_a_module_comes_before_those_that_import_it() -> None:
    found = files_to_test(["grading/grades/late.py"])
    assert found[0] == "tests/grading/grades/test_late.py"
    assert "tests/grading/entrances/pack/test_gradescope.py" in found[1:]
    assert "tests/reference/test_binomial.py" not in found


@pytest.mark.parametrize(
    ("changed", "tested"),
    [
        ("tests/reference/test_sgd.py", "tests/reference/test_sgd.py"),
        ("reference/binomial.py", "tests/reference/test_binomial.py"),
        ("docs/students.md", "tests/test_docs.py"),
        ("grading/words/zh.toml", "tests/grading/test_words.py"),
        ("action.yml", "tests/test_ci.py"),
    ],
)
def test_each_kind_of_file_has_its_test(changed: str, tested: str) -> None:
    assert files_to_test([changed])[0] == tested


def test_where_nothing_has_changed_the_architecture_is_tested() -> None:
    assert files_to_test([]) == [ALWAYS]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_was_committed_since_main_and_what_was_not_yet_has_changed(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        given = ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.edu", *arguments]
        subprocess.run(given, cwd=tmp_path, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("commit", "--allow-empty", "-m", "begun")
    git("switch", "--create", "mine")
    (tmp_path / "committed.py").touch()
    git("add", ".")
    git("commit", "-m", "mine")
    (tmp_path / "new.py").touch()
    assert changed_files(tmp_path) == ["committed.py", "new.py"]


def test_no_test_is_begun_once_the_time_is_over() -> None:
    plugin = OneMinute(60)
    assert plugin.pytest_runtest_protocol() is None
    late = OneMinute(0)
    assert late.pytest_runtest_protocol()
    assert late.left == 1
