"""Finds the smallest repair of a function: decides what it must pass, and puts it into words."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence

from grading.diagnosis.repair.candidates import Bench, Opening
from grading.diagnosis.repair.function import Function, Program
from grading.diagnosis.repair.judges import Judge, LossJudge, MethodJudge
from grading.diagnosis.repair.kinds import KINDS
from grading.diagnosis.repair.methods import without_indentation
from grading.diagnosis.repair.names import names_of
from grading.diagnosis.repair.search import Change, Found, Search
from grading.grades import grade
from grading.grades.grade import CheckResult, Diagnosis, Repair
from grading.intake.function_source import Written, called_beside, written, written_method
from grading.intake.submission import Submission
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.words import together, translated

_CORE = ("interface", "value", "gradient", "kinks", "stability", "symmetry")
_OF_METHODS = ("training", "sampling", "prediction")
_MOST_LINES = 300_000  # for all candidates together; a typical solution has some 30
_MOST_CHOICES = 15_000  # of names for places; a typical solution has some 2,000
_MOST_NODES = 4_000  # of syntax trees; a typical solution has some 200
_MOST_OF_A_METHOD = 500  # candidates: each is trained a few times
_AROUND = 2  # lines shown before and after


def repair_of(
    submission: Submission,
    original: LossFunction | Classifier,
    results: Mapping[str, CheckResult],
    failures: Sequence[tuple[str, Failure]],
    opening: Opening,
    candidates: int,
) -> tuple[Repair | None, Diagnosis | None]:
    """The smallest repair of a function, or None if none was found within the budget; and its name.

    Args:
        submission: the hand-in.
        original: the function, some of whose checks failed.
        results: the results of all its checks, by check.
        failures: how it failed, with the check that found each failure.
        opening: opens workers.
        candidates: the largest number of changed functions to try; 0 for no search.
    """
    own = written_method(submission, original.name) or written(submission, original.name)
    # A function that never ends, or kills its process, gets no repair: each variant of it could cost as much again.
    hopeless = any(result.status == "error" for result in results.values())
    if own is None or hopeless or not candidates:
        return None, None
    checks = _checks(results)
    # If only the other function differs, that one is wrong.
    if not any(results[check].status == "failed" for check in checks if check != "agreement"):
        return None, None
    all_own = [own, *called_beside(submission, own)]
    program = Program(tuple(map(_as_function, all_own)))
    is_loss = isinstance(original, LossFunction)
    budget = affordable(candidates if is_loss else min(candidates, _MOST_OF_A_METHOD), program)
    if not budget:
        return None, None
    judge = _judge_of(original, checks, failures, f"fresh {submission.sha256}".encode())
    bench = Bench(submission, original.name.partition(".")[0], all_own, opening)
    search = Search(judge, program, bench, checks, budget)
    found = search.run()
    if not found:
        return None, None
    best = found[0]
    changes = [_told(all_own[change.edit.number], change) for change in best.changes]
    others = (
        _told(all_own[other.changes[0].edit.number], other.changes[0])
        for other in found[1:]
        if other.rank == best.rank
    )
    alone = len(changes) == 1 and best.part == "all" and not best.changes[0].edit.inserts
    repair = Repair(
        part=best.part,
        checks=[check for check in best.checks if results[check].status != "passed"],
        changes=changes,
        elsewhere=next(
            (o for o in others if alone and o.line != changes[0].line and o.kind != "insert"), None
        ),
        cases=best.cases,
        candidates=search.tried,
    )
    return repair, _called(best, judge.kind)


def _judge_of(
    original: LossFunction | Classifier,
    checks: Sequence[str],
    failures: Sequence[tuple[str, Failure]],
    digest: bytes,
) -> Judge:
    """The judge of candidates for a function that failed in this way."""
    if isinstance(original, LossFunction):
        problems = [failure.problem for _, failure in failures if failure.problem is not None]
        return LossJudge(original, problems, digest)
    shown = {check: failure.example for check, failure in failures if failure.example is not None}
    return MethodJudge(original, checks, shown, digest)


def affordable(candidates: int, program: Program) -> int:
    """How many candidates to try: fewer for text much longer than a typical solution, since each takes longer.

    0 if there is so much text, or so many names for so many places, that listing the edits would take minutes.
    """
    nodes = [node for function in program.functions for node in ast.walk(function.tree)]
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    if len(nodes) > _MOST_NODES or len(names) * len(set(names)) > _MOST_CHOICES:
        return 0
    return min(candidates, _MOST_LINES // sum(len(function.origins) for function in program.functions))


def _called(best: Found, kind: str) -> Diagnosis | None:
    """The name of a repair, composed of the names of its changes; None if one of them has none."""
    names = names_of(best.changes, kind)
    if best.part != "all" or len(names) < len(best.changes):
        return None
    return Diagnosis(
        id="+".join(name.id for name in names),
        title=together(*(name.title for name in names)),
        hint=together(*(name.hint for name in names)),
    )


def _checks(results: Mapping[str, CheckResult]) -> list[str]:
    """The checks that a repaired function must pass: those that the original passed, and those that it failed.

    Excludes the check for loops, which measures something that no edit changes. Skipped checks are included: a function
    declared right must not fail for large scores afterwards.
    """
    return [
        check
        for check, result in results.items()
        if check in (*_CORE, *_OF_METHODS)
        or (check != "vectorized" and result.status in ("passed", "failed"))
    ]


def _as_function(own: Written) -> Function:
    first, last = own.tree.lineno, own.tree.end_lineno or own.tree.lineno
    text = without_indentation(own.lines[first - 1 : last], own.tree.col_offset)
    return Function(text.encode(), tuple(range(first, last + 1)))


def _told(own: Written, change: Change) -> grade.Change:
    """Describe a change in the student's own text."""
    function, edit = change.function, change.edit
    number = function.line_of(edit.at[0])
    line = function.origins[number - 1]
    start = function.starts[number - 1]
    end = min(edit.at[1], function.starts[number] - 1)
    text = function.text[start : function.starts[number] - 1]
    shown, indent = own.lines[line - 1], own.tree.col_offset
    column = len(text[: edit.at[0] - start].decode()) + indent
    width = len(text[edit.at[0] - start : end - start].decode())
    if edit.inserts:
        new = edit.replacements[0][2].lstrip("\n")
        column, width = len(new) - len(new.lstrip()) + indent, 1
    elif without_indentation([shown], indent) != text.decode():
        # Another change is in this line, too, or the line is not the student's.
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
