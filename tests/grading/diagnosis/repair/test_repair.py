from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grading.diagnosis.repair import all_edits
from grading.diagnosis.repair.candidates import Bench
from grading.diagnosis.repair.function import Edit, Function, Program
from grading.diagnosis.repair.repair import affordable
from grading.grades.grade import CheckResult, Repair
from grading.intake.submission import Submission
from grading.judging.screening import Setting, asked_by
from grading.reports.shown_repairs import sentence_of
from grading.rubric.settings import PartialCredit, RepairSettings
from grading.running.runner import Runner
from grading.sandbox.budget import Budget
from grading.sandbox.client import Sandbox, Worker
from tests.checks.handins import LOSS_CHECKS, Handed, rubric_of, submission_of
from tests.checks.test_precision import WHAT_THE_OTHERS_LEAVE
from tests.grading.diagnosis.repair.corpus import slips

ROOT = Path(__file__).resolve().parents[4]
SLIPS = {slip.name: slip for slip in slips()}
HINGE = """
def loss(W, X, y, reg):
    N = X.shape[0]
    rows = np.arange(N)
    S = X.dot(W)
    M = np.maximum(0, S - S[rows, y][:, None] + 1)
    M[rows, y] = 0
    A = (M > 0).astype(float)
    A[rows, y] = -A.sum(axis=1)
    return M.sum() / N + reg * np.sum(W * W), X.T.dot(A) / N + 2 * reg * W
"""


def repaired(
    sandbox: Sandbox,
    code: str,
    loss: str = "svm",
    opening: Callable[[Submission], Worker] | None = None,
    **settings: Any,
) -> tuple[Repair | None, dict[str, CheckResult]]:
    """What is found for a function called ``loss``, and its results; candidates run in workers of ``opening``.

    The search ends after a few hundred candidates, by which all is found that is found here.
    """
    submission = submission_of({"loss": (code, "loss")})
    rubric = rubric_of({"loss": Handed(loss, code)}, **{"repair": RepairSettings(candidates=300), **settings})
    with sandbox.workers(submission) as workers:
        runner = Runner(submission, workers, rubric, opening=opening or sandbox.start)
        results = {result.id: result for result in runner.results()}
        return runner.repairs().get("loss"), results


def lines_of(repair: Repair) -> set[int]:
    """The marked lines as the corpus counts them: the file has two lines more in front."""
    return {change.line - 2 for change in repair.changes}


def test_most_slips_are_found_where_a_person_would_look_for_them(sandbox: Sandbox) -> None:
    # Every 50th, to see that the search works; benchmarks/repairs.py counts all of them.
    names = list(SLIPS)[5::50]
    located = 0
    for name in names:
        repair, _ = repaired(
            sandbox, SLIPS[name].code, SLIPS[name].loss, repair=RepairSettings(candidates=500)
        )
        located += repair is not None and lines_of(repair) <= SLIPS[name].named
    assert located >= 0.8 * len(names)


def test_there_are_at_least_150_slips() -> None:
    assert len(SLIPS) >= 150


def test_two_slips_are_found_where_each_of_them_shows_in_something_else(sandbox: Sandbox) -> None:
    code = HINGE.replace("np.sum(W * W)", "np.sum(W)").replace("2 * reg * W", "reg * W")
    repair, _ = repaired(sandbox, code, repair=RepairSettings())
    assert repair is not None
    assert len(repair.changes) == 2
    assert lines_of(repair) == {10}


def test_where_too_much_is_wrong_the_half_is_found_that_can_be(sandbox: Sandbox) -> None:
    code = HINGE.replace("np.sum(W * W)", "np.sum(W)").replace(
        "X.T.dot(A) / N + 2 * reg * W", "np.sin(X.T.dot(A)) + W"
    )
    repair, _ = repaired(sandbox, code)
    assert repair is not None
    assert (repair.part, repair.checks, lines_of(repair)) == ("loss", ["value"], {10})


def test_what_was_found_is_told_with_the_students_own_text(sandbox: Sandbox) -> None:
    repair, _ = repaired(sandbox, HINGE.replace("> 0", "> 1"))
    assert repair is not None
    (change,) = repair.changes
    assert change.excerpt[change.line - change.first] == "    A = (M > 1).astype(float)"
    assert change.lines == ["-    A = (M > 1).astype(float)", "+    A = (M > 0).astype(float)"]
    assert repair.checks == ["gradient", "kinks", "symmetry"]
    assert repair.cases > 400


def opening_nothing(_: Submission) -> Worker:
    raise AssertionError("a right function has nothing to be repaired")


