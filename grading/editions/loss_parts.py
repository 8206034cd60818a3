"""Rewords results for functions that are only part of a loss: probabilities, a gradient by scores, no reg."""

from __future__ import annotations

import msgspec

from grading.grades.grade import CheckResult, Diagnosis
from grading.judging.failures import ChangedInputs, Failure, WrongGradient, WrongLoss, WrongReturn
from grading.protocol.arguments import split
from grading.rubric.calling import USUAL_ARGUMENTS, USUAL_RETURNS
from grading.rubric.settings import Function
from grading.words import say

_LOSS_ONLY, _PROBS, _BY_SCORES = ("loss",), ("probs",), ("loss", "dscores")
_DSCORES = "dprediction"
#: The mistakes in the probabilities of a softmax loss.
_OF_PROBS = tuple(
    f"softmax-{kind}"
    for kind in ("no-shift", "shift", "normalized", "sums", "sigmoid", "twice", "probabilities")
)


def is_part(function: Function) -> bool:
    """Whether a loss function does only part of what the course's do."""
    return function.kind == "loss" and (function.returns != USUAL_RETURNS or not function.is_regularized)


def said_of_part(result: CheckResult, function: Function, failure: Failure | None) -> CheckResult:
    """Reword title and message of a result for what the function really takes and returns."""
    title = _title(result.id, function) or result.title
    message, expected, got = result.message, result.expected, result.got
    if isinstance(failure, WrongReturn) and expected == say("finite numbers"):
        message = say(
            "{name} was called with ordinary numbers, and what it returns is not finite.",
            name=result.function,
        )
    elif isinstance(failure, WrongReturn):
        expected = _wanted(function)
        message = say(
            "{name} must return {wanted}; it returned {returned}.",
            name=result.function,
            wanted=expected,
            returned=got,
        )
    elif isinstance(failure, ChangedInputs) and function.returns != USUAL_RETURNS:
        message, expected, got = _changed(result.function, function), None, None
    elif isinstance(failure, WrongLoss):
        message = _wrong_loss(result.function, function)
    elif isinstance(failure, WrongGradient):
        message = _wrong_gradient(result.function, function)
    return msgspec.structs.replace(
        result,
        title=title,
        message=message,
        expected=expected,
        got=got,
        diagnosis=_diagnosis(result.diagnosis, function),
    )


def code_of_part(name: str, function: Function) -> str:
    """Python that calls the function, and computes the loss and dW from it where the checks look at those."""
    takes = dict(
        zip((split(argument)[1] for argument in function.arguments), parameters(function), strict=True)
    )
    scores = takes.get("scores", "scores")
    lines = []
    if {"scores", "probs"} & takes.keys():
        lines.append(f"{scores} = X.dot(W)")
    if "probs" in takes:
        lines.append(f"probs = np.exp({scores}) / np.exp({scores}).sum(axis=1, keepdims=True)")
    passed = ", ".join({"scores": scores}.get(what, what) for what in takes)
    if function.returns == _PROBS:
        lines += [
            f"probs = {name}({passed})",
            "loss = -np.mean(np.log(probs[np.arange(len(y)), y]))",
            "dW = X.T.dot(probs - np.eye(W.shape[1])[y]) / len(y)",
        ]
    elif function.returns == _BY_SCORES:
        lines += [f"loss, {_DSCORES} = {name}({passed})", f"dW = X.T.dot({_DSCORES})"]
    else:
        lines.append(f"{'loss' if function.returns == _LOSS_ONLY else 'loss, dW'} = {name}({passed})")
    return "\n".join(lines)


def parameters(function: Function) -> tuple[str, ...]:
    """The names of the arguments."""
    return function.parameters or function.arguments or USUAL_ARGUMENTS


def _argument(function: Function) -> str:
    """The name of the argument with the scores or probabilities."""
    for argument, parameter in zip(function.arguments, parameters(function), strict=True):
        if split(argument)[1] in ("scores", "probs"):
            return parameter
    return "W"


def _wanted(function: Function) -> str:
    if function.returns == _PROBS:
        return say("an array of the shape of {argument}: probabilities", argument=_argument(function))
    if function.returns == _LOSS_ONLY:
        return say("one real number, the loss")
    return say(
        "two things: the loss, one real number, and its gradient, an array of the shape of {argument}",
        argument=_argument(function),
    )


def _title(check: str, function: Function) -> str | None:
    if check == "interface":
        return say(
            "It returns {wanted}, for every legal size; the same call gives the same answer, and what it is called "
            "with is left unchanged.",
            wanted=_wanted(function),
        )
    if check == "stability":
        return say("Adding a constant to all scores of a sample, however large, changes nothing.")
    if check == "value":
        if function.returns == _PROBS:
            return say(
                "The probabilities of the right classes are what softmax makes of the scores, up to rounding."
            )
        return say("The loss equals its definition up to rounding.")
    if check == "gradient":
        if function.returns == _PROBS:
            return say("All probabilities are what softmax makes of the scores, up to rounding.")
        return say(
            "The gradient is that of the loss with respect to {argument}, up to rounding.",
            argument=_argument(function),
        )
    return None


def _changed(name: str, function: Function) -> str:
    return say(
        "{name} changes its argument {letter} in place; the caller still needs it. Work on a copy, or "
        "write a = a - b where it now says a -= b.",
        name=name,
        letter=_argument(function),
    )


def _wrong_loss(name: str, function: Function) -> str:
    if function.returns == _PROBS:
        return say(
            "The probabilities of {name} are wrong: those of the right classes have another mean of -log.",
            name=name,
        )
    return say("The loss of {name} is wrong.", name=name)


def _wrong_gradient(name: str, function: Function) -> str:
    if function.returns == _PROBS:
        return say(
            "The probabilities of {name} are wrong: dW, which follows from them, is another.", name=name
        )
    if function.returns == _BY_SCORES:
        return say(
            "The gradient of {name} is wrong: X.T times it is not the gradient with respect to W.", name=name
        )
    return say("The gradient of {name} is wrong.", name=name)


def _diagnosis(found: Diagnosis | None, function: Function) -> Diagnosis | None:
    """Reword a mistake recognized by its effect on dW for what the function returns."""
    if found is None or function.returns in (USUAL_RETURNS, _LOSS_ONLY):
        return found
    if function.returns == _PROBS:
        return found if found.id.startswith(_OF_PROBS) else None
    return Diagnosis(
        id=found.id,
        title=found.title.replace("dW", _DSCORES),
        hint=found.hint.replace("dW", _DSCORES),
    )
