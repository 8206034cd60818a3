"""Puts what a student reads into the student's own form: the calls of functions, and the layout of arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from grading.editions.callings import losses_of
from grading.editions.loss_parts import code_of_part, is_part, said_of_part
from grading.editions.tensors import diagnosis_for_tensors, in_tensors, said_of_tensors
from grading.grades.grade import Certificate, CheckResult, Counterexample, Diagnosis, GradientComparison
from grading.judging.failures import Failure, Raises
from grading.protocol.arguments import resolved, split
from grading.rubric.calling import CONSTANTS
from grading.rubric.settings import Function, Settings
from grading.words.transposition import turned, turned_rows

T = TypeVar("T")

# The course's, unless a call of train says otherwise.
_DEFAULTS = {"learning_rate": "1e-3", "reg": "1e-5", "num_iters": "100", "batch_size": "200"}
_SETTING = re.compile(r"\b(\w+)=([^,()]+)")


class Wording:
    """The words of a rubric's edition."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turned = settings.calling.weights == "CxD"
        self._tensors = settings.calling.arrays == "torch"
        self._usual = (
            not self._turned
            and not self._tensors
            and not settings.calling.make
            and not any(function.arguments for function in settings.functions.values())
        )

    def of(self, result: CheckResult, failure: Failure | None = None) -> CheckResult:
        """Reword a result from the course's form for the student; ``failure`` is its cause."""
        if self._usual:
            return result
        function = self._settings.functions.get(result.function)
        if function is not None and is_part(function):
            result = said_of_part(result, function, failure)
        if function is not None and function.kind == "loss":
            # The part after a dot is for the rubric; the student's function has no such name.
            message = result.message.replace(result.function, result.function.partition(".")[0])
            result = msgspec.structs.replace(result, message=message)
        result = msgspec.structs.replace(
            result, counterexample=self._counterexample(result.counterexample, result.function)
        )
        if not self._turned and not self._tensors:
            return result
        # An error in the student's code has its own words.
        if not isinstance(failure, Raises):
            result = msgspec.structs.replace(
                result,
                message=self._words(result.message),
                expected=None if result.expected is None else self._words(result.expected),
                got=None if result.got is None else self._words(result.got),
            )
        return msgspec.structs.replace(
            result,
            title=self._words(result.title),
            remarks=[self._words(remark) for remark in result.remarks],
            diagnosis=None if result.diagnosis is None else self._diagnosis(result.diagnosis),
            gradient=_turned_gradient(result.gradient) if self._turned else result.gradient,
        )

    def _words(self, text: str) -> str:
        text = turned(text) if self._turned else text
        return said_of_tensors(text) if self._tensors else text

    def _diagnosis(self, found: Diagnosis) -> Diagnosis | None:
        if self._turned:
            found = Diagnosis(id=found.id, title=turned(found.title), hint=turned(found.hint))
        return diagnosis_for_tensors(found) if self._tensors else found

    def _counterexample(self, found: Counterexample | None, function: str) -> Counterexample | None:
        if found is None:
            return None
        code = self._called(self._made(found.code, function), function)
        code = turned(code) if self._turned else code
        code = in_tensors(code) if self._tensors else code
        if not self._turned:
            return msgspec.structs.replace(found, code=code)
        return msgspec.structs.replace(
            found,
            code=code,
            W=None if found.W is None else turned_rows(found.W),
            X=None if found.X is None else turned_rows(found.X),
        )

    def _called(self, code: str, name: str) -> str:
        """Rewrite the call of a loss or a train in code into the edition's form."""
        function = self._settings.functions[name]
        if not function.arguments or function.is_network:
            return code
        if is_part(function):
            usual = re.compile(rf"^loss, dW = {re.escape(name)}\(W, X, y, [^()]+\)$", re.MULTILINE)
            return usual.sub(code_of_part(name, function), code)
        if function.kind == "loss":
            own = name.partition(".")[0]
            usual = re.compile(rf"\b{re.escape(name)}\(W, X, y, ([^()]+)\)")
            return usual.sub(
                lambda found: _call(own, function.arguments, {**_themselves("WXy"), "reg": found[1]}), code
            )
        # A train passes such constants on to the loss.
        constants = "".join(f", {a}" for a in function.arguments if _is_named_constant(a))
        code = code.replace("lambda X_batch, y_batch, reg:", f"lambda X_batch, y_batch, reg{constants}:")
        called = f".{name.rpartition('.')[2]}" if "." in name else name
        loss = "loss" if "\nloss = " in code else losses_of(self._settings, function)[-1]
        usual = re.compile(rf"{re.escape(called)}\((X\w*), (y\w*)((?:, \w+=[^,()]+)*)\)")
        return usual.sub(
            lambda found: _call(
                called,
                _known(function.arguments, found[3]),
                {"loss": loss, "X": found[1], "y": found[2], **_settings(found[3], found[1], function)},
            ),
            code,
        )

    def _made(self, code: str, name: str) -> str:
        """Rewrite code so that it makes a classifier as the edition does."""
        make, owner = self._settings.calling.make, name.partition(".")[0]
        usual = f"model = {owner}()"
        if not make or usual not in code:
            return code
        sizes = _sizes(code, self._settings.names.weights)
        settings = dict(_SETTING.findall(code))
        return code.replace(usual, "model = " + _call(owner, make, {**_DEFAULTS, **settings, **sizes}))


