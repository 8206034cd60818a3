"""Computes what a function of a hand-in can reach: a fingerprint of everything that may affect its verdict.

Names are followed to wherever the hand-in gives them a value, and every word of the code counts as a name, including
words in strings: it is better to test too much again than too little. If code can reach further than its names tell, or
be changed by other functions while they run, the fingerprint covers the whole hand-in.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from grading.intake.parsing import syntax_tree
from grading.intake.side_effects import (
    CHANGING_WORDS,
    DEFINITION,
    changes_others,
    is_kept,
    is_quiet,
    names_of,
    words_of,
)
from grading.intake.submission import Submission
from grading.rubric.settings import Rubric

# Code that finds things other than by name, or changes what other functions of the process see.
_FAR = """
    __doc__ __import__ compile dir environ getattr inspect locals open os seed set_state seterr seterrcall traceback
    warnings
"""
_FAR_REACHING = CHANGING_WORDS.union(_FAR.split())


@dataclass(frozen=True)
class Reached:
    """Everything that a function reaches.

    Attributes:
        code: a hash of what determines whether it is right.
        text: a hash of that and of everything that reports quote or name: places, comments.
        names: the names in it to which the hand-in gives a value.
        missing: the words in it to which the hand-in gives no value; most are names of Python's and NumPy's.
    """

    code: str
    text: str
    names: frozenset[str]
    missing: frozenset[str]


@dataclass(frozen=True)
class _Statement:
    """A top-level statement of the hand-in, with its position."""

    node: ast.stmt
    text: str
    source: str
    place: str

    @cached_property
    def code(self) -> bytes:
        """The part of it that determines whether a function is right."""
        return f"{self.source}\n{ast.dump(self.node)}\n".encode()

    @cached_property
    def names(self) -> frozenset[str]:
        """The names to which it gives a value."""
        return names_of(self.node)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words that may be a name in it."""
        return words_of(self.node)


def reached(submission: Submission, rubric: Rubric) -> dict[str, Reached]:
    """Compute what each function of the rubric reaches, by its name there."""
    statements = list(_statements(submission))
    bound = {name for each in statements for name in each.names}
    whole = _fingerprint(submission, statements, submission.definitions, bound)
    if submission.edition is not None:
        # The words about one function then depend on the others.
        return dict.fromkeys(rubric.settings.functions, whole)
    loud = [statement for statement in statements if not is_quiet(statement.node)]
    found = {}
    for name in rubric.settings.functions:
        roots = _roots(name, rubric)
        within = _closure(statements, loud, roots)
        found[name] = whole if _is_far_reaching(within) else _fingerprint(submission, within, roots, bound)
    return found


def _roots(name: str, rubric: Rubric) -> list[str]:
    """The names that decide a function's verdict: its own, its naive function's, and the losses it is trained with."""
    functions = rubric.settings.functions
    function = functions[name]
    found = [name]
    if function.kind == "loss":
        found += [function.naive] if function.naive is not None else []
    elif function.kind != "predict":
        found += [other for other, asked in functions.items() if asked.reference == function.reference]
    return list(dict.fromkeys(each.partition(".")[0] for each in found))


def _statements(submission: Submission) -> Iterator[_Statement]:
    for source in submission.sources:
        for block in source.blocks:
            lines = block.code.split("\n")
            for node in syntax_tree(block.code).body:
                decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
                first = min([node.lineno, *(each.lineno for each in decorators)])
                text = "\n".join(lines[first - 1 : node.end_lineno])
                place = f"{block.cell} {block.first_line + first}"
                yield _Statement(node, text, source.name, place)


def _closure(
    statements: Sequence[_Statement], loud: Iterable[_Statement], roots: Iterable[str]
) -> list[_Statement]:
    """Collect, in order, what always runs, what defines the roots, and what the words in these lead to."""
    within = set(map(id, loud))
    pending = [*roots, *(word for statement in loud for word in statement.words)]
    seen: set[str] = set()
    while pending:
        word = pending.pop()
        if word in seen:
            continue
        seen.add(word)
        for statement in statements:
            if word in statement.names:
                within.add(id(statement))
                pending += statement.words - seen
    return [statement for statement in statements if id(statement) in within]


def _is_far_reaching(within: Sequence[_Statement]) -> bool:
    functions = [each for each in within if isinstance(each.node, DEFINITION)]
    words = frozenset[str]().union(*(each.words for each in functions))
    kept = frozenset[str]().union(*(each.names for each in within if is_kept(each.node)))
    return bool(words & (_FAR_REACHING | kept)) or any(changes_others(each.node) for each in functions)


def _fingerprint(
    submission: Submission, within: Sequence[_Statement], roots: Iterable[str], bound: Iterable[str]
) -> Reached:
    definitions = [submission.definitions.get(root) for root in roots]
    code, text = hashlib.sha256(), hashlib.sha256()
    for each in definitions:
        stated = None if each is None else (each.name, each.source, each.state)
        code.update(repr((stated, submission.edition)).encode())
    for statement in within:
        code.update(statement.code)
        text.update(f"{statement.place} {statement.text}\n".encode())
    text.update(repr((code.digest(), definitions)).encode())
    names = frozenset[str]().union(*(statement.names for statement in within))
    words = frozenset(roots).union(*(statement.words for statement in within))
    return Reached(code.hexdigest(), text.hexdigest(), names, words.difference(bound))
