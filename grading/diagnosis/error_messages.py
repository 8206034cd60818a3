"""Explains an error message of Python or NumPy, if it and the line that raised it leave no doubt."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from grading.grades.grade import Diagnosis
from grading.intake.parsing import syntax_tree
from grading.intake.submission import Submission
from grading.intake.tree_walk import nodes
from grading.judging.failures import Failure, Raises
from grading.words import say

_PLACE = re.compile(r"(?P<source>.+?)(?:, (?P<cell>cell \d+))?, line (?P<line>\d+)")
_SHAPED = re.compile(r"\b(zeros|ones|empty|full)\(\s*[^(\s]")
_ONE_BY_ONE = re.compile(r"\b(randn|rand)\(\s*\(|\b(randn|rand)\([^,()]*\.shape\s*\)")


def meaning_of(submission: Submission, failure: Failure) -> Diagnosis | None:
    """Explain the error that a function raised, if its meaning is certain."""
    if not isinstance(failure, Raises) or failure.where is None:
        return None
    text, line = failure.got or "", _line(submission, failure.where)
    for pattern, named in _MEANINGS:
        if re.search(pattern, text):
            return named(submission, line)
    return None


def _line(submission: Submission, where: str) -> str:
    """The text of a line of the hand-in; "" if it does not exist."""
    place = _PLACE.fullmatch(where)
    for source in submission.sources if place else ():
        for block in source.blocks:
            assert place is not None
            lines = block.code.split("\n")
            number = int(place["line"]) - block.first_line
            if (source.name, block.cell) == (place["source"], place["cell"]) and 0 <= number < len(lines):
                return lines[number]
    return ""


def _number_wanted(submission: Submission, line: str) -> Diagnosis | None:
    if not re.search(r"\bmath\.", line):
        return None
    return Diagnosis(
        id="math-of-an-array",
        title=say("A function of math is given a whole array; it takes one number."),
        hint=say("NumPy's functions take arrays, entry by entry: np.log, np.exp, np.sqrt."),
    )


def _shape_wanted(submission: Submission, line: str) -> Diagnosis | None:
    if not _SHAPED.search(line):
        return None
    return Diagnosis(
        id="shape-is-no-tuple",
        title=say("The shape of a new array is given as several arguments; it is one, a tuple."),
        hint=say("Put brackets around it: np.zeros((a, b))."),
    )


def _sizes_wanted(submission: Submission, line: str) -> Diagnosis | None:
    if not _ONE_BY_ONE.search(line):
        return None
    return Diagnosis(
        id="sizes-in-a-tuple",
        title=say("np.random.randn is given a tuple; it takes the sizes one by one."),
        hint=say("Write np.random.randn(a, b), or np.random.randn(*W.shape)."),
    )


def _truth_wanted(submission: Submission, line: str) -> Diagnosis | None:
    if not re.match(r"\s*(if|elif|while)\b", line):
        return None
    return Diagnosis(
        id="condition-is-an-array",
        title=say("The condition is a whole array; it must be a single truth value."),
        hint=say("Check which name in it holds an array; an index such as [i] may be missing."),
    )


def _none(submission: Submission, line: str) -> Diagnosis | None:
    """Diagnose a line that computes with a parameter whose default is None."""
    used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", line))
    found = {(name, function) for name, function in _default_none(submission) if name in used}
    if len({name for name, _ in found}) != 1:
        return None
    # Train comes before the loss that it calls.
    name, function = max(found)
    return Diagnosis(
        id="none-argument",
        title=say("{name} is None in this line.", name=name),
        hint=say(
            "{function} has {name}=None, and nobody gives it another value while it is graded. Make the default a "
            "number, or leave out what needs {name} where it is None.",
            function=function,
            name=name,
        ),
    )


def _default_none(submission: Submission) -> Iterator[tuple[str, str]]:
    for source in submission.sources:
        for block in source.blocks:
            try:
                tree = syntax_tree(block.code)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for function in nodes(tree, ast.FunctionDef):
                arguments = [*function.args.posonlyargs, *function.args.args]
                given = function.args.defaults
                pairs = [
                    *zip(arguments[len(arguments) - len(given) :], given, strict=True),
                    *zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True),
                ]
                for argument, default in pairs:
                    if isinstance(default, ast.Constant) and default.value is None:
                        yield argument.arg, function.name


_MEANINGS: tuple[tuple[str, Callable[[Submission, str], Diagnosis | None]], ...] = (
    (r"TypeError: only .* arrays can be converted to Python scalars", _number_wanted),
    (r"TypeError: Cannot interpret '.*' as a data type", _shape_wanted),
    (r"TypeError: 'tuple' object cannot be interpreted as an integer", _sizes_wanted),
    (r"ValueError: The truth value of an array with more than one element", _truth_wanted),
    (r"TypeError: .*'?NoneType'?", _none),
)
