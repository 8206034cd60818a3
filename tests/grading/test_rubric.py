"""The shipped rubric adds up, and a bad one gets one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.rubric import RubricError, default_rubric_path, load_rubric


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
        ("seed = 231", "sead = 231", "line 7: .*sead"),
        ("seed = 231", "seed = -1", "line 7: .*seed"),
        ("interface = 2", "interfaces = 2", "no check is called 'interfaces'.*interface, value"),
        ("value = 4", "value = -4", "value|points"),
        ('naive = "svm_loss_naive"', 'naive = "svm_naive"', "'svm_naive' is not among the functions"),
        ('naive = "svm_loss_naive"\n', "", "agreement needs naive"),
        ("[accuracy.digits.svm]", "[accuracy.digits.hinge]", r"needs a table \[accuracy.digits.svm\]"),
        ("[accuracy.digits.svm]", "[accuracy.svm]", "accuracy"),
        ('name = "digits"', 'name = "mnist"', "line .*: .*mnist"),
        ("reg_scale = 1.0", 'reg_scale = "both"', "reg_scale"),
        ("delta = 1.0", "delta = ", "not valid TOML"),
        ('[functions."LinearSVM.train"]', "[functions.LinearSVM]", "methods of a class"),
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
    with pytest.raises(RubricError, match=complaint) as raised:
        load_rubric(changed(tmp_path, old, new))
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
