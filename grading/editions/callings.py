"""Extracts from a rubric what the student's process must know about how functions are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from grading.editions.recognition import looks_like
from grading.grades.grade import seems_of
from grading.intake.submission import Submission
from grading.protocol.wire import WireCalling
from grading.rubric.calling import USUAL_RETURNS
from grading.rubric.settings import Function, Rubric, Settings
from reference.losses import loss_named


def as_called(submission: Submission, rubric: Rubric) -> Submission:
    """Add the rubric's callings to the submission, and a warning if it seems to belong to another edition."""
    settings = rubric.settings
    other = looks_like(submission, settings)
    said = submission.warnings if other is None else (seems_of(other), *_still_true(submission, rubric))
    return replace(submission, callings=callings(settings), edition=other, warnings=said)


def _still_true(submission: Submission, rubric: Rubric) -> Iterator[str]:
    """The warnings, without those about functions that other editions do not require."""
    missing = [name for name in rubric.asked_names if name not in submission.definitions]
    for warning in submission.warnings:
        if not any(re.search(rf"\b{name}\b", warning) for name in missing):
            yield warning


def callings(settings: Settings) -> tuple[WireCalling, ...]:
    """The callings of the functions and classes that are not called as in the course."""
    return tuple(
        calling
        for calling in (*_losses(settings), *_functions(settings), *_classes(settings))
        if calling.shapes or calling != _as_usual(calling)
    )


def _losses(settings: Settings) -> Iterator[WireCalling]:
    for name, function in settings.functions.items():
        if function.kind == "loss":
            returns = () if function.returns == USUAL_RETURNS else function.returns
            yield _calling(name, settings, kind="loss", arguments=function.arguments, returns=returns)


def losses_of(settings: Settings, function: Function) -> list[str]:
    """The names of the loss functions for the same loss."""
    return [
        n for n, f in settings.functions.items() if f.kind == "loss" and f.reference == function.reference
    ]


def _functions(settings: Settings) -> Iterator[WireCalling]:
    """The callings of functions that train or predict without a class."""
    for name, function in settings.functions.items():
        if function.is_network:
            shapes = dict(loss_named(function.reference).shapes)
            yield _calling(name, settings, kind=function.kind, arguments=function.arguments, shapes=shapes)
        elif function.kind != "loss" and "." not in name:
            yield _calling(
                name,
                settings,
                kind=function.kind,
                arguments=function.arguments,
                minimizes=tuple(losses_of(settings, function)[-1:]) if function.takes_loss else (),
            )


def _classes(settings: Settings) -> Iterator[WireCalling]:
    methods = {
        name: f
        for name, f in settings.functions.items()
        if "." in name and f.kind != "loss" and not f.is_network
    }
    for owner in dict.fromkeys(name.partition(".")[0] for name in methods):
        mine = {name.partition(".")[2]: f for name, f in methods.items() if name.startswith(f"{owner}.")}
        train = next((function for function in mine.values() if function.kind == "train"), None)
        yield _calling(
            owner,
            settings,
            kind="class",
            arguments=() if train is None else train.arguments,
            make=settings.calling.make,
            minimizes=settings.calling.minimizes,
            roles={settings.names.loss: "loss", **{method: f.kind for method, f in mine.items()}},
            weights=settings.names.weights,
        )


def _calling(name: str, settings: Settings, **others: Any) -> WireCalling:
    calling = settings.calling
    return WireCalling(
        name,
        tensors=calling.arrays == "torch",
        turned_weights=calling.weights == "CxD",
        turned_samples=calling.samples == "DxN",
        **others,
    )


def _as_usual(calling: WireCalling) -> WireCalling:
    """The course's calling of the same function or class."""
    return WireCalling(calling.name, kind=calling.kind, roles=calling.roles, weights=calling.weights)
