"""The autograder for Gradescope, in an imitation of the folders that it finds there."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import grader
from grading import commands
from grading.entrances import pack
from grading.entrances.pack.autograder import Dates, Metadata, Question, User
from grading.grades.late import HandedIn
from tests.one_loss import asking_one_loss

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = ROOT / "submissions"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as another user")
METADATA = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {
        "due_date": "2018-07-01T14:00:00.000000-07:00",
        "group_size": None,
        "total_points": "30.0",
        "outline": [{"title": "Autograder", "weight": "20.0"}, {"title": "Questions", "weight": "10.0"}],
    },
    "submission_method": "upload",
    "users": [{"email": "student@example.com", "id": 1234, "name": "Student User"}],
    "previous_submissions": [],
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "autograder.zip"
    assert grader.main(["pack", "gradescope", str(out)]) == 0
    return out


@pytest.fixture
def container(packed: Path) -> Iterator[Path]:
    """`/autograder` as Gradescope makes it: the zip in source, the script beside it, what setup.sh installs."""
    root = Path(tempfile.mkdtemp(prefix="autograder-"))
    root.chmod(0o755)
    for name in ("source", "submission", "results"):
        (root / name).mkdir()
    unzip(packed, root / "source")
    # As few repairs as make no difference here: the search has its own tests.
    rubric = root / "source" / "rubric" / "rubric.toml"
    rubric.write_text(rubric.read_text().replace("\ncandidates = 1500", "\ncandidates = 50"))
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "venv").symlink_to(Path(sys.prefix).resolve())
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    yield root
    shutil.rmtree(root)


def unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = Path(opened.extract(entry, folder))
            path.chmod(stat.S_IMODE(entry.external_attr >> 16))


def run(container: Path, user: int | None = None, **environment: str) -> dict[str, Any]:
    """What the autograder makes of the submission."""
    done = subprocess.run(
        [container / "run_autograder"],
        env={"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(container), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        user=user,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads((container / "results" / "results.json").read_text())
    assert isinstance(results["score"], (int, float))
    return results


def test_the_same_suite_is_packed_into_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    assert grader.main(["pack", "gradescope", str(tmp_path / "again.zip")]) == 0
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        scripts = {i.filename for i in archive.infolist() if i.external_attr >> 16 & stat.S_IXUSR}
    assert scripts == {"setup.sh", "run_autograder"}
    assert {"requirements.lock", "rubric/rubric.toml", "grader.py", "checks/rubric.toml"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "submissions"))]


def test_a_submission_is_graded_in_the_assignments_own_points(container: Path) -> None:
    shutil.copy(SAMPLES / "factor_two_forgotten.ipynb", container / "submission")
    results = run(container)
    assert results["score"] == 18.2
    assert sum(test["max_score"] for test in results["tests"]) == pytest.approx(20.0)
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(18.2)
    assert "91 become 18.2" in results["output"]
    assert "Handed in 23 minutes after the due date." in results["output"]
    (failed,) = [test for test in results["tests"] if "dW += 2 * reg * W" in test["output"]]
    assert failed["name"] == "svm_loss_naive: gradient"


SPY = """
import os

def softmax_loss_naive(W, X, y, reg):
    opened = []
    for path in {paths!r}:
        try:
            os.listdir(path) if os.path.isdir(path) else open(path).close()
            opened.append(path)
        except OSError:
            pass
    raise ValueError(f"as user {{os.getuid()}} with {{X.sum() * 0}}, opened: {{opened}}")
"""

LIMITS_ONLY = """
import sys
from pathlib import Path
from grading.sandbox import level_search

ways = level_search._ways
level_search._ways = lambda level, *rest: ways(level, *rest) if level is level_search.Level.LIMITS_ONLY else iter(())
from grading.grades.late import HandedIn
from grading.entrances.pack.autograder import main