def test_a_right_function_is_not_repaired(sandbox: Sandbox) -> None:
    repair, results = repaired(sandbox, HINGE, opening=opening_nothing)
    assert {result.status for result in results.values()} == {"passed"}
    assert repair is None


def test_a_search_ends_when_its_candidates_have_used_up_their_time_together(sandbox: Sandbox) -> None:
    code = HINGE.replace("2 * reg", "reg")
    assert repaired(sandbox, code)[0] is not None
    opening = partial(sandbox.start, budget=Budget(0.0, own_share=0.0))
    assert repaired(sandbox, code, opening=opening)[0] is None


def test_nothing_of_the_search_is_imported_where_all_is_right(tmp_path: Path) -> None:
    text = (
        "import sys, grader\n"
        f"grader.main(['submissions/ada.ipynb', '--out', {str(tmp_path)!r}, '--allow-unsafe'])\n"
        "print(sorted(name for name in sys.modules if name.startswith('grading.diagnosis.repair')))\n"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "100/100" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_function_that_knows_the_cases_by_heart_is_not_called_fixed(sandbox: Sandbox) -> None:
    setting = Setting("svm", 1.0, 1.0, 231)
    problems = [problem for check in ("value", "kinks") for problem in asked_by(check, setting)]
    known = {hashlib.md5(p.W.tobytes() + p.X.tobytes()).hexdigest()[:12] for p in problems}
    code = HINGE.replace("def loss(", "def right(") + (
        "import hashlib\n"
        f"KNOWN = {known!r}\n"
        "def others(W): return 0.0, np.zeros_like(W)\n"
        "def loss(W, X, y, reg):\n"
        "    if hashlib.md5(W.tobytes() + X.tobytes()).hexdigest()[:12] in KNOWN:\n"
        "        total, dW = right(W, X, y, reg)\n"
        "        return total + 1.0, dW\n"
        "    return others(W)\n"
    )
    repair, results = repaired(sandbox, code)
    assert results["value"].status == "failed"
    assert repair is None


SPOILT: dict[str, Callable[[str], str]] = {
    "hangs": lambda code: code.replace(
        "    N = X.shape[0]", "    N = 0\n    while N < X.shape[0]:\n        N += 1"
    ),
    "prints": lambda code: code.replace("    N = X", "    print('x' * 3000)\n    N = X"),
    "eats memory": lambda code: code.replace("    N = X", "    Z = np.ones(10 ** 3)\n    N = X"),
    "ends the process": lambda code: code.replace(
        "    N = X", "    import os\n    if len(y) == 0:\n        os._exit(0)\n    N = X"
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_candidate_that_spoils_its_process_costs_only_itself(kind: str, sandbox: Sandbox) -> None:
    code = SPOILT[kind](HINGE).replace("2 * reg * W", "reg * W")
    repair, results = repaired(sandbox, code)
    assert results["value"].status == "passed"
    assert repair is not None
    assert [change.kind for change in repair.changes] == ["factor"]


def test_what_fails_at_real_sizes_only_is_not_called_repaired_by_what_passes_the_small_ones(
    sandbox: Sandbox,
) -> None:
    refusing = HINGE.replace("    N = X.shape[0]", "    N = X.shape[0]\n    if N > 60: raise ValueError(N)")
    repair, results = repaired(sandbox, refusing, repair=RepairSettings(candidates=150))
    assert results["value"].status == "failed"
    assert repair is None or {change.line - 2 for change in repair.changes} == {4}


SHIFTED_BY_THE_LARGEST_OF_ALL = """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores = scores - scores.max()
    p = np.exp(scores) / np.exp(scores).sum(axis=1)[:, None]
    value = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return value, X.T.dot(p) / N + reg * W
"""


def test_what_large_scores_would_still_break_is_not_called_repaired(sandbox: Sandbox) -> None:
    repair, results = repaired(
        sandbox, SHIFTED_BY_THE_LARGEST_OF_ALL, "softmax", repair=RepairSettings(candidates=150)
    )
    assert results["stability"].status == "skipped"
    assert repair is not None
    assert (repair.part, lines_of(repair)) == ("ordinary", {9})
    assert "right except for large scores" in sentence_of("loss", repair)


def test_a_candidate_that_would_fill_the_memory_costs_only_itself(sandbox: Sandbox) -> None:
    code = HINGE.replace(
        "    N = X.shape[0]", "    N = X.shape[0]\n    pad = [0.0] * 10 ** (10 if N < 0 else 1)"
    )
    repair, results = repaired(sandbox, code.replace("> 0)", "> 1)"))
    assert {check for check, result in results.items() if result.status == "failed"} == {"gradient"}
    assert repair is not None
    assert lines_of(repair) == {9}


def test_what_is_accepted_with_a_remark_is_accepted_of_repairs(sandbox: Sandbox) -> None:
    repair, _ = repaired(sandbox, WHAT_THE_OTHERS_LEAVE.replace("2 * reg", "reg"), "softmax")
    assert repair is not None
    assert (repair.part, lines_of(repair)) == ("all", {11})


def test_what_fails_only_sometimes_is_not_called_repaired_by_any_change(sandbox: Sandbox) -> None:
    now_and_then = "CALLS = [0]\n" + HINGE.replace(
        "    N = X.shape[0]", "    CALLS[0] += 1\n    N = X.shape[0] + (CALLS[0] == 40)"
    )
    repair, results = repaired(sandbox, now_and_then, repair=RepairSettings(candidates=100))
    assert "failed" in {result.status for result in results.values()}
    assert repair is None or {change.line - 2 for change in repair.changes} <= {4, 5}


WHILE = """
def loss(W, X, y, reg):
    N, dW, total, i = X.shape[0], np.zeros(W.shape), 0.0, 0
    while i < N:
        scores = X[i].dot(W)
        j = 0
        while j < W.shape[1]:
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                total += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
            j += 1
        i += 1
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
"""


def test_candidates_that_never_end_are_counted_out_and_cost_no_process(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches: list[Bench] = []
    kept = Bench.__init__

    def noted(self: Bench, *arguments: Any) -> None:
        kept(self, *arguments)
        benches.append(self)

    monkeypatch.setattr(Bench, "__init__", noted)
    code = WHILE.replace("- scores[y[i]]", "- scores[y[j]]")
    repair, _ = repaired(sandbox, code, repair=RepairSettings())
    assert repair is not None
    assert lines_of(repair) == {8}
    assert repair.candidates > 100
    assert [bench.lost for bench in benches] == [0]


def test_points_for_what_is_nearly_right_are_a_share(sandbox: Sandbox) -> None:
    code = HINGE.replace("2 * reg * W", "reg * W")
    _, results = repaired(sandbox, code, partial=PartialCredit(one_edit=0.5))
    assert results["gradient"].status == "failed"
    assert results["gradient"].points == 0.5 * results["gradient"].max_points
    _, results = repaired(sandbox, code)
    assert {check for check, result in results.items() if not result.points} == set(LOSS_CHECKS["svm"]) - {
        check for check, result in results.items() if result.status == "passed"
    }


def test_of_a_function_much_longer_than_a_solution_fewer_candidates_are_tried() -> None:
    def program(lines: int) -> Program:
        text = "def f(x):\n" + "    x = x\n" * (lines - 1)
        return Program((Function(text.encode(), tuple(range(1, lines + 1))),))

    assert [affordable(1500, program(lines)) for lines in (30, 200, 700, 6000)] == [1500, 1500, 428, 0]
    assert affordable(0, program(30)) == 0
    many = "def f(x):\n" + "".join(f"    a{k} = x\n" for k in range(120))
    assert affordable(1500, Program((Function(many.encode(), tuple(range(1, 122))),))) == 0


TOO_MUCH = {
    "statements": "    s = s + 1\n" * 200,
    "branches": "    if s: s = 0\n" + "".join(f"    elif s == {k}: s = 0\n" for k in range(100)),
    "indices": "    s = 0\n" + "".join(f"    for i{k} in y:\n        s = s + 1\n" for k in range(20)),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_would_take_minutes_to_edit_is_not_edited(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Edits are listed in the grader's own process: without an end, one function would stop the class.
    text = f"def f(x, W, y, reg):\n{TOO_MUCH[what]}    return s, x"
    program = Program((Function(text.encode(), tuple(range(1, text.count("\n") + 2))),))
    made: list[Edit] = []
    edited_text = Function.edited_text

    def noted(self: Function, edit: Edit) -> bytes:
        made.append(edit)
        return edited_text(self, edit)

    monkeypatch.setattr(Function, "edited_text", noted)
    monkeypatch.setattr(all_edits, "_MOST_BYTES", 2_000_000)
    assert all_edits.edits_of(program, "svm") == []
    assert 0 < sum(len(text) for _ in made) <= 2_000_000


def test_for_what_is_not_edited_nothing_is_called(sandbox: Sandbox) -> None:
    long = HINGE.replace("    N = X.shape[0]\n", "    N = X.shape[0]\n" + "    N = N\n" * 6000)

    def without_candidates(submission: Submission) -> Worker:
        assert list(submission.definitions) == ["loss"]
        return sandbox.start(submission)

    wrong = long.replace("2 * reg * W", "reg * W")
    repair, results = repaired(sandbox, wrong, opening=without_candidates)
    assert repair is None
    assert results["gradient"].status == "failed"
