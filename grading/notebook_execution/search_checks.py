"""Checks the search for the best model in an executed notebook: four promises about its results.

The resulting weights count: the grader scores them itself, whatever the notebook says about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grading.grades.grade import CheckResult, Status
from grading.grades.notebook_execution import Execution, SearchPair
from grading.notebook_execution.confirming import RESTS_ON_TABLE, Confirmation
from grading.notebook_execution.harvest import Found
from grading.notebook_execution.scoring import confirmed
from grading.rubric.settings import SEARCH_CHECKS, Search
from grading.words import later, say, together, translated
from reference.accuracy_verdict import verdict

_EQUAL = 1e-6
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Verdict:
    passed: bool
    message: str = ""
    remark: str = ""
    expected: str | None = None
    got: str | None = None


def search_results(
    searches: Mapping[str, Search], execution: Execution, found: Mapping[str, Found]
) -> Iterator[CheckResult]:
    """The results of every check of every required search, in the rubric's order."""
    for name, search in searches.items():
        for check in SEARCH_CHECKS:
            if check in search.points:
                yield _result(search, check, found.get(name), execution)


def _result(search: Search, check: str, found: Found | None, execution: Execution) -> CheckResult:
    title, judge = _CHECKS[check]
    said = _Verdict(False, _absent(search, execution)) if found is None else judge(search, found)
    points = search.points[check]
    asks_person = False
    if said.passed and check in RESTS_ON_TABLE and found is not None and found.confirmation is not None:
        said = _confirmed(search, said, found.confirmation)
        asks_person = found.confirmation.state == "unknown"
    return CheckResult(
        id=check,
        function=search.model,
        title=translated(title),
        status=_status(said, execution, asks_person=asks_person),
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


def _status(said: _Verdict, execution: Execution, *, asks_person: bool) -> Status:
    if said.passed:
        return "passed"
    if asks_person:
        return "manual"
    return "failed" if execution.notebooks else "skipped"


def _confirmed(search: Search, said: _Verdict, confirmation: Confirmation) -> _Verdict:
    """The verdict on a table after some of its entries have been trained again."""
    if confirmation.state == "confirmed":
        return said
    if confirmation.entry is None:
        message = say(
            "{results} could not be confirmed by training one of its entries again ({why}), so whoever grades has to "
            "look at it.",
            results=search.results,
            why=confirmation.why,
        )
        return _Verdict(False, message)
    entry, again = confirmation.entry, ", ".join(f"{share:.3g}" for share in confirmation.again)
    message = say(
        "{results} says {claimed:.3g} for learning_rate = {rate:g} and reg = {reg:g}, but training with these settings "
        "again gives validation accuracies of {again}.",
        results=search.results,
        claimed=entry.validation,
        rate=entry.learning_rate,
        reg=entry.reg,
        again=again,
    )
    return _Verdict(False, message, expected=again, got=f"{entry.validation:.3g}")


def _absent(search: Search, execution: Execution) -> str:
    if not execution.notebooks:
        return execution.reason or ""
    nothing = say(
        "After running the notebook there is neither {weights} nor {best}.",
        weights=search.weights,
        best=search.best,
    )
    stopped = next((run for run in execution.notebooks if run.state == "stopped"), None)
    failed = next((run for run in execution.notebooks if run.failed), None)
    because = ""
    if stopped is not None:
        because = say(
            "{notebook} was stopped in cell {cell}: {reason}.",
            notebook=stopped.notebook,
            cell=stopped.stopped_at,
            reason=stopped.reason,
        )
    elif failed is not None:
        first = failed.failed[0]
        because = say(
            "The first cell that failed is cell {cell} of {notebook}: {error}",
            cell=first.cell,
            notebook=failed.notebook,
            error=first.error,
        )
    return together(nothing, because)


def _grid(search: Search, found: Found) -> _Verdict:
    results = search.results
    done = {(pair.learning_rate, pair.reg) for pair in found.facts.results}
    if not done:
        form = f"{results}[learning_rate, reg] = (training_accuracy, validation_accuracy)"
        return _Verdict(
            False, say("{results} holds no entries of the form {form}.", results=results, form=form)
        )
    rates, regs = {rate for rate, _ in done}, {reg for _, reg in done}
    sides = found.sides
    if sides is not None and not {(rate, reg) for rate in sides[0] for reg in sides[1]} - done:
        return _Verdict(True)
    if len(done) > 1 and len(rates) == len(regs) == len(done):
        remark = say(
            "{results} is a random search: {count} pairs, no two alike.", results=results, count=len(done)
        )
        return _Verdict(True, remark=remark)
    if sides is not None and rates <= set(sides[0]) and regs <= set(sides[1]):
        rates, regs = set(sides[0]), set(sides[1])
    missing = sorted({(rate, reg) for rate in rates for reg in regs} - done)
    if not missing:
        return _Verdict(True)
    pairs = len(rates) * len(regs)
    named = ", ".join(f"({rate:g}, {reg:g})" for rate, reg in missing[:_MOST_NAMED])
    message = say(
        "{results} lacks {missing} of {pairs} pairs (learning_rate, reg), such as {named}.",
        results=results,
        missing=len(missing),
        pairs=pairs,
        named=named,
    )
    return _Verdict(False, message, expected=str(pairs), got=str(len(done)))


def _best(search: Search, found: Found) -> _Verdict:
    best = found.facts.best_val
    if best is None:
        return _no_accuracy(search)
    top = max(found.facts.results, key=_validation, default=None)
    if top is None or top.validation is None:
        message = say(
            "{results} holds no validation accuracies that {best} could be the best of.",
            results=search.results,
            best=search.best,
        )
        return _Verdict(False, message)
    if abs(best - top.validation) <= _EQUAL:
        return _Verdict(True)
    if best > top.validation and confirmed(best, found.validation):
        remark = say(
            "{best} is above all of {results}, and the weights really reach it: the search seems to have been run "
            "more than once.",
            best=search.best,
            results=search.results,
        )
        return _Verdict(True, remark=remark)
    message = say(
        "{best} is {value:.6g}, but the best validation accuracy in {results} is {top:.6g}, for learning_rate = "
        "{rate:g} and reg = {reg:g}.",
        best=search.best,
        value=best,
        results=search.results,
        top=top.validation,
        rate=top.learning_rate,
        reg=top.reg,
    )
    return _Verdict(False, message, expected=f"{top.validation:.6g}", got=f"{best:.6g}")


def _validation(pair: SearchPair) -> float:
    return -1.0 if pair.validation is None else pair.validation


def _rescored(search: Search, found: Found) -> _Verdict:
    facts = found.facts
    if found.validation is None or found.test is None:
        return _no_weights(search)
    if facts.best_val is None:
        return _no_accuracy(search)
    if not confirmed(facts.best_val, found.validation):
        part = say("validation pictures")
        return _differs(search.best, facts.best_val, search.weights, found.validation, part)
    if facts.test is not None and not confirmed(facts.test, found.test):
        return _differs(search.test, facts.test, search.weights, found.test, say("test pictures"))
    return _Verdict(True)


def _no_weights(search: Search) -> _Verdict:
    message = say("{weights} is not there, or has no shape that fits the pictures.", weights=search.weights)
    return _Verdict(False, message)


def _no_accuracy(search: Search) -> _Verdict:
    return _Verdict(False, say("{best} is no accuracy between 0 and 1.", best=search.best))


def _differs(variable: str, claimed: float, weights: str, scored: tuple[int, int], part: str) -> _Verdict:
    correct, total = scored
    message = say(
        "{variable} says {claimed:.6g}, but with {weights} the grader classifies {correct:,} of {total:,} {part} "
        "correctly, which is {share:.6g}. (The course's split, pixels prepared in each of the usual ways.)",
        variable=variable,
        claimed=claimed,
        weights=weights,
        correct=correct,
        total=total,
        part=part,
        share=correct / total,
    )
    return _Verdict(False, message, expected=f"{correct / total:.6g}", got=f"{claimed:.6g}")


def _minimum(search: Search, found: Found) -> _Verdict:
    if found.validation is None:
        return _no_weights(search)
    correct, total = found.validation
    judged = verdict(correct, total, search.minimum)
    said = say(
        "{weights} classifies {correct:,} of {total:,} validation pictures correctly; at least {least:,} are asked "
        "for.",
        weights=search.weights,
        correct=correct,
        total=total,
        least=judged.least,
    )
    if judged.passes:
        return _Verdict(True)
    odds = say(
        "A model whose true accuracy is {minimum:g} gets fewer in less than one case in a million.",
        minimum=search.minimum,
    )
    return _Verdict(False, together(said, odds), expected=f"{judged.least:,}", got=f"{correct:,}")


_CHECKS = {
    "grid": (later("The search tries every pair of a learning rate and a regularization strength."), _grid),
    "best": (later("The best validation accuracy is the highest of the search."), _best),
    "rescored": (later("The best model really has the accuracy that the notebook claims."), _rescored),
    "minimum": (later("The best model classifies enough validation pictures correctly."), _minimum),
}
