"""Writes the starter: from the rubric to a folder that students fill in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grading import UserError
from grading.rubric.calling import USUAL_ARGUMENTS, USUAL_RETURNS, Calling
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Function, Names, Rubric, Search
from grading.starter.subjects import Subject, subject_of
from grading.starter.toml import as_toml
from grading.words import transposition

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_MARK, _NEXT = "```python\n", "<!-- next cell -->"


_TEXTS = {
    False: "The loss with plain loops: first make it right.",
    True: "The loss without loops over samples or features: a handful of calls.",
}


class StarterError(UserError):
    """A starter that cannot be written."""


@dataclass(frozen=True)
class _Asked:
    """A loss function that students write."""

    name: str
    vectorized: bool
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class _Loss:
    """A loss with its requested functions."""

    subject: Subject
    functions: tuple[_Asked, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(function.name for function in self.functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.subject, name)


def write_starter(out: Path, rubric: Rubric) -> list[Path]:
    """Write the folder and return its files.

    Raises:
        StarterError: the folder is not empty, or the rubric asks for something that has no template.
        OSError: it cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StarterError(f"{out} is not empty; name a new folder")
    files = dict(_files(rubric))
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [out / name for name in files]


def _files(rubric: Rubric) -> Iterator[tuple[str, str]]:
    """Yield each file's name and text."""
    environment = _environment()
    settings = rubric.settings
    own = _TEMPLATES / settings.edition
    for name, function in settings.functions.items():
        if function.is_network and not own.is_dir():
            raise StarterError(
                f'a starter for {name} is in the edition of the network only: write edition = "two-layer-net"'
            )
    turned = settings.calling.weights == "CxD"

    def rendered(template: str, **values: Any) -> str:
        return environment.get_template(f"{template}.jinja").render(**values)

    def turnable(template: str, **values: Any) -> str:
        """Render a text about the course's layout, turned to the edition's."""
        text = rendered(template, **values)
        return transposition.turned(text) if turned else text

    yield "classifiers/__init__.py", '"""Classifiers."""\n'
    yield "data.py", rendered("data.py", data=settings.data.name)
    yield "gradient_check.py", rendered("gradient_check.py")
    yield "rubric.toml", as_toml(public(rubric))
    if own.is_dir():
        yield from _own_files(rubric, rendered)
        return
    losses = _losses(rubric)
    classes, train, predict = _classes(rubric, losses)
    for loss in losses:
        yield f"classifiers/{loss.module}.py", turnable("losses.py", loss=loss, functions=loss.functions)
    if classes:
        used = [loss for loss in losses if any(c["loss"] in loss.names for c in classes)]
        used = [replace(loss, functions=loss.functions[-1:]) for loss in used]
        text = turnable("linear_classifier.py", losses=used, classes=classes, train=train, predict=predict)
        yield "classifiers/linear_classifier.py", text
    modules = {
        name: subject_of(settings.functions[name.partition(".")[0]].reference).module
        if f.kind == "loss"
        else "linear_classifier"
        for name, f in settings.functions.items()
    }
    yield "README.md", rendered("README.md", losses=losses, **_overview(rubric, modules))
    notebook = rendered(
        "notebook.md",
        title=settings.title,
        losses=losses,
        classes=classes,
        train=train,
        predict=predict,
        turned=turned,
        searches=_searches(rubric, classes),
        settings=_training(rubric),
    )
    yield "assignment.ipynb", json.dumps(_notebook(notebook), indent=1) + "\n"


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _own_files(rubric: Rubric, rendered: Callable[..., str]) -> Iterator[tuple[str, str]]:
    """Yield the files for one edition only, whose functions are not like the course's."""
    settings = rubric.settings
    if unknown := settings.functions.keys() - load_rubric(edition=settings.edition).settings.functions.keys():
        raise StarterError(f"the starter of {settings.edition} has no {min(unknown)}")
    losses = [subject_of(f.reference) for f in settings.functions.values() if f.kind == "train"]
    module = next((_TEMPLATES / settings.edition).glob("*.py.jinja")).name.removesuffix(".py.jinja")
    overview = _overview(rubric, dict.fromkeys(settings.functions, module))
    asked = [
        {"name": function.name, "text": _TEXTS[function.vectorized], "hint": loss.hints[function.vectorized]}
        for loss in _losses(rubric)
        for function in loss.functions
    ]
    words = {"scale": settings.reg_scale, "losses": losses, "functions": asked, **overview}
    yield "README.md", rendered("README.md", **words)
    yield f"classifiers/{module}.py", rendered(f"{settings.edition}/{module}.py", **words)
    notebook = rendered(f"{settings.edition}/notebook.md", **words)
    yield "assignment.ipynb", json.dumps(_notebook(notebook), indent=1) + "\n"


def _overview(rubric: Rubric, modules: Mapping[str, str]) -> dict[str, Any]:
    """Return what the README says about the rubric; ``modules`` are the files that functions go into."""
    settings = rubric.settings
    return {
        "title": settings.title,
        "worth": [
            {"name": name, "module": modules[name], "points": f"{points:g}"}
            for name, f in settings.functions.items()
            # Students do not even learn the points of hidden checks.
            if (points := sum(worth for check, worth in f.points.items() if check not in f.hidden))
        ],
        "manual": settings.manual,
        "hidden": any(function.hidden for function in settings.functions.values()),
    }