def _settings(text: str, data: str, function: Function) -> dict[str, str]:
    """The settings of a train as text, by name; for one that counts epochs, their number."""
    settings = dict(_SETTING.findall(text))
    if "num_iters" in settings and function.counts_passes:
        # As in the worker: the small data of the checks are one batch.
        if data == "X":
            settings |= {"epochs": settings["num_iters"], "batch_size": f"len({data})"}
        else:
            settings["epochs"] = f"{settings['num_iters']} * {settings['batch_size']} // len({data})"
    return settings


def _known(arguments: Sequence[str], settings: str) -> list[str]:
    """The arguments that every train takes: without named constants, and without verbose if it is not passed."""
    return [
        argument
        for argument in arguments
        if (split(argument)[1] != "verbose" or "verbose=" in settings) and not _is_named_constant(argument)
    ]


def _is_named_constant(argument: str) -> bool:
    keyword, what = split(argument)
    return bool(keyword) and (what in CONSTANTS or not what.isidentifier())


def _themselves(names: str) -> dict[str, str]:
    return {name: name for name in names}


def _call(function: str, arguments: Sequence[str], quantities: dict[str, str]) -> str:
    """Write a call as text."""
    positional, named = resolved(arguments, quantities, str)
    return f"{function}({', '.join([*positional, *(f'{key}={value}' for key, value in named.items())])})"


def _sizes(code: str, weights: str) -> dict[str, str]:
    """The numbers of features and classes, from the weights that the code sets, or from its data."""
    if given := re.search(rf"model\.{weights} = np\.\w+\(\((\d+), (\d+)\)", code):
        return {"D": given[1], "C": given[2]}
    if given := re.search(rf"model\.{weights} = np\.array\(\[(\[[^\]]*\].*)\]\)", code):
        rows = re.findall(r"\[([^\[\]]*)\]", given[1])
        return {"D": str(len(rows)), "C": str(rows[0].count(",") + 1)}
    return {"D": "X.shape[1]", "C": "np.max(y) + 1"}


def _turned_gradient(found: GradientComparison | None) -> GradientComparison | None:
    if found is None:
        return None
    return GradientComparison(
        low=turned_rows(found.low),
        high=turned_rows(found.high),
        got=turned_rows(found.got),
        distance=turned_rows(found.distance),
        wrong=turned_rows(found.wrong),
        ties=found.ties,
        certificate=_turned_certificate(found.certificate),
    )


def _turned_certificate(found: Certificate | None) -> Certificate | None:
    if found is None:
        return None
    entry = None if found.entry is None else (found.entry[1], found.entry[0])
    return msgspec.structs.replace(found, V=turned_rows(found.V), entry=entry)
