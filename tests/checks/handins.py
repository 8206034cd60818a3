"""Loss functions as text, handed in and judged in one process: what the tests of the checks are made of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from grading.grades.grade import CheckResult
from grading.intake.submission import Block, Definition, Kind, Source, Submission
from grading.rubric.settings import Function, Rubric, Settings
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox
from grading.sandbox.shared_array import SharedArray
from reference.mistakes import Mistake

HEADER = "from __future__ import annotations\nimport numpy as np\n"
#: What is said of hand-ins: by function, or class, and check.
Results: TypeAlias = dict[str, dict[str, CheckResult]]
LOSS_CHECKS: dict[str, tuple[str, ...]] = {
    "svm": ("interface", "value", "gradient", "kinks", "symmetry"),
    "softmax": ("interface", "value", "gradient", "stability", "symmetry"),
    "logistic": ("interface", "value", "gradient", "stability", "symmetry"),
    "huber": ("interface", "value", "gradient", "symmetry"),
    "squared_hinge": ("interface", "value", "gradient", "symmetry"),
    "svm_l1": ("interface", "value", "gradient", "kinks", "symmetry"),
}

# Right functions, each called `right`.
SVM = """
def right(W, X, y, reg):
    n = len(y)
    s = X.dot(W)
    m = np.maximum(0, s - s[np.arange(n), y][:, None] + 1)
    m[np.arange(n), y] = 0
    b = (m > 0).astype(float)
    b[np.arange(n), y] = -b.sum(axis=1)
    return m.sum() / n + reg * np.sum(W * W), X.T.dot(b) / n + 2 * reg * W
"""
SOFTMAX = """
def right(W, X, y, reg):
    n = len(y)
    s = X.dot(W)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), y]).mean() + reg * np.sum(W * W)
    p[np.arange(n), y] -= 1
    return loss, X.T.dot(p) / n + 2 * reg * W
"""


@dataclass(frozen=True)
class Handed:
    """A function that is handed in: ``code`` defines ``entry``, which is judged as the loss ``loss``."""

    loss: str
    code: str
    entry: str = "loss"
    vectorized: bool = False
    naive: str | None = None


def submission_of(sources: Mapping[str, tuple[str, str]]) -> Submission:
    """A hand-in of one file for each asked name: name -> (code, the name of the function in it)."""
    files, definitions = [], {}
    for name, (code, entry) in sources.items():
        text = HEADER + code + ("" if entry == name else f"\n{name} = {entry}\n")
        files.append(Source(f"{name}.py", f"hand_in_{name}", (Block(text),)))
        lines = (1, text.count("\n") + 1)
        definitions[name] = Definition(name=name, source=f"{name}.py", cell=None, lines=lines)
    return Submission(
        name="test", path="test", sha256="0", kind=Kind.FILES, sources=tuple(files), definitions=definitions
    )


def rubric_of(handed: Mapping[str, Handed], seed: int = 231, **settings: Any) -> Rubric:
    """A rubric that gives a point for each check of each function."""
    functions = {}
    for name, function in handed.items():
        checks = LOSS_CHECKS[function.loss]
        checks += ("vectorized",) if function.vectorized else ()
        checks += ("agreement",) if function.naive else ()
        points = dict.fromkeys(checks, 1.0)
        functions[name] = Function(kind="loss", reference=function.loss, points=points, naive=function.naive)
    return Rubric(
        settings=Settings(title="test", seed=seed, functions=functions, accuracy={}, **settings), sha256="0"
    )


def judge(sandbox: Sandbox, handed: Mapping[str, Handed], seed: int = 231, **settings: Any) -> Results:
    """All results, by function and check."""
    submission = submission_of({name: (function.code, function.entry) for name, function in handed.items()})
    results: Results = {name: {} for name in handed}
    for result in results_of(sandbox, submission, rubric_of(handed, seed, **settings)):
        results[result.function][result.id] = result
    return results


def results_of(
    sandbox: Sandbox, submission: Submission, rubric: Rubric, shared: SharedArray | None = None
) -> list[CheckResult]:
    """All results of a hand-in, which has one worker."""
    with sandbox.start(submission, shared) as worker:
        return Runner(submission, lambda _: worker, rubric).results()


def judge_one(
    sandbox: Sandbox, loss: str, code: str, seed: int = 231, **settings: Any
) -> dict[str, CheckResult]:
    """The results of one function called ``loss``."""
    return judge(sandbox, {"f": Handed(loss, textwrap.dedent(code))}, seed, **settings)["f"]


def in_batches(handed: Mapping[str, Handed], size: int) -> list[dict[str, Handed]]:
    """The functions in groups, each of which shares a process."""
    names = list(handed)
    return [{name: handed[name] for name in names[k : k + size]} for k in range(0, len(names), size)]


def plain_source(function: Any) -> str:
    """A function's text without its decorators."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    return ast.unparse(definition)


def handed_mistake(mistake: Mistake) -> Handed:
    """A mistake of the catalogue as a student's function."""
    return Handed(mistake.subject, mistake.code, "wrong")
