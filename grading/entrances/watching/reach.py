"""Computes what a function of a hand-in can reach: a fingerprint of everything that may affect its verdict.

Names are followed to wherever the hand-in gives them a value, and every word of the code counts as a name, including
words in strings: it is better to test too much again than too little. If code can reach further than its names tell, or
be changed by other functions while they run, the fingerprint covers the whole hand-in.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from grading.intake.parsing import syntax_tree
from grading.intake.submission import Submission
from grading.rubric.settings import Rubric

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORD = re.compile(r"[^\W\d]\w*")
# Code that finds things other than by name, or changes what other functions of the process see.
_FAR = """
    __builtins__ __code__ __dict__ __doc__ __globals__ __import__ builtins compile ctypes delattr dir environ eval exec
    gc getattr globals importlib inspect locals open os seed set_state seterr seterrcall setattr sys traceback vars
    warnings
"""
_FAR_REACHING = frozenset(_FAR.split())


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
        if isinstance(self.node, (*_FUNCTION, ast.ClassDef)):
            return frozenset((self.node.name,))
        stored = (
            n.id for n in ast.walk(self.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        inner = (n.name for n in ast.walk(self.node) if isinstance(n, (*_FUNCTION, ast.ClassDef)))
        aliases = (n.asname or n.name.split(".")[0] for n in ast.walk(self.node) if isinstance(n, ast.alias))
        return frozenset((*stored, *inner, *aliases))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words that may be a name in it."""
        return frozenset(_words(self.node))

    @cached_property
    def is_quiet(self) -> bool:
        """Whether it only gives values to names, without running any of the student's code."""
        node = self.node
        if isinstance(node, ast.ImportFrom):
            return all(alias.name != "*" for alias in node.names)
        return isinstance(node, ast.Import) or _is_plain_definition(node) or _is_number(node)

    @cached_property
    def is_kept(self) -> bool:
        """Whether it creates something that functions may change while they run."""
        return not (
            isinstance(self.node, (*_FUNCTION, ast.ClassDef, ast.Import, ast.ImportFrom)) or self.is_quiet
        )

    @cached_property
    def changes_others(self) -> bool:
        """Whether a function in it changes anything that is not its own."""
        return any(_changes_others(node) for node in ast.walk(self.node) if isinstance(node, _FUNCTION))


def reached(submission: Submission, rubric: Rubric) -> dict[str, Reached]:
    """Compute what each function of the rubric reaches, by its name there."""
    statements = list(_statements(submission))
    bound = {name for each in statements for name in each.names}
    whole = _fingerprint(submission, statements, submission.definitions, bound)
    if submission.edition is not None:
        # The words about one function then depend on the others.
        return dict.fromkeys(rubric.settings.functions, whole)
    loud = [statement for statement in statements if not statement.is_quiet]
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
    functions = [each for each in within if isinstance(each.node, (*_FUNCTION, ast.ClassDef))]
    words = frozenset[str]().union(*(each.words for each in functions))
    kept = frozenset[str]().union(*(each.names for each in within if each.is_kept))
    return bool(words & (_FAR_REACHING | kept)) or any(each.changes_others for each in functions)


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


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring; anything that reads one is far-reaching
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
    elif isinstance(node, ast.ImportFrom):
        yield from (node.module or "").split(".")
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _WORD.findall(node.value)
    for child in ast.iter_child_nodes(node):
        yield from _words(child)


def _is_plain_definition(node: ast.stmt) -> bool:
    if isinstance(node, _FUNCTION):
        defaults = (*node.args.defaults, *node.args.kw_defaults)
        return not node.decorator_list and all(each is None or _is_simple(each) for each in defaults)
    if isinstance(node, ast.ClassDef):
        quiet = (_is_plain_definition(each) or _is_number(each) or _is_text(each) for each in node.body)
        return not node.decorator_list and not node.keywords and all(quiet)
    return isinstance(node, ast.Pass)


def _is_number(node: ast.stmt) -> bool:
    """Whether it only assigns a constant, such as a number or a string, to names."""
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and (node.value is None or _is_simple(node.value))
    return (
        isinstance(node, ast.Assign)
        and all(isinstance(target, ast.Name) for target in node.targets)
        and _is_simple(node.value)
    )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_simple(value: ast.expr) -> bool:
    if isinstance(value, ast.UnaryOp):
        return _is_simple(value.operand)
    if isinstance(value, ast.BinOp):
        return _is_simple(value.left) and _is_simple(value.right)
    if isinstance(value, ast.Tuple):
        return all(map(_is_simple, value.elts))
    return isinstance(value, ast.Constant)


def _changes_others(function: ast.AST) -> bool:
    """Whether it declares a name global, or stores into something that is not one of its own names."""
    nodes = list(ast.walk(function))
    own = {n.arg for n in nodes if isinstance(n, ast.arg)}
    own |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.Global):
            return True
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            root: ast.expr = node
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            if not (isinstance(root, ast.Name) and root.id in own):
                return True
    return False
