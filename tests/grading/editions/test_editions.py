"""Every edition: its points, its starter, right work, and mistakes that are caught and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grader
from grading.rubric.editions import USUAL, path_of, shipped
from grading.rubric.reading import load_rubric
from grading.starter.write import write_starter
from tests.grading.editions.solving import OTHER_YEARS, ROUNDS, write_other_year, write_solved

OTHERS = [edition for edition in shipped() if edition != USUAL]
Report = dict[str, Any]


@pytest.fixture(scope="module", params=OTHERS)
def edition(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if load_rubric(edition=name).settings.calling.arrays == "torch":
        pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'subgrader[torch]'")
    return name


@pytest.fixture(scope="module")
def reports(edition: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Of the starter, of right work, and of wrong work; graded in one run."""
    folder = tmp_path_factory.mktemp(edition)
    write_starter(folder / "class" / "starter", load_rubric(edition=edition))
    write_solved(folder / "class" / "right", edition)
    if edition in OTHER_YEARS:
        write_other_year(folder / "class" / "other_year", edition)
    for number, slips in enumerate(ROUNDS[edition]):
        write_solved(folder / "class" / f"wrong{number}", edition, slips)
    # Without the search for repairs, which takes most of the time and has its own tests.
    rubric = folder / "rubric.toml"
    rubric.write_text(f'edition = "{edition}"\n[repair]\ncandidates = 0\n', encoding="utf-8")
    options = ["--allow-unsafe", "--jobs", "1", "--format", "json", "--rubric", str(rubric)]
    grader.main([str(folder / "class"), "--out", str(folder / "out"), *options])
    return {path.parent.name: json.loads(path.read_bytes()) for path in folder.glob("out/*/report.json")}


@pytest.mark.parametrize("name", shipped())
def test_the_points_of_an_edition_add_up_to_100(name: str) -> None:
    assert load_rubric(edition=name).max_score == 100
    assert load_rubric(path_of(name)).settings == load_rubric(edition=name).settings
    assert load_rubric(edition=name).settings.edition == name


def test_the_starter_of_an_edition_gets_0_kindly(reports: dict[str, Report]) -> None:
    report = reports["starter"]
    assert (report["state"], report["score"]) == ("graded", 0)
    failed = [check["message"] for check in report["checks"] if check["status"] == "failed"]
    assert all("not written" in message for message in failed), failed


def test_right_work_of_an_edition_gets_100(reports: dict[str, Report]) -> None:
    for report in (report for name, report in reports.items() if name in ("right", "other_year")):
        assert report["score"] == 100, [c["message"] for c in report["checks"] if c["status"] != "passed"]
        assert [remark for check in report["checks"] for remark in check["remarks"]] == []
        assert report["warnings"] == []


def test_ten_mistakes_in_an_edition_are_caught_and_named(edition: str, reports: dict[str, Report]) -> None:
    assert sum(bool(slip.id) for slips in ROUNDS[edition] for slip in slips) >= 10
    missed = []
    for number, slips in enumerate(ROUNDS[edition]):
        failed = [c for c in reports[f"wrong{number}"]["checks"] if c["status"] == "failed"]
        named = {(check["function"], check["diagnosis"]["id"]) for check in failed if check["diagnosis"]}
        named |= {(check["function"], "") for check in failed}
        missed += [(slip, sorted(named)) for slip in slips if (slip.function, slip.id) not in named]
    assert missed == []


def test_what_a_student_can_paste_runs(edition: str, reports: dict[str, Report], tmp_path: Path) -> None:
    """In the student's own form, on the very functions that are wrong."""
    write_solved(tmp_path, edition, ROUNDS[edition][0])
    text = "\n".join(path.read_text("utf-8") for path in sorted((tmp_path / "classifiers").glob("*.py")))
    text = "\n".join(line for line in text.splitlines() if not line.startswith("from ."))
    shown = [
        check["counterexample"]["code"] for check in reports["wrong0"]["checks"] if check["counterexample"]
    ]
    assert len(shown) >= 3
    for code in shown:
        if "X_train" not in code:
            with np.errstate(all="ignore"):
                exec(f"{text}\n{code}", {"__name__": "pasted"})  # noqa: S102 - our own
