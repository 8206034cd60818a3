from __future__ import annotations

import re
from pathlib import Path

import pytest

from grading.intake.find import find
from grading.intake.read import read
from grading.intake.submission import Handin, Kind, State
from tests.grading.intake.making import ASKED

FOLDER = Path(__file__).parents[3] / "submissions"
SAMPLES = {handin.name: handin for handin in find([FOLDER])}

NOT_WRITTEN = {
    "does_not_parse": {"softmax_loss_naive": State.UNREADABLE},
    "python2": {
        "svm_loss_naive": State.UNREADABLE,
        "LinearSVM": State.UNREADABLE,
        "Softmax": State.UNREADABLE,
    },
    "unfinished_template": dict.fromkeys(
        ("svm_loss_vectorized", "softmax_loss_naive", "softmax_loss_vectorized", "LinearSVM", "Softmax"),
        State.UNFINISHED,
    ),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_function_of_every_sample_is_found_in_its_true_state(sample: Handin) -> None:
    definitions = read(sample, ASKED).definitions
    assert {name: definition.state for name, definition in definitions.items()} == (
        dict.fromkeys(ASKED, State.WRITTEN) | NOT_WRITTEN.get(sample.name, {})
    )
    assert all(
        bool(definition.sentence) == (definition.state is not State.WRITTEN)
        for definition in definitions.values()
    )


def test_the_samples_are_of_every_kind() -> None:
    assert {read(sample, ASKED).kind for sample in SAMPLES.values()} == set(Kind)


def test_the_readme_lists_every_sample_and_no_other() -> None:
    listed = re.findall(r"^\| `([^`]+?)/?` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(sample.path.name for sample in SAMPLES.values())


def test_the_right_samples_need_no_warning() -> None:
    for name in ("ada", "course_layout", "grace"):
        assert read(SAMPLES[name], ASKED).warnings == ()


def test_the_copy_that_is_finished_is_taken() -> None:
    submission = read(SAMPLES["two_copies"], ASKED)
    assert {definition.source.split("/")[0] for definition in submission.definitions.values()} == {
        "winter_assignment1"
    }
    assert "not taken: winter_assignment1_before_softmax/ (5)." in submission.warnings[0]


def test_answers_to_inline_questions_are_found_and_an_empty_one_is_empty() -> None:
    assert [bool(question.answer) for question in read(SAMPLES["ada"], ASKED).questions] == [True, True]
    assert [bool(question.answer) for question in read(SAMPLES["course_layout"], ASKED).questions] == [
        True,
        True,
        False,
    ]
