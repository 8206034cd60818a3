"""What is asked of a repair, and what is said of one that was found."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from grading import grade
from grading.diagnosis.known_answers import asked_by, odd_sizes
from grading.grade import CheckResult, Repair
from grading.judging.exam import own_examples
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from grading.judging.screening import Setting
from grading.repair.bench import Bench, Opening, Screen
from grading.repair.function import Function
from grading.repair.kinds import KINDS
from grading.repair.search import Change, Search
from grading.submission import Submission
from grading.words import translated
from grading.written import Written, written
from reference.problem import Problem

_CORE = ("interface", "value", "gradient", "kinks")
_FIRST, _SECOND, _FRESH = 2, 8, 80
_AROUND = 2  # lines shown before and after


def repair_of(
    submission: Submission,
    original: LossFunction,
    results: Mapping[str, CheckResult],
    counterexamples: Sequence[Problem],
    opening: Opening,
) -> Repair | None:
    """The smallest repair of a function that was found; None if there is none within the rubric's budget.

    Args:
        submission: the hand-in.
        original: the function, some of whose checks have failed.
        results: what came of all of its checks, by check.
        counterexamples: problems that it has failed.
        opening: where workers come from.
    """
    settings = original.rubric.settings.repair
    own = written(submission, original.name)
    # What never ends, or takes its process down, is shown as it is; trying its like could cost as much each time.
    hopeless = any(result.status == "error" for result in results.values())
    if own is None or hopeless or not settings.candidates:
        return None
    checks = _checks(results)
    search = Search(
        original,
        _as_function(own),
        Bench(submission, own, opening),
        Screen.of(original, [*counterexamples, *_telling(original.setting, _FIRST)]),
        Screen.of(original, [*_telling(original.setting, _SECOND), *odd_sizes(original.setting)]),
        Screen.of(original, _fresh(submission.sha256, original)),
        checks,
        settings.candidates,
    )
    found = search.run()
    if not found:
        return None
    best = found[0]
    changes = [_told(own, change) for change in best.changes]
    others = (_told(own, other.changes[0]) for other in found[1:] if other.rank == best.rank)
    alone = len(changes) == 1 and best.part == "all" and not best.changes[0].edit.inserts
    return Repair(
        part=best.part,
        checks=[check for check in best.checks if results[check].status != "passed"],
        changes=changes,
        elsewhere=next(
            (o for o in others if alone and o.line != changes[0].line and o.kind != "insert"), None
        ),
        cases=best.cases,
        candidates=search.tried,
        hint=settings.hint,
    )


def _checks(results: Mapping[str, CheckResult]) -> list[str]:
    """What a repaired function must pass: what the original has passed, and what it has failed.

    A loop is no matter of an edit, and what it costs is measured. What was skipped because of something else must be
    right as far as the answers go.
    """
    return [
        check
        for check, result in results.items()
        if check in _CORE or (check != "vectorized" and result.status in ("passed", "failed"))
    ]


def _as_function(own: Written) -> Function:
    first, last = own.tree.lineno, own.tree.end_lineno or own.tree.lineno
    return Function("\n".join(own.lines[first - 1 : last]).encode(), tuple(range(first, last + 1)))


def _telling(setting: Setting, count: int) -> list[Problem]:
    """A few small problems that tell functions apart, each with and without regularization."""
    full = [
        p
        for p in asked_by("value", setting)
        if p.reg and p.sizes[1] > 1 and p.sizes[2] > 2 and p.W.any(axis=0).all() and p.X.any()
    ]
    one = [p for p in full if len(p.y) == 1][:1]
    several = [p for p in full if len(set(p.y.tolist())) > 1][:count]
    return [q for p in (*one, *several) for q in (p, Problem(p.W, p.X, p.y, 0.0))]


def _fresh(sha256: str, original: LossFunction) -> list[Problem]:
    """Problems drawn from the bytes of the hand-in: a function that knows the others by heart does not know these."""
    checks = ("value", "kinks") if "kinks" in original.settings.points else ("value",)
    return [
        problem
        for check in checks
        for drawing in promise_of(check).drawings
        for problem in own_examples(
            drawing, f"fresh {sha256}".encode(), original.seed, original.delta, _FRESH
        )
    ]


def _told(own: Written, change: Change) -> grade.Change:
    """A change in the student's own text."""
    function, edit = change.function, change.edit
    number = function.line_of(edit.at[0])
    line = function.origins[number - 1]
    start = function.starts[number - 1]
    end = min(edit.at[1], function.starts[number] - 1)
    text = function.text[start : function.starts[number] - 1]
    shown = own.lines[line - 1]
    column = len(text[: edit.at[0] - start].decode())
    width = len(text[edit.at[0] - start : end - start].decode())
    if edit.inserts:
        new = edit.replacements[0][2].lstrip("\n")
        column, width = len(new) - len(new.lstrip()), 1
    elif shown != text.decode():
        # Another change is in this line, too, or it is none of the student's.
        column, width = len(shown) - len(shown.lstrip()), len(shown.strip())
    first = max(line - _AROUND, own.tree.lineno)
    last = min(line + _AROUND, own.tree.end_lineno or line)
    shift = own.block.first_line - 1
    source = own.source.name + (f", {own.block.cell}" if own.block.cell else "")
    return grade.Change(
        source=source,
        line=line + shift,
        column=column,
        width=max(width, 1),
        after=edit.inserts,
        first=first + shift,
        excerpt=list(own.lines[first - 1 : last]),
        kind=edit.kind,
        sentence=translated(KINDS[edit.kind]),
        lines=_lines(function, function.edited(edit)),
    )


def _lines(before: Function, after: Function) -> list[str]:
    old, new = (f.text.decode().split("\n") for f in (before, after))
    return [
        line
        for line in difflib.unified_diff(old, new, n=0, lineterm="")
        if line[:3] not in ("---", "+++", "@@ ")
    ]
