"""The losses by name: those of this package, and those that an instructor has put in a file beside the rubric.

A loss is a module with a formula ``data_loss(W, X, y)`` or ``data_loss(W, X, y, delta)`` and, unless it is the sum of
the squares, ``penalty(W)``, written with the functions of `reference.formula`; docs/extending.md shows one. With other
parameters, it has their ``shapes``, such as {"W1": "DH", "b1": "H"}, and may have ``scores(W1, b1, X)``. Beyond a
``largest_score``, only the stability check uses it.
"""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeVar

# The list of losses is needed before NumPy is.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reference import sgd
    from reference.answer import Answer
    from reference.loss import Loss
    from reference.problem import Problem

T = TypeVar("T")

_SHAPES = re.compile(r"^shapes = ", re.MULTILINE)
_FORMULA = re.compile(r"^def data_loss\(W\b|^from reference\.\w+ import data_loss$", re.MULTILINE)
_PREFIX = "reference_beside_the_rubric_"  # not a real package: these modules come from none of our folders
_texts: dict[str, str] = {}


class LossError(Exception):
    """A file does not define a loss; the message is one line: what is wrong and what to do."""


class Evaluate(Protocol):
    """A function that returns the true answers of a loss."""

    def __call__(self, problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0) -> Answer:
        """The true answer to a problem."""
        ...


@cache
def own() -> tuple[str, ...]:
    """The names of the losses of this package."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    # Neither imported nor parsed: the names are needed before anything else.
    texts = ((file.stem, file.read_text(encoding="utf-8")) for file in files)
    return tuple(name for name, text in texts if "data_loss" in text and _FORMULA.search(text))


def networks() -> tuple[str, ...]:
    """The names of the losses of this package with parameters other than W."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(file.stem for file in files if _SHAPES.search(file.read_text(encoding="utf-8")))


def has_shapes(name: str) -> bool:
    """Whether a registered loss has parameters other than W."""
    return _SHAPES.search(_texts[name]) is not None


def register(name: str, text: str) -> None:
    """Register the loss that ``text`` defines as ``name``. The text is run: it must be the instructor's own.

    Raises:
        LossError: the text is not Python, fails when it is run, defines no formula or one that cannot be evaluated,
            or ``name`` is taken.
    """
    if name in (*own(), *networks()):
        raise LossError(f"a loss called {name!r} is shipped with the grader; give the file another name")
    if _texts.get(name, text) != text:
        raise LossError(f"two different losses are called {name!r}; give one of the files another name")
    if name in _texts:
        return
    module = ModuleType(_PREFIX + name)
    # Before it is run, since data classes look up their own module.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, f"{name}.py", "exec"), module.__dict__)  # noqa: S102
        if not callable(getattr(module, "data_loss", None)):
            raise LossError(f"{name}.py defines no formula: def data_loss(W, X, y): ...")
        _try_out(name, module)
    except LossError:
        del sys.modules[module.__name__]
        raise
    except Exception as error:
        del sys.modules[module.__name__]
        raise LossError(f"{name}.py cannot be run: {type(error).__name__}: {error}") from None
    _texts[name] = text


@cache
def loss_named(name: str) -> Loss:
    """The loss ``name``, of this package or registered."""
    return _loss_of(_module_named(name))


def evaluate_of(name: str) -> Evaluate:
    """``evaluate`` of the loss ``name``."""
    return loss_named(name).evaluate


def evaluate_all(name: str, problems: Sequence[Problem], *, reg_scale: float, delta: float) -> list[Answer]:
    """``evaluate`` of the loss ``name`` for each of ``problems``, in order; those that are alike together."""
    loss = loss_named(name)
    work = partial(loss.evaluate_alike, reg_scale=reg_scale, delta=delta)
    return _together(problems, loss.alike, work)


def quick_answers(
    name: str, problems: Sequence[Problem], *, reg_scale: float, delta: float
) -> list[tuple[float, NDArray[np.float64]]]:
    """The loss and one right gradient of each of ``problems``, without bounds, which would take much longer."""
    from reference.problem import stacked

    losses_and_gradients = training_losses(name, reg_scale=reg_scale, delta=delta)

    def work(alike: Sequence[Problem]) -> Iterator[tuple[float, NDArray[np.float64]]]:
        losses, gradients = losses_and_gradients(*stacked(alike))
        return zip(losses.tolist(), gradients, strict=True)

    return _together(problems, lambda problem: problem.sizes, work)


def _together(
    problems: Sequence[Problem],
    sizes_of: Callable[[Problem], tuple[int, int, int]],
    work: Callable[[Sequence[Problem]], Iterable[T]],
) -> list[T]:
    """The result of ``work`` for each of ``problems``, in order; it gets those of equal sizes together."""
    of_sizes: dict[tuple[int, int, int], list[int]] = {}
    for k, problem in enumerate(problems):
        of_sizes.setdefault(sizes_of(problem), []).append(k)
    answers: dict[int, T] = {}
    for ks in of_sizes.values():
        answers |= zip(ks, work([problems[k] for k in ks]), strict=True)
    return [answers[k] for k in range(len(problems))]


def training_loss(name: str, *, reg_scale: float, delta: float) -> sgd.Loss:
    """The loss ``name`` as train calls it: (W, X, y, reg) -> (loss, dW), without bounds."""
    return partial(loss_named(name).loss_and_gradient, reg_scale=reg_scale, delta=delta)


def training_losses(name: str, *, reg_scale: float, delta: float) -> sgd.Losses:
    """The same for several problems of the same sizes side by side."""
    return partial(loss_named(name).losses_and_gradients, reg_scale=reg_scale, delta=delta)


def _module_named(name: str) -> ModuleType:
    return sys.modules[_PREFIX + name] if name in _texts else importlib.import_module(f"{__package__}.{name}")


@cache
def _loss_of(module: ModuleType) -> Loss:
    from reference.loss import Loss, squares

    known = {name: getattr(module, name) for name in ("scores", "largest_score") if hasattr(module, name)}
    return Loss(module.data_loss, getattr(module, "penalty", squares), getattr(module, "shapes", {}), **known)


def _try_out(name: str, module: ModuleType) -> None:
    """Evaluates a formula once, on a problem of five different sizes.

    Raises:
        LossError: it cannot be evaluated; the message says where and why.
    """
    import numpy as np

    from reference.formula import FormulaError
    from reference.problem import Problem, network_problem

    loss = _loss_of(module)
    W, X = np.linspace(-1.0, 1.0, 12).reshape(3, 4), np.linspace(-2.0, 1.0, 15).reshape(5, 3)
    y = np.array([3, 0, 1, 1, 2])
    try:
        if loss.shapes:
            sizes = {"D": 3, "C": 4} | {
                s: 2 for shape in loss.shapes.values() for s in shape if s not in "DC"
            }
            loss.evaluate_network(network_problem(loss.shapes, sizes, W.ravel(), X, y, 0.5))
        else:
            loss.evaluate(Problem(W, X, y, 0.5))
    except FormulaError as error:
        where = "" if f"{name}.py" in str(error) else f"{name}.py: "
        raise LossError(f"{where}{error}") from None
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == f"{name}.py"]
        where = f"line {lines[-1]} of {name}.py" if lines else f"{name}.py"
        raise LossError(f"{where}: {type(error).__name__}: {error}") from None
