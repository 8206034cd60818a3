"""Thousands of wrong loss functions, the same in every run: what an exam is chosen by, and what it is tried on.

They are the known mistakes, all single slips in right code of every style, slips upon slips, one variable in the place
of another, and right code that goes wrong where a problem is special in one respect. Not all of them are wrong: a slip
may change nothing.
"""

from __future__ import annotations

import ast
import builtins
import copy
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from reference.mistakes import CATALOGUE
from tests.checks.handins import Handed, handed_mistake
from tests.checks.mutants import mutants
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

STYLES = {"svm": SVM_STYLES, "softmax": SOFTMAX_STYLES}
# Mistakes that hang, or take the process down, wait for their limits.
_LEFT_OUT = ("hang", "recursion", "exit")
_FROM_ONE_SLIP = 10
_SHARE_TRIED = 3
"""One style in so many takes no part in choosing."""


@dataclass(frozen=True)
class Wrong:
    """A function that is probably wrong, and where it comes from."""

    name: str
    handed: Handed


def is_kept_apart(style: str) -> bool:
    """Whether a style takes no part in choosing an exam: what becomes of it is tried on the exam."""
    return zlib.crc32(style.encode()) % _SHARE_TRIED == 0


def known(losses: tuple[str, ...] = ("svm", "softmax")) -> Iterator[Wrong]:
    """The known mistakes."""
    for mistake in CATALOGUE:
        if mistake.subject in losses and not any(word in mistake.id for word in _LEFT_OUT):
            yield Wrong(mistake.id, handed_mistake(mistake))


def single_slips(*, apart: bool) -> Iterator[Wrong]:
    """All single slips in right code, of the styles that are kept apart or of the others."""
    for loss, style, code in _styles(apart=apart):
        for slip in mutants(code):
            yield Wrong(f"{loss} {style}, {slip.name}", Handed(loss, slip.code))


def double_slips(seed: int, count: int, *, apart: bool) -> Iterator[Wrong]:
    """Slips in what one slip has left."""
    chance = random.Random(seed)
    styles = list(_styles(apart=apart))
    for first_of in range(0, count, _FROM_ONE_SLIP):
        loss, style, code = chance.choice(styles)
        first = chance.choice(list(mutants(code)))
        for second in chance.choices(list(mutants(first.code)), k=min(_FROM_ONE_SLIP, count - first_of)):
            yield Wrong(f"{loss} {style}, {first.name}, {second.name}", Handed(loss, second.code))


def mixed_up(seed: int, count: int, *, apart: bool) -> Iterator[Wrong]:
    """Right code with one of its variables in the place of another, or one of its statements twice."""
    chance = random.Random(seed)
    styles = list(_styles(apart=apart))
    for _ in range(count):
        loss, style, code = chance.choice(styles)
        tree = copy.deepcopy(ast.parse(code))
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        used = sorted({node.id for node in names} - set(dir(builtins)) | {"W", "X", "y", "reg"})
        node = chance.choice([node for node in names if isinstance(node.ctx, ast.Load)])
        blocks = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.For | ast.If))]
        if chance.random() < 0.8:
            what = f"{node.id} at line {node.lineno} -> "
            node.id = chance.choice([name for name in used if name != node.id])
            what += node.id
        else:
            body = chance.choice(blocks).body
            k = chance.randrange(len(body))
            body.insert(k, copy.deepcopy(body[k]))
            what = f"line {body[k].lineno} twice"
        yield Wrong(f"{loss} {style}, {what}", Handed(loss, ast.unparse(tree)))


# A number that is worked out of a problem, and what it is compared with; S are the scores, M the margins.
_NUMBERS = {
    "N": (1, 2, 3, 4),
    "D": (1, 2, 3, 4, 5, 6),
    "C": (2, 3, 4, 5),
    "N - D": (0, 1, -1),
    "N - C": (0, 1, -1),
    "D - C": (0, 1, -1),
    "reg": (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0),
    "y[0]": (0, 1, 2, 3),
    "y[-1]": (0, 1, 2, 3),
    "C - 1 - y.max()": (0, 1, 2),
    "len(np.unique(y)) - N": (0, -1, -2),
    "np.abs(W).max()": (0.0, 1.0, 2.0, 3.0, 4.0),
    "np.abs(X).max()": (0.0, 3.0, 6.0, 9.0, 12.0),
    "W.min()": (-4.0, -2.0, 0.0),
    "X.min()": (-12.0, -6.0, 0.0),
    "(W == 0).sum()": (0, 1, 2, 3),
    "(X == 0).sum()": (0, 1, 2, 3),
    "(W < 0).sum()": (0, 1, 2),
    "(X < 0).sum()": (0, 1, 2),
    "(W % 1 != 0).sum()": (0, 1, 2, 3),
    "(~W.any(axis=0)).sum()": (0, 1, 2),
    "(~W.any(axis=1)).sum()": (0, 1, 2),
    "(~X.any(axis=1)).sum()": (0, 1, 2),
    "N - len(np.unique(X, axis=0))": (0, 1, 2),
    "C - len(np.unique(W, axis=1).T)": (0, 1, 2),
    "S.max()": (0.0, 3.0, 10.0, 30.0),
    "S.min()": (0.0, -3.0, -10.0, -30.0),
    "(S.argmax(axis=1) == y).sum()": (0, 1, 2, 3),
    "(S.max(axis=1) == S.min(axis=1)).sum()": (0, 1, 2),
    "(M > 0).sum()": (0, 1, 2, 3, 5, 8),
    "(M > 0).sum(axis=1).max()": (0, 1, 2, 3),
    "(M > 0).sum(axis=1).min()": (0, 1, 2, 3),
    "M.max()": (-5.0, 0.0, 1.0, 5.0, 20.0, 50.0),
}
_COMPARED = ("==", ">", "<")
SPECIAL = tuple(
    f"{number} {how} {value}" for number, values in _NUMBERS.items() for value in values for how in _COMPARED
)
"""What a problem may be, in one respect."""
_WRONG_THERE = (
    "total * 2 + 1, dW",
    "total, dW + 1",
    "total, 0.5 * dW + W + 1",
    "total + 1, dW - 1",
)


def wrong_where(condition: str, loss: str, how: int = 3) -> Wrong:
    """Right code that goes wrong where a problem is special."""
    code = STYLES[loss]["broadcasting" if loss == "svm" else "course_formula"][0]
    code = code.replace("def loss(", "def right(") + (
        "\n\ndef loss(W, X, y, reg):\n"
        "    total, dW = right(W, X, y, reg)\n"
        "    (N, D), C, S = X.shape, W.shape[1], X.dot(W)\n"
        "    M = S - S[np.arange(N), y][:, None] + 1\n"
        "    M[np.arange(N), y] = -100\n"
        f"    if {condition}:\n"
        f"        return {_WRONG_THERE[how]}\n"
        "    return total, dW\n"
    )
    return Wrong(f"{loss}, wrong where {condition}", Handed(loss, code))


def specially_wrong(seed: int, count: int, *, respects: int) -> Iterator[Wrong]:
    """Right code that goes wrong where a problem is special in several respects."""
    chance = random.Random(seed)
    for _ in range(count):
        condition = " and ".join(chance.sample(SPECIAL, respects))
        yield wrong_where(condition, chance.choice(sorted(STYLES)), chance.randrange(len(_WRONG_THERE)))


def _styles(*, apart: bool) -> Iterator[tuple[str, str, str]]:
    for loss, styles in STYLES.items():
        for style, (code, _) in styles.items():
            if is_kept_apart(style) is apart:
                yield loss, style, code
