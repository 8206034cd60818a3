"""Files of a graded folder that would be run, or believed, by what starts the grader: at every way in, none is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
import zlib
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest
import yaml

import grader
from grading import commands
from grading.gradebook.database import FILE
from grading.grades.grade import Grade
from grading.running.code_version import library_versions
from tests.one_loss import asking_one_loss

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "submissions"
# What is imported on the way to a grade, by Python, pip, the suite or its libraries, and is not part of this checkout.
SHADOWS = (
    "pip",
    "venv",
    "sitecustomize",
    "usercustomize",
    "argparse",
    "importlib",
    "json",
    "sqlite3",
    "msgspec",
    "numpy",
    "hypothesis",
    "checks",
    "grading",
)


@pytest.fixture
def alarm(tmp_path: Path) -> Path:
    """A file that is there once code of a student's has run in a process of the grader's."""
    return tmp_path / "alarm"


@pytest.fixture
def repository(tmp_path: Path, alarm: Path) -> Path:
    """A student's repository whose files raise the alarm when they are imported, and one of which is work."""
    folder = tmp_path / "repository"
    folder.mkdir()
    code = f"open({str(alarm)!r}, 'a').write(__name__)\n"
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(code)
    (folder / "conftest.py").write_text(code)
    (folder / "evil.dist-info").mkdir()
    (folder / "evil.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (folder / "evil.dist-info" / "entry_points.txt").write_text(
        "[hypothesis]\nx=numpy\n[pytest11]\nx=numpy\n"
    )
    (folder / "evil.pth").write_text("import numpy\n")
    shutil.copy(SAMPLES / "unfinished_template" / "cs231n" / "classifiers" / "softmax.py", folder)
    return folder


def environment(**more: str) -> dict[str, str]:
    # The folder of the job is where PYTHONPATH leads, as in many a container.
    return {"PATH": os.environ["PATH"], "PYTHONPATH": ".", "PYTHONSTARTUP": "conftest.py", **more}


def grades_in(out: Path) -> dict[str, Grade]:
    return {p.parent.name: msgspec.json.decode(p.read_bytes(), type=Grade) for p in out.glob("*/report.json")}


def test_what_installs_and_grades_in_ci_runs_nothing_of_the_repository(
    repository: Path, alarm: Path, tmp_path: Path
) -> None:
    venv, out = tmp_path / "venv", tmp_path / "out"
    subprocess.run(
        # Without a lock there is nothing to download; the real one takes half a minute.
        ["bash", shutil.copytree(ROOT / "ci", tmp_path / "suite" / "ci") / "install.sh", venv],
        cwd=repository,
        env=environment(SUBGRADER_PYTHON=sys.executable),
        check=False,
        capture_output=True,
    )
    assert (venv / "bin" / "python").exists()
    subprocess.run(
        ["bash", ROOT / "ci" / "grade.sh", sys.prefix, out],
        cwd=repository,
        env=environment(SUBGRADER_PATH="."),
        check=False,
        capture_output=True,
    )
    assert not alarm.exists(), alarm.read_text()
    assert [grade.score < 10 for grade in grades_in(out).values()] == [True]


def test_on_gradescope_nothing_of_the_submission_is_imported(
    repository: Path, alarm: Path, tmp_path: Path
) -> None:
    # Student code runs as somebody else, who may not go into pytest's own folder.
    root = Path(tempfile.mkdtemp(prefix="autograder-"))
    try:
        assert grader.main(["pack", "gradescope", str(root / "autograder.zip")]) == commands.GRADED
        with zipfile.ZipFile(root / "autograder.zip") as packed:
            packed.extractall(root / "source")
        shutil.copytree(repository, root / "submission")
        (root / "venv").symlink_to(Path(sys.prefix).resolve())
        subprocess.run(
            ["bash", root / "source" / "run_autograder"],
            cwd=root / "submission",
            env=environment(AUTOGRADER_ROOT=str(root)),
            check=True,
            capture_output=True,
        )
        assert b'"score"' in (root / "results" / "results.json").read_bytes()
    finally:
        shutil.rmtree(root)
    assert not alarm.exists(), alarm.read_text()


