"""Late work: the time comes from where it can be trusted, and costs what the rubric says."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.grades.late import (
    HandedIn,
    LateError,
    Lateness,
    duration,
    factor_for,
    for_handins,
    minutes_late,
    moment,
    read_times,
)
from grading.intake.find import survey
from grading.intake.submission import Handin
from grading.rubric.reading import default_rubric_path
from grading.rubric.settings import LatePolicy, LateStep
from tests.grading.reports.grades import a_class

SAMPLES = Path(__file__).resolve().parents[3] / "submissions"
POLICY = LatePolicy(
    grace_minutes=15,
    steps=(
        LateStep(minutes=0, factor=0.9),
        LateStep(minutes=60, factor=0.5),
        LateStep(minutes=120, factor=0.0),
    ),
)
DUE = moment("2026-02-01T23:59:00+01:00")


@pytest.mark.parametrize(
    ("minutes", "factor"), [(0, 1), (1, 1), (15, 1), (16, 0.9), (60, 0.9), (61, 0.5), (120, 0.5), (121, 0)]
)
def test_grace_then_the_last_step_that_is_exceeded(minutes: int, factor: float) -> None:
    assert factor_for(minutes, POLICY) == factor


@pytest.mark.parametrize(
    ("when", "minutes"),
    [
        ("2026-02-01T23:59:00+01:00", 0),
        ("2026-02-01T22:58:59Z", 0),
        ("2026-02-01T22:59:01Z", 1),
        ("2026-02-02T00:59:00+01:00", 60),
    ],
)
def test_a_begun_minute_counts_whole_in_any_time_zone(when: str, minutes: int) -> None:
    assert minutes_late(moment(when), DUE) == minutes


def test_raw_and_final_score_are_both_in_the_grade() -> None:
    (grade,) = a_class(1)
    lateness = Lateness(
        POLICY, DUE, {grade.submission.name: HandedIn(moment("2026-02-02T01:00:00+01:00"), "x")}
    )
    late = lateness.applied(grade)
    assert late.late is not None
    assert (late.late.raw_score, late.late.minutes, late.late.factor) == (grade.score, 61, 0.5)
    assert late.score == grade.score / 2


def test_an_extension_goes_before_every_other_due_date() -> None:
    (grade,) = a_class(1)
    extended = HandedIn(moment("2026-02-03T12:00:00Z"), "x", due=moment("2026-02-04T00:00:00Z"))
    assert Lateness(POLICY, DUE, {grade.submission.name: extended}).applied(grade).score == grade.score


def test_where_no_time_is_known_nothing_is_taken_off_and_it_is_said() -> None:
    (grade,) = a_class(1)
    found = Lateness(POLICY, DUE).applied(grade)
    assert found.score == grade.score
    assert "not known when it was handed in" in found.warnings[-1]


def test_durations_are_said_as_people_say_them() -> None:
    assert [duration(m) for m in (1, 61, 1440, 1501)] == [
        "1 minute",
        "1 hour 1 minute",
        "1 day",
        "1 day 1 hour",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,when\na,b\n", "no column 'submi"),
        ("submission,submitted\nada,yesterday\n", "line 2: .*2026-02-01"),
        ("submission,submitted\nada,2026-02-01T10:00:00\n", "time zone is missing"),
        ("submission,submitted\nada\n", "line 2"),
    ],
)
def test_a_bad_list_of_times_gets_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "times.csv").write_text(text, encoding="utf-8")
    with pytest.raises(LateError, match=complaint):
        read_times(tmp_path / "times.csv")


def test_times_are_found_by_names_with_accents_or_without() -> None:
    when = HandedIn(DUE, "times.csv")
    handins = [Handin(name, Path(name)) for name in ("Zoë Müller", "Jane Doe", "李明", "Zoë", "Zoe")]
    written = ["Zoe_Muller", "Jane_Doe", "李明", "Zoë", "ZOE", "Bob"]
    found, unknown = for_handins(dict.fromkeys(written, when), handins)
    assert set(found) == {"Zoë Müller", "Jane Doe", "李明", "Zoë"}
    assert unknown == ["ZOE", "Bob"]


def test_gradescope_s_export_says_when_each_was_handed_in(tmp_path: Path) -> None:
    folder = tmp_path / "assignment_7_export"
    for number in (1, 2):
        (folder / f"submission_{number}").mkdir(parents=True)
        shutil.copy(SAMPLES / "ada.ipynb", folder / f"submission_{number}")
    (folder / "submission_metadata.yml").write_text(
        "---\nsubmission_1:\n  :submitters:\n  - :name: Ada\n    :email: a@x\n  :created_at: 2026-02-01 22:00:00.5 Z\n"
        "submission_2:\n  :submitters:\n  - :name: Grace\n  :created_at: never\n",
        encoding="utf-8",
    )
    found = {handin.name: handin.submitted for handin in survey([folder]).handins}
    assert found == {"Ada": datetime.fromisoformat("2026-02-01T22:00:00+00:00"), "Grace": None}


def test_the_command_grades_late_work_and_a_new_due_date_grades_nothing_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubric, times, out = tmp_path / "rubric.toml", tmp_path / "times.csv", tmp_path / "out"
    text = default_rubric_path().read_text(encoding="utf-8")
    rubric.write_text(text + "\n[late]\nsteps = [{ minutes = 0, factor = 0.5 }]\n", encoding="utf-8")
    times.write_text("submission,submitted\nada,2026-02-02T00:30:00Z\n", encoding="utf-8")
    command = [str(SAMPLES / "ada.ipynb"), "--rubric", str(rubric), "--times", str(times), "--out", str(out)]
    command += ["--allow-unsafe", "--format", "json,md,html,csv,gradescope"]
    assert grader.main([*command, "--due", "2026-02-02T00:00:00Z"]) == commands.GRADED
    assert "50/100  ada" in capsys.readouterr().out
    assert json.loads((out / "ada" / "results.json").read_bytes())["score"] == 50
    for name in ("report.md", "report.html", "results.json"):
        words = (out / "ada" / name).read_text(encoding="utf-8")
        assert "Handed in 30 minutes late" in words, name
        assert "100 points times 0.5" in words
    assert grader.main([*command, "--due", "2026-02-03T00:00:00Z"]) == commands.GRADED
    assert "0 graded, 1 unchanged" in capsys.readouterr().out
    assert json.loads((out / "ada" / "report.json").read_bytes())["score"] == 100


def test_a_due_date_without_a_policy_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = [str(SAMPLES / "ada.ipynb"), "--due", "2026-02-02T00:00:00Z", "--out", str(tmp_path)]
    assert grader.main(command) == commands.WRONG_USE
    assert "table [late]" in capsys.readouterr().err