def _losses(rubric: Rubric) -> list[_Loss]:
    functions = rubric.settings.functions
    naive = {f.naive for f in functions.values()}
    asked: dict[str, list[_Asked]] = {}
    for name, function in functions.items():
        if function.kind == "loss" and "." not in name:
            vectorized = name not in naive and ("vectorized" in function.points or function.naive is not None)
            asked.setdefault(function.reference, []).append(
                _Asked(name, vectorized, function.parameters or USUAL_ARGUMENTS)
            )
    return [
        _Loss(_filled(subject_of(ref), rubric, found[0].parameters[3:]), tuple(found))
        for ref, found in asked.items()
    ]


def _filled(subject: Subject, rubric: Rubric, strengths: Sequence[str]) -> Subject:
    """Insert the rubric's regularization and margin into the text."""
    scale = rubric.settings.reg_scales[0]
    names = [strength.partition("=")[0] for strength in strengths] or ["reg"]
    term = f"{names[0]} sum(W*W)" if scale == 1.0 else f"{scale:g} {names[0]} sum(W*W)"
    term += "".join(f" + {name} sum(|W|)" for name in names[1:])
    delta = f"{rubric.settings.delta:g}"
    return replace(
        subject,
        definition=subject.definition.replace("+ R", f"+ {term}").replace("DELTA", delta),
        explanation=subject.explanation.replace("DELTA", delta),
    )


def _classes(rubric: Rubric, losses: list[_Loss]) -> tuple[list[dict[str, str]], str, str]:
    """Return the classes, each with the function that it trains with, and the names of train and predict."""
    methods: dict[str, dict[str, Function]] = {}
    if rubric.settings.names != Names():
        raise StarterError("the starter speaks the course's words; there is none for a rubric with [names]")
    for name, function in rubric.settings.functions.items():
        if function.kind != "loss":
            if "." not in name:
                raise StarterError(f"{name} is a plain function; there is a starter for classes only")
            owner, _, method = name.partition(".")
            methods.setdefault(owner, {})[method] = function
    called: dict[str, set[str]] = {"train": {"train"}, "predict": {"predict"}}
    classes = []
    for owner, theirs in methods.items():
        reference = next(iter(theirs.values())).reference
        subject = subject_of(reference)
        loss = next((loss for loss in losses if loss.module == subject.module), None)
        if loss is None:
            raise StarterError(
                f"{owner} trains with the {subject.title} loss, but no function of it is asked for"
            )
        classes.append(
            {"name": owner, "title": subject.title, "loss": loss.names[-1], "reference": reference}
        )
        for method, function in theirs.items():
            called[function.kind] = {method}
    return classes, called["train"].pop(), called["predict"].pop()


def _searches(rubric: Rubric, classes: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return a search for the best model of each class, with the variables that the rubric looks for."""
    settings = rubric.settings
    accuracy = settings.accuracy.get(settings.data.name, {})
    searches = []
    for one in classes:
        reference = one["reference"]
        search = settings.search.get(reference, Search(model=f"best_{reference}"))
        trained = accuracy.get(reference)
        rate, reg = (1e-2, 1e-2) if trained is None else (trained.learning_rate, trained.reg)
        more = {"owner": one["name"], "learning_rate": rate, "reg": reg}
        searches.append(msgspec.to_builtins(search) | more)
    return searches


def _training(rubric: Rubric) -> str:
    """Return the arguments of a first training: those of the accuracy check, if there is one."""
    for settings in rubric.settings.accuracy.get(rubric.settings.data.name, {}).values():
        return (
            f"learning_rate={settings.learning_rate:g}, reg={settings.reg:g}, num_iters={settings.num_iters}, "
            f"batch_size={settings.batch_size}"
        )
    return "learning_rate=2e-2, reg=1e-2, num_iters=100, batch_size=100"


def public(rubric: Rubric) -> Mapping[str, Any]:
    """Return what students may know: the rubric without what is hidden or left to a person."""
    content: dict[str, Any] = msgspec.to_builtins(rubric.settings)
    for private in ("manual", "manual_points", "late"):
        content.pop(private)
    if rubric.settings.calling == Calling():
        del content["calling"]
    for function in content["functions"].values():
        hidden = function.pop("hidden")
        for unsaid in ("arguments", "parameters"):
            if not function[unsaid]:
                del function[unsaid]
        if tuple(function["returns"]) == USUAL_RETURNS:
            del function["returns"]
        function["points"] = {check: n for check, n in function["points"].items() if check not in hidden}
    # The file of an instructor's own loss is the solution, so students cannot have the checks that need it.
    content["functions"] = {
        name: f
        for name, f in content["functions"].items()
        if f["points"] and f["reference"] not in rubric.losses
    }
    if not content["functions"]:
        raise StarterError(
            "nothing that the rubric asks can be checked by students: it is hidden, or your own loss"
        )
    return content


def _notebook(text: str) -> dict[str, Any]:
    """Build a notebook of Markdown and Python cells from Markdown with Python in fences."""
    cells: list[dict[str, Any]] = []
    for number, part in enumerate(text.split(_MARK)):
        code, _, prose = part.rpartition("```\n") if number else ("", "", part)
        if code.strip():
            cells.append(_cell("code", code, len(cells)) | {"execution_count": None, "outputs": []})
        for passage in prose.split(_NEXT):
            if passage.strip():
                cells.append(_cell("markdown", passage, len(cells)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, text: str, number: int) -> dict[str, Any]:
    lines = text.strip().splitlines(keepends=True)
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines}
