"""What a rubric hides stays hidden until the release, in every form that a student may see."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import msgspec
import pytest

import grader
from grading.commands.arguments import FORMATS
from grading.grades.grade import CheckResult, Counterexample, Diagnosis, Grade, TrainingFacts
from grading.reports import CLASS_WRITERS, WRITERS, write_class, write_reports
from tests.checks.test_entrance import run_pytest
from tests.grading.reports.grades import FUNCTIONS, a_check, a_comparison, a_grade, a_passed_check, trainings
from tests.one_loss import asking_one_loss

SAMPLE = Path(__file__).resolve().parents[3] / "submissions" / "factor_two_forgotten.ipynb"
MARK = "MARKED-TEXT"
FOR_INSTRUCTORS = {"index.html", "gradebook.csv", "gradebook.json", "gradebook.sqlite"}


def a_marked_check(**changes: object) -> CheckResult:
    """A hidden failed check with a mark in everything that it says."""
    check = a_check(
        id="accuracy",
        function="LinearSVM.train",
        title=MARK,
        message=MARK,
        remarks=[MARK],
        expected=f"loss = {MARK}",
        got=f"loss = {MARK}",
        counterexample=Counterexample(code=MARK, W=[[77.125]], X=[[77.125]], y=[0], reg=77.125),
        diagnosis=Diagnosis(id=MARK, title=MARK, hint=MARK),
        gradient=a_comparison(got=[[77.125, 77.125]]),
        max_points=77.125,
        hidden=True,
    )
    return msgspec.structs.replace(check, **changes)


def marked_training() -> TrainingFacts:
    return msgspec.structs.replace(trainings([4.0, 2.0]), data=MARK)


def a_grade_with_something_hidden() -> Grade:
    checks = [a_passed_check(), a_check(), a_marked_check()]
    return a_grade(checks=checks, score=2.0, max_score=83.125, trainings=[marked_training()], manual=[])


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.*") if path.is_file()}


def written(grade: Grade, out: Path, *, release: bool = False) -> dict[str, str]:
    write_reports(grade, out, FORMATS, release=release)
    write_class([grade], FUNCTIONS, out, FORMATS, release=release)
    return files(out)


def test_no_form_for_students_holds_a_word_or_number_of_a_hidden_check(tmp_path: Path) -> None:
    forms = written(a_grade_with_something_hidden(), tmp_path)
    assert len(forms) == len(WRITERS) + sum(map(len, CLASS_WRITERS.values()))
    for name, text in forms.items():
        if name not in FOR_INSTRUCTORS | {"results.json"}:
            assert MARK not in text, name
            assert "77.125" not in text, name
            assert "accuracy" not in text, name


def test_students_are_told_how_many_checks_are_hidden_and_the_score_is_that_of_the_others(
    tmp_path: Path,
) -> None:
    forms = written(a_grade_with_something_hidden(), tmp_path)
    sentence = (
        "One more check is shown only after the release of the results; its points are not in this score."
    )
    for name in ("report.html", "report.md", "report.json"):
        assert sentence in forms[name], name
    report = json.loads(forms["report.json"])
    assert (report["score"], report["max_score"]) == (2.0, 6.0)


def test_gradescope_keeps_hidden_checks_itself_until_it_publishes_the_grades(tmp_path: Path) -> None:
    results = json.loads(written(a_grade_with_something_hidden(), tmp_path)["results.json"])
    *others, hidden = results.pop("tests")
    assert hidden["visibility"] == "after_published"
    assert MARK in hidden["output"]
    assert {test["visibility"] for test in others} == {"visible"}
    assert MARK not in json.dumps([results, others])


def test_instructors_see_all_and_which_checks_are_hidden(tmp_path: Path) -> None:
    forms = written(a_grade_with_something_hidden(), tmp_path)
    assert "accuracy (hidden)" in forms["index.html"]
    assert MARK in forms["index.html"]
    book = json.loads(forms["gradebook.json"])
    assert [check["check"] for check in book["statistics"]["checks"] if check["hidden"]] == ["accuracy"]
    head, row = forms["gradebook.csv"].splitlines()
    assert head.endswith('"of which hidden from students"')
    assert row.endswith('"0"')


def test_after_the_release_nothing_is_hidden(tmp_path: Path) -> None:
    forms = written(a_grade_with_something_hidden(), tmp_path, release=True)
    for name in (
        "report.html",
        "report.md",
        "report.json",
        "results.json",
        "junit.xml",
        "github-annotations.txt",
    ):
        assert MARK in forms[name], name
        assert "after the release" not in forms[name], name
    assert "after_published" not in forms["results.json"]
    assert "(hidden)" not in forms["index.html"]


def grade_sample(tmp_path: Path, rubric: Path, *options: str) -> dict[str, str]:
    out = tmp_path / "out"
    rest = ["--out", str(out), "--rubric", str(rubric), "--jobs", "1", "--format", ",".join(FORMATS)]
    grader.main([str(SAMPLE), *rest, *options])
    return files(out / SAMPLE.stem) | {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in out.iterdir()
        if path.is_file()
    }


def test_a_real_mistake_that_only_hidden_checks_find_is_seen_by_nobody_before_the_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubric = asking_one_loss(tmp_path, 'hidden = ["gradient", "kinks"]')
    forms = grade_sample(tmp_path, rubric)
    forms["terminal"] = capsys.readouterr().out
    told = re.compile("lacks its factor 2|gradient of svm_loss_naive|svm_loss_naive: (gradient|kinks)")
    for name, text in forms.items():
        if name not in FOR_INSTRUCTORS | {"results.json"}:
            assert not told.search(text), name
    assert told.search(forms["index.html"])
    again = grade_sample(tmp_path, rubric, "--release")
    assert "1 unchanged" in capsys.readouterr().out
    assert "lacks its factor 2" in again["report.html"]


def test_an_open_check_says_the_same_whatever_becomes_of_a_hidden_one(tmp_path: Path) -> None:
    """Were it skipped because the hidden one failed, that would tell."""
    rubric = asking_one_loss(tmp_path, 'hidden = ["gradient"]', "[repair]\ncandidates = 0\n")
    checks = json.loads(grade_sample(tmp_path, rubric)["report.json"])["checks"]
    assert {check["id"] for check in checks} == {"interface", "value", "kinks", "symmetry"}
    assert "skipped" not in {check["status"] for check in checks}


def test_pytest_does_not_run_what_is_hidden(tmp_path: Path) -> None:
    rubric = asking_one_loss(tmp_path, 'hidden = ["gradient", "kinks"]')
    result = run_pytest(f"--submission={SAMPLE}", "--rubric", rubric, "-v")
    assert "gradient" not in re.sub(r"--\S+", "", result.stdout.replace(os.fspath(rubric), ""))
    assert "kinks" not in result.stdout
    assert result.returncode == 0, result.stdout