sys.exit(main(Path(sys.argv[1])))
"""


@AS_ROOT
@pytest.mark.parametrize("limits_only", [False, True], ids=["best level", "where there are no walls"])
def test_student_code_has_a_user_of_its_own_that_can_read_nothing_of_ours(
    container: Path, *, limits_only: bool
) -> None:
    files = ("source", "source/rubric/rubric.toml", "submission", "submission_metadata.json")
    spy = SPY.format(paths=[str(container / name) for name in files])
    (container / "submission" / "softmax.py").write_text(spy)
    if limits_only:
        script = (container / "run_autograder").read_text()
        (container / "limits.py").write_text(LIMITS_ONLY)
        started = script.replace('-I -c "$program"', f"{container}/limits.py")
        (container / "run_autograder").write_text(started)
    results = run(container, PYTHONPATH=str(container / "source"))
    assert results["extra_data"]["isolation"] == ("limits-only" if limits_only else "full")
    (told,) = [test["output"] for test in results["tests"] if "opened:" in test["output"]]
    assert "opened: []" in told
    assert "as user 0," not in told


@AS_ROOT
def test_without_root_it_grades_as_well(container: Path) -> None:
    nobody = 65534
    packages = str(Path(pytest.__file__).resolve().parents[1])
    python = next(filter(lambda path: may_run(path, nobody, packages), PYTHONS), None)
    if python is None:
        pytest.skip("no Python of this version that other users may run")
    (container / "venv").unlink()
    (container / "venv" / "bin").mkdir(parents=True)
    (container / "venv" / "bin" / "python").symlink_to(python)
    (container / "venv" / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    site = container / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (site / "packages.pth").write_text(packages)
    shutil.copy(SAMPLES / "loops_in_vectorized.py", container / "submission" / "softmax.py")
    (container / "results").chmod(0o777)
    results = run(container, nobody)
    assert len(results["tests"]) == 32, results
    assert results["score"] > 0


PYTHONS = [Path(sys.executable).resolve(), Path(f"/usr/bin/python3.{sys.version_info.minor}")]


def may_run(python: Path, user: int, packages: str) -> bool:
    try:
        command = [str(python), "-c", "import numpy, pytest"]
        done = subprocess.run(
            command, user=user, env={"PYTHONPATH": packages}, capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: (root / "source" / "rubric" / "rubric.toml").write_text("sead = 1"), "RubricError"),
        (lambda root: (root / "venv").unlink(), "exit code 127"),
        (
            lambda root: (root / "source" / "grading" / "running" / "run.py").write_text(
                "import os; os._exit(7)"
            ),
            "code 7",
        ),
    ],
    ids=["rubric", "python", "suite"],
)
def test_a_failure_of_ours_is_a_result_that_says_so(container: Path, spoil: Any, said: str) -> None:
    shutil.copy(SAMPLES / "ada.ipynb", container / "submission")
    spoil(container)
    results = run(container)
    assert said in results["output"]
    assert "not your fault" in results["output"]
    assert results["tests"] == []


def test_a_run_that_takes_too_long_is_a_result_that_says_so(container: Path) -> None:
    shutil.copy(SAMPLES / "ada.ipynb", container / "submission")
    assert "not done in time" in run(container, AUTOGRADER_SECONDS="0.1")["output"]


def test_an_empty_submission_and_broken_metadata_are_said_to_be_so(container: Path) -> None:
    (container / "submission_metadata.json").write_text("{")
    results = run(container)
    assert results["score"] == 0
    assert results["output"].startswith("Not graded:")


def test_the_due_date_is_the_latest_of_the_group() -> None:
    now = datetime.fromisoformat("2026-02-01T12:00:00+01:00")
    due, later = now - timedelta(hours=2), now - timedelta(minutes=5)
    assert handed_in(now, due) == HandedIn(now, "Gradescope", due)
    assert handed_in(now, due, None, later) == HandedIn(now, "Gradescope", later)
    assert handed_in(now, None) == HandedIn(now, "Gradescope", None)
    assert handed_in(None, due) is None


def test_points_are_the_rubrics_where_gradescope_does_not_say_what_they_are_worth() -> None:
    for outline in ([], [Question("Autograder", "no number")], [Question("Questions", "10.0")]):
        assert Metadata(assignment=Dates(outline=outline)).points is None
    assert Metadata(assignment=Dates(outline=[Question("Autograder", 12.5)])).points == 12.5


def handed_in(when: datetime | None, due: datetime | None, *own: datetime | None) -> HandedIn | None:
    return Metadata(when, Dates(due), [User(Dates(date) if date else None) for date in own]).handed_in


def test_late_work_costs_what_the_rubric_says(container: Path) -> None:
    policy = "\n[late]\ngrace_minutes = 10\nsteps = [{ minutes = 10, factor = 0.5 }]\n"
    asking_one_loss(container / "source" / "rubric", at_the_end=policy)
    shutil.copy(SAMPLES / "ada.ipynb", container / "submission")
    results = run(container)
    assert results["score"] == 10.0
    assert "15 points times 0.5" in results["output"]


PYTHON = """#!/bin/sh
if [ "$3" = venv ]; then
    mkdir -p "$5/bin" "$5/lib/python3.13/site-packages/sklearn" && cp "$0" "$5/bin/python"
fi
echo "$@" >>"{log}"
"""


def set_up(container: Path) -> list[str]:
    """What setup.sh has had Python do."""
    (container / "venv").unlink()
    pythons = container / "bin"
    pythons.mkdir()
    (pythons / "python3.13").write_text(PYTHON.format(log=container / "log"))
    (pythons / "python3.13").chmod(0o755)
    environment = {"PATH": f"{pythons}:/usr/bin:/bin", "AUTOGRADER_ROOT": str(container)}
    subprocess.run(["bash", container / "source" / "setup.sh"], env=environment, check=True)
    return (container / "log").read_text().splitlines()


def test_the_set_up_installs_what_is_pinned_and_closes_the_labels(container: Path) -> None:
    asked, made, installed = set_up(container)
    assert asked.startswith("-I -c import sys, venv")
    assert made == f"-I -m venv --clear {container}/venv"
    assert f"--require-hashes -r {container}/source/requirements.lock" in installed
    labels = container / "venv" / "lib" / "python3.13" / "site-packages" / "sklearn"
    assert stat.S_IMODE(labels.stat().st_mode) & 0o077 == 0


def test_pytorch_is_installed_for_the_edition_that_needs_it_and_for_no_other(
    container: Path, tmp_path: Path
) -> None:
    assert not (container / "source" / "requirements-torch.txt").exists()
    assert grader.main(["pack", "gradescope", str(tmp_path / "packed.zip"), "--edition", "eecs498"]) == 0
    unzip(tmp_path / "packed.zip", container / "source")
    wanted = (container / "source" / "requirements-torch.txt").read_text()
    assert re.search(r"^--index-url \S+/cpu\ntorch[>=]=", wanted)
    assert set_up(container)[-1].endswith(f"-r {container}/source/requirements-torch.txt")


def test_what_cannot_be_packed_gets_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        grader.main(["pack", "gradescope", str(tmp_path / "no" / "such" / "folder.zip")])
        == commands.WRONG_USE
    )
    assert "cannot write" in capsys.readouterr().err


def test_a_checkout_in_a_hidden_folder_is_packed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: Path
) -> None:
    hidden = tmp_path / ".hidden"
    hidden.mkdir()
    unzip(packed, hidden)
    monkeypatch.setattr(pack, "SUITE", hidden)
    pack.pack_gradescope(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()
