"""Two searches in one hand-in use the same variables; each is judged by what was in them at its own end."""

from __future__ import annotations

from pathlib import Path

from grading.notebook_execution.search_checks import search_results
from grading.rubric.reading import load_rubric
from grading.sandbox.client import Sandbox
from tests.grading.notebook_execution.making import PICTURES, SEARCH, TEST, hand_in, notebook, run

SOFTMAX = SEARCH.replace("best_svm", "best_softmax").replace("10 * k", "100 + 10 * k")


def verdicts(work: Path, notebooks: Sandbox, data: Path) -> dict[tuple[str, str], str]:
    rubric = load_rubric()
    executed = run(work, notebooks, data, rubric)
    results = search_results(rubric.settings.search, executed.execution, executed.found)
    return {(one.function, one.id): one.status for one in results if one.id != "minimum"}


def test_both_in_one_notebook(tmp_path: Path, notebooks: Sandbox, data: Path) -> None:
    code = [PICTURES, SEARCH, TEST, SOFTMAX, TEST.replace("best_svm", "best_softmax")]
    found = verdicts(hand_in(tmp_path, {"both.ipynb": notebook(*code)}), notebooks, data)
    assert len(found) == 6
    assert set(found.values()) == {"passed"}


def test_each_in_a_notebook_of_its_own(tmp_path: Path, notebooks: Sandbox, data: Path) -> None:
    files = {"softmax.ipynb": notebook(PICTURES, SOFTMAX), "svm.ipynb": notebook(PICTURES, SEARCH)}
    found = verdicts(hand_in(tmp_path, files), notebooks, data)
    assert set(found.values()) == {"passed"}


def test_one_of_them_missing_fails_alone(tmp_path: Path, notebooks: Sandbox, data: Path) -> None:
    found = verdicts(hand_in(tmp_path, {"svm.ipynb": notebook(PICTURES, SEARCH)}), notebooks, data)
    assert {status for (model, _), status in found.items() if model == "best_svm"} == {"passed"}
    assert {status for (model, _), status in found.items() if model == "best_softmax"} == {"failed"}
