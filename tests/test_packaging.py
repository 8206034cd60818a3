"""`pip install .` gives one package with all that a checkout has, whatever the student's own folder holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from grading.running.code_version import suite_hash
from tests.one_loss import asking_one_loss

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("reference", "checks", "grading")
IN_A_NOTEBOOK = """
import json, sys
code = "".join("".join(c["source"]) + "\\n" for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code")
exec(code)
from subgrader import check
print(check(svm_loss_naive)._repr_mimebundle_()["text/html"])
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment in which the wheel has been installed."""
    folder = tmp_path_factory.mktemp("fresh")
    source = folder / "source"
    source.mkdir()
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grader.py", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    venv.create(folder / "venv", with_pip=False)
    # The libraries that it depends on and is built with are those that run this test.
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(str(Path(pytest.__file__).resolve().parents[1]))
    python = folder / "venv" / "bin" / "python"
    pip: list[str | Path] = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--no-warn-script-location"]
    # pip builds a wheel and installs that.
    subprocess.run([python, *pip, *options, source], check=True, capture_output=True)
    return python.parent


@pytest.fixture
def students(tmp_path: Path) -> Path:
    """A student's folder, in which our names are taken; whatever of it is imported ends the program."""
    for name in ("checks.py", "grader.py", "reference/__init__.py", "grading/__init__.py", "hw/mine.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('a file of the student was imported')")
    shutil.copy(ROOT / "submissions" / "factor_two_forgotten.ipynb", tmp_path / "hw" / "mine.ipynb")
    return tmp_path


def run(fresh: Path, students: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(fresh.parent / "cache")}
    return subprocess.run(
        [fresh / program, *arguments],
        cwd=students,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_file_of_the_suite_is_in_the_one_package(fresh: Path) -> None:
    (packages,) = (fresh.parent / "lib").glob("python*/site-packages")
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert (packages / "subgrader" / path.relative_to(ROOT)).is_file(), path
    names = {path.name for path in packages.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"subgrader", "libraries.pth"}


def test_installing_leaves_nothing_in_the_checkout(fresh: Path) -> None:
    # pytest would take metadata there for those of an installed plugin, and `pytest checks/` would end with an error.
    left = {path.name for path in (fresh.parents[1] / "source").iterdir()}
    assert left == {*ROOMS, "grader.py", "setup.py", "pyproject.toml", "README.md", "LICENSE"}


def test_the_installed_code_is_known_to_be_that_of_the_checkout(fresh: Path, tmp_path: Path) -> None:
    program = "from subgrader.grading.running.code_version import suite_hash; print(suite_hash())"
    assert run(fresh, tmp_path, "python", "-c", program).stdout.strip() == suite_hash()


def test_the_installed_command_grades(fresh: Path, students: Path) -> None:
    rubric = str(asking_one_loss(fresh.parent))
    done = run(fresh, students, "subgrader", "hw/mine.ipynb", "--out", "out", "--rubric", rubric)
    assert "6/15  mine" in done.stdout, done.stderr
    report = (students / "out" / "mine" / "report.html").read_text(encoding="utf-8")
    assert "subgrader hw/mine.ipynb" in report
    assert "grader.py" not in report
    assert not list((fresh.parent / "cache").rglob("exam-*")), "the exam is the one that is shipped"


@pytest.mark.parametrize(
    "command",
    [
        ["python", "-m", "subgrader", "test", "mine.ipynb"],
        ["python", "-m", "pytest", "--pyargs", "subgrader.checks", "--submission", "mine.ipynb"],
    ],
    ids=" ".join,
)
def test_the_installed_checks_run_in_pytest(command: list[str], fresh: Path, students: Path) -> None:
    done = run(fresh, students / "hw", *command, "-k", "gradient and svm_loss")
    assert "lacks its factor 2" in done.stdout, done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "warning" not in done.stdout


def test_a_project_with_tests_of_its_own_does_not_notice(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--data')")
    (tmp_path / "test_own.py").write_text(
        "import sys\ndef test_it(): assert not {'numpy', 'subgrader.checks.conftest'} & set(sys.modules)"
    )
    done = run(fresh, tmp_path, "python", "-m", "pytest", "-W", "error", "--data", "x")
    assert "1 passed" in done.stdout, done.stdout


def test_the_installed_check_shows_its_report(fresh: Path, students: Path) -> None:
    before = sorted(students.rglob("*"))
    done = run(fresh, students, "python", "-c", IN_A_NOTEBOOK, "hw/mine.ipynb")
    assert "lacks its factor 2" in done.stdout, done.stderr
    assert sorted(students.rglob("*")) == before


def test_what_needs_a_checkout_says_so(fresh: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [fresh / "subgrader", "pack", "gradescope", tmp_path / "out.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pack from a checkout" in done.stderr
    assert len(done.stderr.splitlines()) == 1
