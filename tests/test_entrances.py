"""The same submission gets the same verdicts and the same words, whichever way it comes in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import nbformat
import pytest
from nbclient import NotebookClient

import grader
from grading.entrances.pack import autograder
from grading.grades.grade import CheckResult, Grade
from grading.reports.gradescope import explain
from grading.reports.shown_repairs import as_text

ROOT = Path(__file__).resolve().parent.parent
# A notebook and a file; between them, all that can be said of a check: test_the_samples_fail_in_many_ways.
SAMPLES = ("several_slips.ipynb", "loops_in_vectorized.py")
PYTEST = """
import pytest, sys
for name in sys.argv[3:]:
    pytest.main(["checks", "-q", "-p", "no:cacheprovider", f"--submission=submissions/{name}",
                 f"--rubric={sys.argv[2]}", f"--junitxml={sys.argv[1]}/{name}.xml"])
"""


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped one, with a search for repairs that ends when the first is found."""
    path = tmp_path_factory.mktemp("rubric") / "rubric.toml"
    path.write_text('edition = "cs231n"\n[repair]\ncandidates = 100\n')
    return path


@pytest.fixture(scope="module")
def grades(rubric: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grade]:
    """What `grader.py` says: the measure of all other ways."""
    out = tmp_path_factory.mktemp("reports")
    samples = [str(ROOT / "submissions" / name) for name in SAMPLES]
    grader.main([*samples, "--out", str(out), "--rubric", str(rubric)])
    return {name: grade_in(out / Path(name).stem) for name in SAMPLES}


def grade_in(folder: Path) -> Grade:
    return msgspec.json.decode((folder / "report.json").read_bytes(), type=Grade)


def verdicts(grade: Grade) -> list[tuple[object, ...]]:
    """Everything about the checks that a student reads."""
    return [
        (
            *(check.function, check.id, check.title, check.status, check.points, check.max_points),
            *(check.message, check.expected, check.got, check.counterexample, check.diagnosis, check.remarks),
        )
        for check in grade.checks
    ]


def words(check: CheckResult) -> list[str]:
    """What of a check that was not passed must be read everywhere."""
    parts: list[str | None] = [check.message]
    if check.status != "skipped":
        parts += [check.title, check.expected, check.got]
    if check.diagnosis is not None:
        parts += [check.diagnosis.title, check.diagnosis.hint]
    if check.counterexample is not None:
        parts.append(check.counterexample.code.rstrip("\n"))
    return [part for part in parts if part]


def test_the_samples_fail_in_many_ways(grades: dict[str, Grade]) -> None:
    assert all(grade.state == "graded" for grade in grades.values())
    checks = [check for grade in grades.values() for check in grade.checks]
    assert {"passed", "failed", "skipped"} <= {check.status for check in checks}
    failed = [check for check in checks if check.status == "failed"]
    assert {bool(check.diagnosis) for check in failed} == {True, False}
    assert {check.function.partition(".")[2] or "loss" for check in failed} == {"loss", "predict"}
    assert [bool(grade.repair) for grade in grades.values()] == [True, False]


def test_a_students_terminal_says_the_same(grades: dict[str, Grade], rubric: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", PYTEST, tmp_path, rubric, *SAMPLES]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for name, grade in grades.items():
        cases = {
            case.get("name"): case for case in ElementTree.parse(tmp_path / f"{name}.xml").iter("testcase")
        }
        assert len(cases) == len(grade.checks)
        for check in grade.checks:
            case = cases[f"test_{check.id}[{check.function}]"]
            properties = {p.get("name"): p.get("value") for p in case.iter("property")}
            assert float(properties["points"] or "nan") == check.points
            (verdict,) = [tag for tag in ("failure", "skipped") if case.find(tag) is not None] or ["passed"]
            assert verdict == {"failed": "failure", "error": "failure"}.get(check.status, check.status)
            if check.status != "passed":
                element = case.find(verdict)
                assert element is not None
                text = f"{element.get('message')}\n{element.text}"
                for part in words(check):
                    assert part in text
        properties_of_all = [p for case in cases.values() for p in case.iter("property")]
        repairs = {p.get("value") for p in properties_of_all if p.get("name") == "repair"}
        assert repairs == {as_text(*repair) for repair in grade.repair.items()}


def test_a_students_notebook_says_the_same(grades: dict[str, Grade], rubric: Path) -> None:
    cells = [f"import sys; sys.path.insert(0, {str(ROOT)!r})", "from grader import check", "import msgspec"]
    for name in SAMPLES:
        path = ROOT / "submissions" / name
        if path.suffix == ".py":
            cells.append(path.read_text())
        else:
            read = json.loads(path.read_text())["cells"]
            cells += ["".join(cell["source"]) for cell in read if cell["cell_type"] == "code"]
        cells.append(f"print(msgspec.json.encode(check(rubric={str(rubric)!r}).grade).decode())")
    cells.append("check(LinearSVM)")
    source: list[dict[str, Any]] = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None}
        for cell in cells
    ]
    whole = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": source}
    notebook = nbformat.from_dict(whole)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    asked = [cell for cell in notebook.cells if cell.source.startswith("print(msgspec")]
    # The kernel sends what is printed in pieces, now and then in the middle of a line.
    streams = [[o.text for o in cell.outputs if o.output_type == "stream"] for cell in asked]
    printed = ["".join(pieces) for pieces in streams if pieces]
    found = [msgspec.json.decode(text, type=Grade) for text in printed]
    for mine, grade in zip(found, grades.values(), strict=True):
        assert verdicts(mine) == verdicts(grade)
        assert mine.score == grade.score
    assert set(notebook.cells[-1].outputs[-1].data) == {"text/plain", "text/html"}


@pytest.mark.parametrize("name", SAMPLES)
def test_gradescope_says_the_same(grades: dict[str, Grade], rubric: Path, name: str, tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    (tmp_path / "source" / "rubric").mkdir(parents=True)
    shutil.copy(ROOT / "submissions" / name, tmp_path / "submission")
    shutil.copy(rubric, tmp_path / "source" / "rubric")
    autograder.main(tmp_path)
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    assert results["score"] == grades[name].score
    for test, check in zip(results["tests"], grades[name].checks, strict=True):
        assert (test["score"], test["max_score"]) == (check.points, check.max_points)
        assert test["output"] == explain(check, grades[name])


def test_the_step_on_github_says_the_same(grades: dict[str, Grade], rubric: Path, tmp_path: Path) -> None:
    handed_in, out = tmp_path / "handed in", tmp_path / "out"
    handed_in.mkdir()
    for name in SAMPLES:
        shutil.copy(ROOT / "submissions" / name, handed_in)
    told = {"SUBGRADER_PATH": ".", "SUBGRADER_RUBRIC": str(rubric), "GITHUB_ACTIONS": "true"}
    subprocess.run(
        ["bash", ROOT / "ci" / "grade.sh", sys.prefix, out],
        cwd=handed_in,
        env={"PATH": os.environ["PATH"], **told},
        capture_output=True,
        check=False,
    )
    for name, grade in grades.items():
        assert verdicts(grade_in(out / Path(name).stem)) == verdicts(grade)