def test_what_lies_untracked_in_the_suites_folder_is_not_imported(alarm: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    for name in ("ci", "reference", "checks", "grading"):
        shutil.copytree(ROOT / name, suite / name)
    shutil.copy(ROOT / "grader.py", suite)
    shutil.copy(ROOT / "pyproject.toml", suite)
    for name in ("msgspec", "numpy", "argparse"):
        (suite / f"{name}.py").write_text(f"open({str(alarm)!r}, 'a').write(__name__)\n")
    rubric = str(asking_one_loss(tmp_path))
    subprocess.run(
        ["bash", suite / "ci" / "grade.sh", sys.prefix, tmp_path / "out"],
        cwd=SAMPLES,
        env=environment(SUBGRADER_PATH="ada.ipynb", SUBGRADER_RUBRIC=rubric),
        check=True,
        capture_output=True,
    )
    assert not alarm.exists(), alarm.read_text()


def test_gitlab_keeps_everything_of_ours_out_of_the_repository() -> None:
    job = yaml.safe_load((ROOT / "ci" / "examples" / "gitlab-ci.yml").read_text())["grade"]
    places = [
        word for line in job["script"][1:] for word in line.split() if "suite" in word or "venv" in word
    ]
    assert places
    assert all(place.startswith('"$work/') for place in places)
    assert job["script"][0] == 'work="$(mktemp -d)"'


@pytest.mark.parametrize(
    "name", ["--rubric=evil.toml", "--rubric", "--allow-unsafe", "--help", "doctor", "starter"]
)
def test_a_file_name_is_no_option_and_no_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in (name, "evil.toml", "zoe.py"):
        Path(file).write_text("")
    assert (
        grader.main(sorted(["evil.toml", name, "zoe.py"], key=lambda word: word != name))
        == commands.WRONG_USE
    )
    [line] = capsys.readouterr().err.splitlines()
    assert name in line
    assert sorted(Path().iterdir()) == sorted(map(Path, (name, "evil.toml", "zoe.py")))


@pytest.mark.parametrize("option", ["--rubric", "--times"])
@pytest.mark.parametrize("place", ["class/evil.toml", "class/mallory/evil.toml", "link.toml"])
def test_no_rubric_or_list_of_times_is_taken_from_what_is_graded(
    option: str, place: str, tmp_path: Path, alarm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "class" / "mallory"
    folder.mkdir(parents=True)
    rubric = (ROOT / "checks" / "rubric.toml").read_text().replace('reference = "svm"', 'reference = "evil"')
    for where in (folder, folder.parent):
        (where / "evil.toml").write_text(rubric.replace("accuracy.digits.svm", "accuracy.digits.evil"))
        (where / "evil.py").write_text(f"open({str(alarm)!r}, 'w')\n")
    (tmp_path / "link.toml").symlink_to(folder / "evil.toml")
    code = grader.main([str(folder.parent), option, str(tmp_path / place), "--out", str(tmp_path / "out")])
    assert code == commands.WRONG_USE
    assert "lies in what is graded" in capsys.readouterr().err
    assert not alarm.exists()


def test_no_grade_is_taken_over_from_a_gradebook_that_was_handed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Whoever has the suite can make a gradebook for a hand-in that it would accept.
    work = tmp_path / "work"
    work.mkdir()
    (work / "svm.py").write_text("def svm_loss_naive(W, X, y, reg):\n    return 0.0, 0 * W\n")
    command = [".", "--allow-unsafe", "--rubric", str(asking_one_loss(tmp_path))]
    monkeypatch.chdir(work)
    grader.main([*command, "--out", str(tmp_path / "forged")])
    with closing(sqlite3.connect(tmp_path / "forged" / FILE)) as forged:
        forged.execute("UPDATE verdicts SET record = ?", (forged_record(forged),))
        forged.commit()
    shutil.copytree(tmp_path / "forged", work / "reports")
    taken = (work / "reports" / FILE).read_bytes()
    capsys.readouterr()
    grader.main(command)
    [grade] = grades_in(Path("reports")).values()
    assert grade.score < grade.max_score
    assert (work / "reports" / FILE).read_bytes() == taken, "nor is anything added to it"


def forged_record(gradebook: sqlite3.Connection) -> bytes:
    """The one verdict there is, with all checks passed."""
    [(record,)] = gradebook.execute("SELECT record FROM verdicts").fetchall()
    content = msgspec.json.decode(zlib.decompress(record))
    for check in content["checks"]:
        check["status"] = "passed"
    return zlib.compress(msgspec.json.encode(content))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["checks", "--submission={}"], pytest.ExitCode.TESTS_FAILED),
        (["--submission={}", "checks"], pytest.ExitCode.TESTS_FAILED),
        (["checks", "--submission", "{}"], pytest.ExitCode.USAGE_ERROR),
    ],
)
def test_pytest_takes_no_plugin_and_no_settings_from_a_hand_in(
    options: list[str], code: int, repository: Path, alarm: Path
) -> None:
    (repository / "pytest.ini").write_text("[pytest]\naddopts = -p conftest\npythonpath = .\n")
    command = [sys.executable, "-m", "pytest", "-qk", "interface", "-p", "no:cacheprovider"]
    command += [option.format(repository) for option in options]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == code
    assert not alarm.exists(), alarm.read_text()


def test_the_short_command_for_students_runs_nothing_of_the_folder_it_is_given_in(
    repository: Path, alarm: Path
) -> None:
    (repository / "pytest.ini").write_text("[pytest]\naddopts = -p conftest\npythonpath = .\n")
    command = [sys.executable, str(ROOT / "grader.py"), "test", "-qk", "interface", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stderr
    assert not alarm.exists(), alarm.read_text()


def test_a_graded_folder_on_the_path_does_not_say_which_libraries_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = {name: version(name) for name in ("scikit-learn", "scipy")}
    for name in ("scipy-0.1.dist-info", "scikit_learn-0.1.dist-info"):
        (tmp_path / name).mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert library_versions.__wrapped__() == installed
