"""`pip install .` gives all that a checkout has: the command, the check for notebooks, and the files they read."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("reference", "checks", "grading")
IN_A_NOTEBOOK = """
import json, sys
code = "".join("".join(c["source"]) + "\\n" for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code")
exec(code)
from grader import check
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
    for name in ("grader.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build: list[str | Path] = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=False)
    (wheel,) = folder.glob("subgrader-*.whl")
    python = folder / "venv" / "bin" / "python"
    install: list[str | Path] = ["--python", python, "install", "--no-deps", "--no-index", wheel]
    subprocess.run([*pip, *install], check=True)
    # The libraries that it depends on are those that run this test.
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(str(Path(pytest.__file__).resolve().parents[1]))
    return python.parent


def test_every_file_of_the_suite_is_in_the_wheel(fresh: Path) -> None:
    (packages,) = (fresh.parent / "lib").glob("python*/site-packages")
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert (packages / path.relative_to(ROOT)).is_file(), path


def test_the_installed_command_grades(fresh: Path, tmp_path: Path) -> None:
    sample = ROOT / "submissions" / "factor_two_forgotten.ipynb"
    command: list[str | Path] = [fresh / "subgrader", sample, "--out", tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "91/100  factor_two_forgotten" in done.stdout, done.stderr
    assert (tmp_path / "factor_two_forgotten" / "report.html").is_file()


def test_the_installed_check_shows_its_report(fresh: Path, tmp_path: Path) -> None:
    sample = ROOT / "submissions" / "factor_two_forgotten.ipynb"
    command: list[str | Path] = [fresh / "python", "-c", IN_A_NOTEBOOK, sample]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "lacks its factor 2" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_needs_a_checkout_says_so(fresh: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [fresh / "subgrader", "pack", "gradescope", tmp_path / "out.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pack from a checkout" in done.stderr
    assert len(done.stderr.splitlines()) == 1
