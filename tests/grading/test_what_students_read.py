"""Snapshots of what a student reads for 21 mistakes, the commonest of real hand-ins first, in every language.

Read them aloud: would a second-year student know what to do next? After a change of words:
``pytest tests/grading/test_what_students_read.py --update-snapshots``, and look at what ``git diff`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grading.grades.grade import Grade, IsolationFacts
from grading.grades.translation import again
from grading.intake.find import find
from grading.reports.hidden import for_students
from grading.reports.inline import inline_text
from grading.rubric.reading import load_rubric
from grading.rubric.settings import RepairSettings, Rubric
from grading.running.setup import RunSetup
from grading.running.work import Work
from grading.words import LANGUAGES, Language, speaking
from reference.mistakes import CATALOGUE, METHODS
from tests.checks.classes import handed_mistake as handed_class
from tests.checks.handins import HEADER, handed_mistake

SNAPSHOTS = Path(__file__).parent / "snapshots"
KNOWN = {mistake.id: mistake for mistake in (*CATALOGUE, *METHODS)}

NOT_WRITTEN = '''
def svm_loss_naive(W, X, y, reg):
    """Structured SVM loss function, naive implementation (with loops)."""
    dW = np.zeros(W.shape)
    loss = 0.0
    # TODO: compute the loss and the gradient
    pass
    return loss, dW
'''
PYTHON_2 = """
def svm_loss_naive(W, X, y, reg):
    scores = X.dot(W)
    print "scores", scores.shape
    return scores.sum(), W
"""
UNDEFINED_NAME = """
def svm_loss_naive(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    loss = np.maximum(0, scores).sum() / num_trian
    return loss, np.zeros_like(W)
"""
STALE_ANSWER = """
cache = {}
def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        s = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = s[j] - s[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    kept = cache.setdefault((X.tobytes(), y.tobytes(), reg), loss / len(y) + reg * np.sum(W * W))
    return kept, dW / len(y) + 2 * reg * W
"""
WRITTEN = {
    "not-written": NOT_WRITTEN,
    "python-2": PYTHON_2,
    "undefined-name": UNDEFINED_NAME,
    "stale-answer": STALE_ANSWER,
}
MISTAKES = (
    "not-written",
    "svm-reg-gradient-without-2",
    "softmax-reg-gradient-without-2",
    "python-2",
    "svm-reg-missing-in-gradient",
    "svm-reg-missing",
    "undefined-name",
    "softmax-reg-missing-in-loss",
    "svm-last-sample-only",
    "svm-gradient-not-written",
    "softmax-gradient-not-averaged",
    "softmax-nothing-averaged",
    "svm-reg-gradient-divided-by-n",
    "softmax-p-instead-of-log",
    "svm-label-class-not-skipped",
    "svm-label-column-missing",
    "svm-label-of-class-index",
    "softmax-no-shift",
    "batch-rows-and-labels-apart",
    "predict-axis-0",
    "stale-answer",
)


def handed_in(name: str) -> tuple[str, str]:
    """A mistake as a student's file, and what of the rubric it is judged by."""
    if name in WRITTEN:
        return HEADER + WRITTEN[name], "svm_loss_naive"
    mistake = KNOWN[name]
    if mistake.subject in ("train", "predict"):
        return HEADER + handed_class(mistake).code("LinearSVM"), f"LinearSVM.{mistake.subject}"
    function = handed_mistake(mistake)
    asked = f"{function.loss}_loss_naive"
    return HEADER + re.sub(rf"\bdef {function.entry}\(", f"def {asked}(", function.code), asked


def asking_only(asked: str, language: Language) -> Rubric:
    rubric = load_rubric(lang=language)
    function = rubric.settings.functions[asked]
    points = {check: worth for check, worth in function.points.items() if check != "accuracy"}
    only = {asked: msgspec.structs.replace(function, points=points)}
    # What is repaired here is found by then; where nothing is, all candidates would take most of the time.
    few = RepairSettings(candidates=700)
    settings = msgspec.structs.replace(rubric.settings, functions=only, repair=few)
    return msgspec.structs.replace(rubric, settings=settings)


def read_by_the_student(grade_: Grade) -> str:
    """The report as text, without what is this machine's or the exam's; with the digits that all machines agree on."""
    here = msgspec.structs.replace(grade_, isolation=IsolationFacts(level="", detail=""))
    text = inline_text(here).rstrip() + "\n"
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    # How many cases there are is not what a student reads a hint for.
    text = re.sub(r"[\d,]+(?= inputs| 个输入)", "N", text)
    return re.sub(r"\d+\.\d{7,}(?:e-?\d+)?", lambda number: f"{float(number[0]):.6g}", text)


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    with Work(RunSetup(load_rubric(), allow_unsafe=True)) as work:
        yield work


@pytest.mark.parametrize("name", MISTAKES)
def test_what_a_student_reads(name: str, work: Work, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    code, asked = handed_in(name)
    (tmp_path / "student.py").write_text(code, encoding="utf-8")
    (handin,) = find([tmp_path / "student.py"])

    def graded(language: Language) -> Grade:
        work.setup = RunSetup(asking_only(asked, language))
        return work.graded(handin)

    first = graded("en")
    for language in LANGUAGES:
        with speaking(language):
            # tests/grading/gradebook/test_language.py: what is said again is what grading in that language says.
            # A process that has said a great deal may have forgotten what its sentences were made of.
            whole = first if language == "en" else again(first, first.said, language) or graded(language)
            text = read_by_the_student(for_students(whole))
        snapshot = SNAPSHOTS / language / f"{name}.txt"
        if request.config.getoption("--update-snapshots"):
            snapshot.parent.mkdir(parents=True, exist_ok=True)
            snapshot.write_text(text, encoding="utf-8")
        assert text == snapshot.read_text(encoding="utf-8")


def test_each_snapshot_is_of_a_mistake_that_is_asked_for() -> None:
    kept = {(path.parent.name, path.stem) for path in SNAPSHOTS.rglob("*.txt")}
    assert kept == {(language, name) for language in LANGUAGES for name in MISTAKES}
