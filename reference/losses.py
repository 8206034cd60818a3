"""The losses by name: those of this package, and those that an instructor has put into a file beside the rubric.

A loss is a module with ``evaluate(problem, *, reg_scale, delta) -> Answer``; docs/extending.md shows one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

# Which losses there are is asked before NumPy is needed.
if TYPE_CHECKING:
    from reference.answer import Answer
    from reference.problem import Problem
    from reference.sgd import Loss

_PREFIX = "reference_beside_the_rubric_"  # no package of that name: these modules come from no folder of ours
_texts: dict[str, str] = {}


class LossError(Exception):
    """A file that is no loss; the message is one line: what is wrong and what to do."""


class Evaluate(Protocol):
    """What makes a module a loss."""

    def __call__(self, problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0) -> Answer:
        """The true answer to a problem."""
        ...


@cache
def own() -> tuple[str, ...]:
    """The names of the losses of this package."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    # Not imported, nor parsed: names are asked for before anything else is done.
    return tuple(file.stem for file in files if "\ndef evaluate(" in file.read_text(encoding="utf-8"))


def register(name: str, text: str) -> None:
    """Make the loss that ``text`` defines known as ``name``. The text is run: it must be the instructor's own.

    Raises:
        LossError: the text is not Python, fails when it is run, defines no ``evaluate``, or ``name`` is taken.
    """
    if name in own():
        raise LossError(f"a loss called {name!r} is shipped with the grader; give the file another name")
    if _texts.get(name, text) != text:
        raise LossError(f"two different losses are called {name!r}; give one of the files another name")
    if name in _texts:
        return
    module = ModuleType(_PREFIX + name)
    # Before it is run: data classes look their own module up.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, f"{name}.py", "exec"), module.__dict__)  # noqa: S102
        if not callable(getattr(module, "evaluate", None)):
            raise LossError(f"{name}.py defines no function evaluate(problem, *, reg_scale, delta)")
    except LossError:
        del sys.modules[module.__name__]
        raise
    except Exception as error:
        del sys.modules[module.__name__]
        raise LossError(f"{name}.py cannot be run: {type(error).__name__}: {error}") from None
    _texts[name] = text


def evaluate_of(name: str) -> Evaluate:
    """``evaluate`` of the loss ``name``, which is one of this package or has been registered."""
    return cast(Evaluate, _module_of(name).evaluate)


def evaluate_all(name: str, problems: Sequence[Problem], *, reg_scale: float, delta: float) -> list[Answer]:
    """``evaluate`` of the loss ``name`` for each of ``problems``, in their order.

    A module may have ``evaluate_alike(problems, *, reg_scale, delta)`` for problems of the same sizes, which is several
    times faster for many small ones; without it, ``evaluate`` is used.
    """
    module = _module_of(name)
    alike = getattr(module, "evaluate_alike", None)
    if alike is None:
        return [module.evaluate(problem, reg_scale=reg_scale, delta=delta) for problem in problems]
    of_sizes: dict[tuple[int, int, int], list[int]] = {}
    for k, problem in enumerate(problems):
        of_sizes.setdefault(problem.sizes, []).append(k)
    answers: dict[int, Answer] = {}
    for ks in of_sizes.values():
        answers |= zip(ks, alike([problems[k] for k in ks], reg_scale=reg_scale, delta=delta), strict=True)
    return [answers[k] for k in range(len(problems))]


def training_loss(name: str, *, reg_scale: float, delta: float) -> Loss:
    """The loss ``name`` as train calls it: (W, X, y, reg) -> (loss, dW).

    A module may have ``loss_and_gradient(W, X, y, reg, *, reg_scale, delta)``, which works out no bounds and is several
    times faster than ``evaluate``; without it, that is used.
    """
    fast = getattr(_module_of(name), "loss_and_gradient", None)
    if fast is None:
        from reference.sgd import loss_of

        return loss_of(evaluate_of(name), reg_scale=reg_scale, delta=delta)
    return partial(fast, reg_scale=reg_scale, delta=delta)


def _module_of(name: str) -> ModuleType:
    return sys.modules[_PREFIX + name] if name in _texts else importlib.import_module(f"reference.{name}")
