"""The shipped rubric adds up, and a bad one gets one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.rubric.places import line_of
from grading.rubric.reading import RubricError, default_rubric_path, load_rubric


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = default_rubric_path().read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "rubric.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_shipped_rubric_is_worth_100_points() -> None:
    assert load_rubric().max_score == 100


def test_the_shipped_rubric_asks_for_four_functions_and_two_classes() -> None:
    assert load_rubric().asked_names == (
        "svm_loss_naive",
        "svm_loss_vectorized",
        "softmax_loss_naive",
        "softmax_loss_vectorized",
        "LinearSVM",
        "Softmax",
    )


def test_either_convention_may_be_asked_for(tmp_path: Path) -> None:
    rubric = load_rubric(changed(tmp_path, "reg_scale = 1.0", 'reg_scale = "either"'))
    assert rubric.settings.reg_scale == "either"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("seed = 231", "sead = 231", "line LINE: .*sead"),
        ("seed = 231", "seed = -1", "line LINE: .*seed"),
        ("interface = 2", "interfaces = 2", "no check is called 'interfaces'.*interface, value"),
        ("value = 4", "value = -4", "value|points"),
        ("gradient = 5", "gradeint = 5", "line LINE: .*'gradeint'.*did you mean 'gradient'"),
        (
            "threshold = 0.91",
            "threshold = 93",
            r"line LINE: accuracy.digits.svm.threshold: .*from 0 to 1; it is 93",
        ),
        ("reg_scale = 1.0", 'reg_scale = "ether"', 'line LINE: .*above 0 or "either"; .*did you mean'),
        ("call_seconds = 10.0", 'call_seconds = "10"', "must be a number above 0; it is"),
        ("class_loops_allowed = true", "class_loops_allowed = 1", "line LINE: .*true or false; it is 1"),
        ("seed = 231\n", "", "the key 'seed' is missing: a whole number from 0"),
        ("[limits]", "[[late.steps]]\nminutes = 0\n[limits]", r"late.steps\[1\]: the key 'factor'"),
        ("[limits]", "[late]\ndue = 2026-02-01T23:59:00\n[limits]", "late.due: the time zone is missing"),
        ('naive = "svm_loss_naive"', 'naive = "svm_naive"', "'svm_naive' is not among the functions"),
        ('naive = "svm_loss_naive"\n', "", "agreement needs naive"),
        ("[accuracy.digits.svm]", "[accuracy.digits.hinge]", r"needs a table \[accuracy.digits.svm\]"),
        (
            "[accuracy.digits.svm]",
            "[accuracy.svm]",
            "line LINE: accuracy.svm: unknown key .svm.; there are .cifar10. or .digits.",
        ),
        ('name = "digits"', 'name = "mnist"', "line LINE: data.name: must be .*; it is .*mnist"),
        ("reg_scale = 1.0", 'reg_scale = "both"', "reg_scale"),
        ("delta = 1.0", "delta = ", "not valid TOML"),
        (
            '[functions."LinearSVM.train"]',
            "[functions.LinearSVM]",
            "LinearSVM is a class here; its methods are",
        ),
        (
            "points = { prediction = 4 }",
            'points = { prediction = 4 }\nhidden = ["accuracy"]',
            "'accuracy' has no points",
        ),
    ],
)
def test_a_bad_rubric_gets_one_line_that_says_what_and_where(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = changed(tmp_path, old, new)
    before = path.read_text(encoding="utf-8").partition(new)[0] if new else ""
    with pytest.raises(
        RubricError, match=complaint.replace("LINE", f"{before.count(chr(10)) + 1}")
    ) as raised:
        load_rubric(path)
    assert "\n" not in str(raised.value)
    assert "rubric.toml" in str(raised.value)


def test_a_rubric_that_is_not_there_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"cannot be read .*--rubric"):
        load_rubric(tmp_path / "none.toml")


def test_what_is_hidden_and_what_a_person_marks_gets_into_the_rubric(tmp_path: Path) -> None:
    text = 'points = { prediction = 4 }\nhidden = ["prediction"]\n[[manual]]\ntitle = "Style"\npoints = 5'
    rubric = load_rubric(changed(tmp_path, "points = { prediction = 4 }", text))
    assert rubric.settings.functions["LinearSVM.predict"].hidden == ("prediction",)
    assert [(item.title, item.points) for item in rubric.settings.manual] == [("Style", 5)]


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, "seed = 231", "sead = 231")
    path.write_text(path.read_text(encoding="utf-8").replace("delta = 1.0", "delta = 0"), encoding="utf-8")
    with pytest.raises(RubricError, match="and 1 more") as raised:
        load_rubric(path)
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("functions", "a.b", "points", "value"), 3),
        (("late", "steps", 1, "factor"), 7),
        (("late", "steps", 1), 7),
        (("manual", 1, "title"), 13),
        (("manual", 1), 12),
        (("late", "nothing"), 4),
        (("nowhere",), None),
    ],
)
def test_a_value_is_found_in_its_line(path: tuple[str | int, ...], line: int | None) -> None:
    text = """# what
[functions."a.b"]
points = { interface = 1, value = 2 }
[late]
steps = [
  { minutes = 1, factor = 0.9 },
  { minutes = 2, factor = 0.5 },  # half
]
[[manual]]
title = "first"

[[manual]]
title = "second"
"""
    assert line_of(text, path) == line
