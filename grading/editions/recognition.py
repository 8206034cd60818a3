"""Recognizes hand-ins written for an edition other than the one being graded, by their text alone."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from grading.intake.parsing import syntax_tree
from grading.intake.submission import Definition, State, Submission
from grading.intake.tree_walk import nodes
from grading.intake.unfinished import Function
from grading.rubric.settings import Settings

# Without any of this, a function is not transposed and need not be parsed again. No \b in front, which is slow.
_WORTH_A_LOOK = re.compile(
    r"W\.dot\(|W\s*@|dot\(\s*W\s*,|[CK]\s*x\s*D|\(\s*[CK]\s*,\s*D|D\s*x\s*N|\(\s*D\s*,\s*N"
)
_HALF = re.compile(r"0?\.5\s*\*\s*reg\b|reg\s*\*\s*0?\.5\b|reg\s*/\s*2\b")
# A line of the docstring that describes the parameter; "X.T (D, N)" in a comment proves nothing.
_ROWS_ARE_FEATURES = re.compile(
    r"^[ \t\-*]*(?:W[ \t]*:.{0,60}?(?:\(\s*[CK]\s*,\s*D\s*\)|\b[CK]\s*x\s*D\b)"
    r"|X[ \t]*:.{0,60}?(?:\(\s*D\s*,\s*N\s*\)|\bD\s*x\s*N\b))",
    re.MULTILINE,
)
# Text that only one edition has, each after a word that is searched for first, which takes a tenth of the time.
_MARKS = {
    "comp411": ("reg_l1", re.compile(r"^def softmax_loss_\w+\(.*\breg_l1\b", re.MULTILINE)),
    "eecs498": ("loss_func", re.compile(r"^def train_linear_classifier\(\s*loss_func\b", re.MULTILINE)),
    "dlcourse": ("linear_softmax", re.compile(r"^def linear_softmax\(", re.MULTILINE)),
}
_AN_SVM = re.compile(r"\bdef svm_loss_|\blinear_svm\b|^[ \t]*(?:from|import)\b.*\bsvm_loss_", re.MULTILINE)
_FEWEST = 2  # functions of one convention; one alone may be a slip


def looks_like(submission: Submission, settings: Settings) -> str | None:
    """The edition that a hand-in seems to belong to, if it is not the rubric's."""
    found = next(_signs(submission, settings), None)
    return None if found == settings.edition else found


def _signs(submission: Submission, settings: Settings) -> Iterator[str]:
    """Yield the editions that the text points to, the surest first."""
    code = "\n".join(block.code for source in submission.sources for block in source.blocks)
    for edition, (word, mark) in _MARKS.items():
        if word in code and mark.search(code):
            yield edition
    # Hand-ins for the whole assignment have both.
    if not submission.definitions and "class TwoLayerNet" in code:
        yield "two-layer-net"
    losses = [name for name, asked in settings.functions.items() if asked.kind == "loss"]
    written = [
        definition
        for name in losses
        if (definition := submission.definitions.get(name)) and definition.state is State.WRITTEN
    ]
    texts = [
        _text(submission, definition)
        for definition in written
        if settings.functions[definition.name].arguments[:2] in ((), ("W", "X"))
    ]
    turned = settings.calling.weights == "CxD"
    halved = len(texts) >= _FEWEST and all(map(_HALF.search, texts))
    worth_a_look = [text for text in texts if turned or _WORTH_A_LOOK.search(text)]
    functions = [function for text in worth_a_look if (function := _parsed(text)) is not None]
    if any(map(is_transposed, functions)):
        yield settings.edition if turned else "cs231n-2015"
    elif turned and any(map(_is_in_order, functions)):
        yield "cs231n-2016" if halved else "cs231n"
    asks_for_svm = any(settings.functions[name].reference == "svm" for name in losses)
    softmax = [d for d in written if settings.functions[d.name].reference == "softmax"]
    if asks_for_svm and len(softmax) >= _FEWEST and not _AN_SVM.search(code):
        yield "cs231n-2025"
    if halved and settings.reg_scale == 1.0:
        yield "cs231n-2016"


def _text(submission: Submission, definition: Definition) -> str:
    """The lines of a function."""
    for source in submission.sources:
        for block in source.blocks if source.name == definition.source else ():
            if block.cell == definition.cell:
                first, last = (line - block.first_line for line in definition.lines)
                return textwrap.dedent("\n".join(block.code.split("\n")[max(first, 0) : last + 1]))
    return ""


def _parsed(text: str) -> Function | None:
    try:
        (statement, *_) = syntax_tree(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return statement if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else None


def is_transposed(function: Function) -> bool:
    """Whether ``function(W, X, y, reg)`` was written for the 2015 edition's W (C, D) and X (D, N).

    Its docstring says so, or it multiplies W by X in an order that fits only there.
    """
    names = _parameters(function)
    if len(names) < 3:
        return False
    if _ROWS_ARE_FEATURES.search(ast.get_docstring(function, clean=False) or ""):
        return True
    # X[:, i] is a sample there, but a feature here.
    return any(
        left == names[0] and right in (names[1], f"{names[1]}[:, ]") for left, right in _products(function)
    )


def _is_in_order(function: Function) -> bool:
    """Whether it multiplies X, or a row of it, by W."""
    names = _parameters(function)
    return len(names) > 2 and any(
        left in (names[1], f"{names[1]}[]") and right == names[0] for left, right in _products(function)
    )


def _parameters(function: Function) -> list[str]:
    return [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]


def _products(function: Function) -> Iterator[tuple[str, str]]:
    """The two factors of every matrix product, as far as they are names or parts of named arrays."""
    for node in (*nodes(function, ast.BinOp), *nodes(function, ast.Call)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield _side(node.left), _side(node.right)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dot":
            if len(node.args) == 2:
                yield _side(node.args[0]), _side(node.args[1])
            elif len(node.args) == 1:
                yield _side(node.func.value), _side(node.args[0])


def _side(node: ast.expr) -> str:
    """A name, "X[]" for X[i] or X[i, :], "X[:, ]" for X[:, i]; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)):
        return ""
    if not isinstance(node.slice, ast.Tuple):
        return f"{node.value.id}[]"
    slices = [isinstance(part, ast.Slice) for part in node.slice.elts]
    return node.value.id + (
        "[:, ]" if slices == [True, False] else "[]" if slices == [False, True] else "[?]"
    )
