"""What is asked of the search for the best model in a notebook that was run: four promises about what it left behind.

What counts are the weights that came out: the grader scores them itself, whatever the notebook says of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grading.executed import Execution, SearchPair
from grading.execution.harvest import Found
from grading.execution.scoring import confirmed
from grading.grade import CheckResult
from grading.rubric import SEARCH_CHECKS, Rubric, Search
from reference.accuracy import verdict

_EQUAL = 1e-6
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Verdict:
    passed: bool
    message: str = ""
    remark: str = ""
    expected: str | None = None
    got: str | None = None


def search_results(rubric: Rubric, execution: Execution, found: Mapping[str, Found]) -> Iterator[CheckResult]:
    """The results of every check of every search that the rubric names, in its order."""
    for name, search in rubric.settings.search.items():
        for check in SEARCH_CHECKS:
            if check in search.points:
                yield _result(search, check, found.get(name), execution)


def _result(search: Search, check: str, found: Found | None, execution: Execution) -> CheckResult:
    title, judge = _CHECKS[check]
    said = _Verdict(False, _absent(search, execution)) if found is None else judge(search, found)
    points = search.points[check]
    return CheckResult(
        id=check,
        function=search.model,
        title=title,
        status="passed" if said.passed else "failed" if execution.notebooks else "skipped",
        points=points if said.passed else 0.0,
        max_points=points,
        message=said.message,
        remarks=[said.remark] if said.remark else [],
        counterexample=None,
        expected=said.expected,
        got=said.got,
        diagnosis=None,
        cases=0,
        seconds=0.0,
    )


def _absent(search: Search, execution: Execution) -> str:
    if not execution.notebooks:
        return execution.reason or "No notebook was run."
    stopped = [run for run in execution.notebooks if run.state == "stopped"]
    failed = [run for run in execution.notebooks if run.failed]
    because = ""
    if stopped:
        because = f": {stopped[0].notebook} was stopped in cell {stopped[0].stopped_at} ({stopped[0].reason})"
    elif failed:
        first = failed[0].failed[0]
        because = f"; the first cell that failed is cell {first.cell} of {failed[0].notebook}: {first.error}"
    return f"After running the notebook there is neither {search.weights} nor {search.best}{because}."


def _grid(search: Search, found: Found) -> _Verdict:
    done = {(pair.learning_rate, pair.reg) for pair in found.facts.results}
    if not done:
        return _Verdict(
            False,
            f"{search.results} holds no entries of the form "
            f"{search.results}[learning_rate, reg] = (training accuracy, validation accuracy).",
        )
    rates, regs = {rate for rate, _ in done}, {reg for _, reg in done}
    sides = found.sides
    if sides is not None and not {(rate, reg) for rate in sides[0] for reg in sides[1]} - done:
        return _Verdict(True)
    if len(done) > 1 and len(rates) == len(regs) == len(done):
        return _Verdict(True, remark=f"{search.results} is a random search: {len(done)} pairs, no two alike.")
    if sides is not None and rates <= set(sides[0]) and regs <= set(sides[1]):
        rates, regs = set(sides[0]), set(sides[1])
    missing = sorted({(rate, reg) for rate in rates for reg in regs} - done)
    if not missing:
        return _Verdict(True)
    named = ", ".join(f"({rate:g}, {reg:g})" for rate, reg in missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    return _Verdict(
        False,
        f"{search.results} lacks {len(missing)} of {len(rates) * len(regs)} pairs (learning_rate, reg): {named}{more}.",
        expected=f"{len(rates) * len(regs)} pairs",
        got=f"{len(done)} pairs",
    )


def _best(search: Search, found: Found) -> _Verdict:
    best = found.facts.best_val
    if best is None:
        return _Verdict(False, f"{search.best} is no accuracy between 0 and 1.")
    top = max(found.facts.results, key=_validation, default=None)
    if top is None or top.validation is None:
        return _Verdict(
            False, f"{search.results} holds no validation accuracies that {search.best} could be the best of."
        )
    if abs(best - top.validation) <= _EQUAL:
        return _Verdict(True)
    if best > top.validation and confirmed(best, found.validation):
        remark = (
            f"{search.best} is above all of {search.results}, and the weights really reach it: "
            "the search seems to have been run more than once."
        )
        return _Verdict(True, remark=remark)
    return _Verdict(
        False,
        f"{search.best} is {best:.6g}, but the best validation accuracy in {search.results} is "
        f"{top.validation:.6g}, for learning_rate = {top.learning_rate:g} and reg = {top.reg:g}.",
        expected=f"{top.validation:.6g}",
        got=f"{best:.6g}",
    )


def _validation(pair: SearchPair) -> float:
    return -1.0 if pair.validation is None else pair.validation


def _rescored(search: Search, found: Found) -> _Verdict:
    facts = found.facts
    if found.validation is None or found.test is None:
        return _Verdict(False, f"{search.weights} is not there, or has no shape that fits the pictures.")
    if facts.best_val is None:
        return _Verdict(False, f"{search.best} is no accuracy between 0 and 1.")
    if not confirmed(facts.best_val, found.validation):
        return _differs(search.best, facts.best_val, search.weights, found.validation, "validation")
    if facts.test is not None and not confirmed(facts.test, found.test):
        return _differs(search.test, facts.test, search.weights, found.test, "test")
    return _Verdict(True)


def _differs(variable: str, claimed: float, weights: str, scored: tuple[int, int], part: str) -> _Verdict:
    correct, total = scored
    return _Verdict(
        False,
        f"{variable} says {claimed:.6g}, but with {weights} the grader classifies {correct:,} of {total:,} {part} "
        f"pictures rightly, which is {correct / total:.6g}. (The course's split, pixels "
        "prepared in each of the usual ways.)",
        expected=f"{correct / total:.6g}",
        got=f"{claimed:.6g}",
    )


def _minimum(search: Search, found: Found) -> _Verdict:
    if found.validation is None:
        return _Verdict(False, f"{search.weights} is not there, or has no shape that fits the pictures.")
    correct, total = found.validation
    judged = verdict(correct, total, search.minimum)
    said = f"{search.weights} classifies {correct:,} of {total:,} validation pictures rightly"
    if judged.passes:
        return _Verdict(True, remark=f"{said}; at least {judged.least:,} are asked for.")
    return _Verdict(
        False,
        f"{said}. A model whose true accuracy is {search.minimum:g} gets at least {judged.least:,}, but for less than "
        "one in a million.",
        expected=f"at least {judged.least:,}",
        got=f"{correct:,}",
    )


_CHECKS = {
    "grid": ("The search tries every pair of a learning rate and a regularization strength.", _grid),
    "best": ("The best validation accuracy is the highest of the search.", _best),
    "rescored": ("The best model really has the accuracy that the notebook claims.", _rescored),
    "minimum": ("The best model classifies enough validation pictures rightly.", _minimum),
}
