"""Checks the content of a rubric file against the types in `grading.rubric.settings`.

msgspec would stop at the first mistake, and does not say where in a table of tables it is. This module finds all
mistakes, names the place of each, and says what is allowed there.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect as types

from grading.protocol.arguments import split
from grading.rubric.calling import CONSTANTS, QUANTITIES, RETURNS
from grading.rubric.checks import checks_of
from grading.rubric.settings import SEARCH_CHECKS, DataName, Function, Settings
from reference.losses import loss_named, networks, own


class Complaint(msgspec.Struct, frozen=True):
    """One mistake: the path to the value, and a sentence that says what is wrong and what is allowed."""

    path: tuple[str | int, ...]
    sentence: str

    @property
    def where(self) -> str:
        """The place as it would be written: functions.svm_loss_naive.points."""
        parts = (f".{part}" if isinstance(part, str) else f"[{part + 1}]" for part in self.path)
        return "".join(parts).removeprefix(".")


def complaints(
    content: dict[str, Any], losses: Collection[str], data: DataName | None = None
) -> list[Complaint]:
    """Return everything that is wrong with a rubric file's content; nothing if it can be converted to `Settings`.

    Args:
        content: as returned by the TOML reader.
        losses: the allowed values of ``reference``.
        data: the data set to train on; None for the one that the file names.
    """
    found = list(_against(content, types.type_info(Settings), ()))
    if found:
        return found
    settings = msgspec.convert(content, Settings)
    return list(_meaning(settings, losses, data or settings.data.name))


def nearest(word: str, allowed: Collection[str]) -> str:
    """Return a did-you-mean as the end of a sentence; empty if nothing is similar."""
    import difflib

    close = difflib.get_close_matches(word, allowed, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def no_such(
    what: str, name: str, known: Collection[str], there_are: str = "there are", rest: str = ""
) -> str:
    """Say that there is no ``what`` of that name, and which ones there are."""
    return f"no {what} is called {name!r}; {there_are} {', '.join(known)}{rest}{nearest(name, known)}"


def _against(value: Any, kind: types.Type, path: tuple[str | int, ...]) -> Iterator[Complaint]:
    if isinstance(kind, types.UnionType):
        # A value that may be a table or nothing is checked as a table: a file says "nothing" by leaving it out.
        structs = [part for part in kind.types if isinstance(part, types.StructType)]
        kind = structs[0] if structs else kind
    if isinstance(kind, types.StructType):
        yield from _against_struct(value, kind, path)
    elif isinstance(kind, types.DictType) and isinstance(value, dict):
        for key, entry in value.items():
            if _fits(key, kind.key_type):
                yield from _against(entry, kind.value_type, (*path, key))
            else:
                yield Complaint((*path, key), f"unknown key {key!r}; there are {describe(kind.key_type)}")
    elif isinstance(kind, types.VarTupleType) and isinstance(value, list):
        for place, entry in enumerate(value):
            yield from _against(entry, kind.item_type, (*path, place))
    elif isinstance(kind, types.DictType | types.VarTupleType) or not _fits(value, kind):
        yield _not_allowed(value, kind, path)


def _against_struct(value: Any, kind: types.StructType, path: tuple[str | int, ...]) -> Iterator[Complaint]:
    if not isinstance(value, dict):
        yield _not_allowed(value, kind, path)
        return
    fields = {field.encode_name: field for field in kind.fields}
    missing = [name for name, field in fields.items() if field.required and name not in value]
    for key, entry in value.items():
        if key in fields:
            yield from _against(entry, fields[key].type, (*path, key))
            continue
        meant = nearest(key, fields)
        # A misspelt key is one mistake, not two.
        missing = [name for name in missing if repr(name) not in meant]
        yield Complaint((*path, key), f"unknown key {key!r}; there are {', '.join(fields)}{meant}")
    for name in missing:
        yield Complaint(path, f"the key {name!r} is missing: {describe(fields[name].type)}")


def _fits(value: Any, kind: types.Type) -> bool:
    """Whether a plain value is allowed. 1 is a number, true is not."""
    if isinstance(kind, types.UnionType):
        return any(_fits(value, part) for part in kind.types)
    if isinstance(kind, types.LiteralType):
        return not isinstance(value, bool) and value in kind.values
    if isinstance(kind, types.IntType | types.FloatType):
        whole = isinstance(kind, types.IntType)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return False
        bounds = (
            (kind.gt, operator.gt),
            (kind.ge, operator.ge),
            (kind.lt, operator.lt),
            (kind.le, operator.le),
        )
        inside = all(bound is None or compare(value, bound) for bound, compare in bounds)
        return inside and abs(value) < float("inf")
    if isinstance(kind, types.StrType) and kind.pattern is not None:
        return isinstance(value, str) and re.search(kind.pattern, value) is not None
    plain = {types.StrType: str, types.BoolType: bool, types.NoneType: type(None)}
    for type_, python in plain.items():
        if isinstance(kind, type_):
            return isinstance(value, python)
    if isinstance(kind, types.DateTimeType):
        return hasattr(value, "tzinfo")
    raise TypeError(f"a rubric cannot hold a {type(kind).__name__}; teach grading.rubric.validating about it")


def _not_allowed(value: Any, kind: types.Type, path: tuple[str | int, ...]) -> Complaint:
    words = [word for word in _literals(kind) if isinstance(word, str)]
    meant = nearest(value, words) if isinstance(value, str) else ""
    return Complaint(path, f"must be {describe(kind)}; it is {_shown(value)}{meant}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str, ensure_ascii=False)


def _literals(kind: types.Type) -> Sequence[Any]:
    if isinstance(kind, types.UnionType):
        return [value for part in kind.types for value in _literals(part)]
    return kind.values if isinstance(kind, types.LiteralType) else ()


def describe(kind: types.Type) -> str:
    """Describe the allowed values in words: "a number from 0 to 1"."""
    if isinstance(kind, types.UnionType):
        return " or ".join(describe(part) for part in kind.types if not isinstance(part, types.NoneType))
    if isinstance(kind, types.LiteralType):
        return " or ".join(json.dumps(value) for value in kind.values)
    if isinstance(kind, types.IntType | types.FloatType):
        return f"a {'whole ' if isinstance(kind, types.IntType) else ''}number{_range(kind)}"
    if isinstance(kind, types.StrType):
        if kind.pattern is None:
            return "text in quotes"
        return "what is passed, in quotes" if "=" in kind.pattern else "a Python name in quotes"
    if isinstance(kind, types.BoolType):
        return "true or false"
    if isinstance(kind, types.DateTimeType):
        return "a date and time such as 2026-02-01T23:59:00+01:00"
    if isinstance(kind, types.VarTupleType):
        return f"a list, each entry {describe(kind.item_type)}"
    if isinstance(kind, types.StructType):
        return f"a table with the keys {', '.join(field.encode_name for field in kind.fields)}"
    return "a table"


def _range(kind: types.IntType | types.FloatType) -> str:
    low = f"{kind.ge:g}" if kind.ge is not None else None
    high = f"{kind.le:g}" if kind.le is not None else None
    if kind.lt is not None:
        high = f"{kind.lt - 1}" if isinstance(kind, types.IntType) else f"below {kind.lt:g}"
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if kind.gt is not None:
        return f" above {kind.gt:g}"
    return f", {low} or more" if low is not None else ""


def _meaning(settings: Settings, losses: Collection[str], data: DataName) -> Iterator[Complaint]:
    """Check what the types cannot express: how the parts of a rubric depend on each other."""
    if not settings.functions:
        yield Complaint(("functions",), "nothing is asked; name at least one function, [functions.NAME]")
    for name, function in settings.functions.items():
        yield from _meaning_of_function(settings, name, function, losses, data)
    for name, search in settings.search.items():
        for check in search.points:
            if check not in SEARCH_CHECKS:
                said = no_such("check", check, SEARCH_CHECKS, "for a search there are")
                yield Complaint(("search", name, "points", check), said)
    for place, name in enumerate(settings.calling.minimizes):
        if name not in settings.functions:
            yield Complaint(
                ("calling", "minimizes", place),
                f"{name!r} is not among the functions{nearest(name, settings.functions)}",
            )
    yield from _meaning_of_arguments(settings.calling.make, "make", ("calling", "make"))
    yield from _meaning_of_late(settings)


def _meaning_of_function(
    settings: Settings, name: str, function: Function, losses: Collection[str], data: DataName
) -> Iterator[Complaint]:
    """Complain about what one function requires that the rest of the rubric, or the checks, do not have."""
    here = ("functions", name)
    known = checks_of(function.kind)
    if function.is_network:
        yield from _meaning_of_network(name, function, losses)
    elif function.reference not in losses:
        yield _unknown_reference(name, function, "loss", losses)
    for check in function.points:
        if check not in known:
            said = no_such("check", check, known, f"for a {function.kind} function there are")
            yield Complaint((*here, "points", check), said)
    for check in function.hidden:
        if check not in function.points:
            yield Complaint(
                (*here, "hidden"), f"{check!r} has no points here; there are {', '.join(function.points)}"
            )
    if function.kind == "loss" and "." in name and not _is_loss(settings, name.partition(".")[0]):
        yield Complaint(
            here,
            "a loss is a function, not a method: a name without a dot, or that of one of the functions with a word "
            "behind a dot for another way of calling it",
        )
    if function.kind != "loss" and any(other.startswith(f"{name}.") for other in settings.functions):
        yield Complaint(
            here, f'{name} is a class here; its methods are written "{name}.{function.kind}" in quotes'
        )
    if function.kind != "loss" and not all(part.isidentifier() for part in name.split(".")):
        yield Complaint(here, 'write "LinearSVM.train" for a method of a class, or a plain function\'s name')
    if function.returns not in RETURNS:
        yield Complaint(
            (*here, "returns"), f"must be one of {', '.join(json.dumps(known) for known in RETURNS)}"
        )
    has_its_own = function.arguments and function.reference in networks()
    own_ones = loss_named(function.reference).parameters if has_its_own else ()
    yield from _meaning_of_arguments(function.arguments, function.kind, (*here, "arguments"), own_ones)
    others = [other for other, asked in settings.functions.items() if asked.kind == "loss"]
    if function.naive is not None and function.naive not in others:
        yield Complaint(
            (*here, "naive"),
            f"{function.naive!r} is not among the functions; there are "
            f"{', '.join(others)}{nearest(function.naive, others)}",
        )
    if "agreement" in function.points and function.naive is None:
        yield Complaint(here, "agreement needs naive = the function to agree with")
    if "accuracy" in function.points and function.reference not in settings.accuracy.get(data, {}):
        yield Complaint(here, f"accuracy needs a table [accuracy.{data}.{function.reference}]")


def _meaning_of_network(name: str, function: Function, losses: Collection[str]) -> Iterator[Complaint]:
    here = ("functions", name)
    if function.reference not in networks() and (
        function.reference not in losses or function.reference in own()
    ):
        yield _unknown_reference(name, function, "network", networks())
    if function.kind != "network" and "." not in name:
        yield Complaint(here, 'a network\'s train and predict are methods: write "TwoLayerNet.train"')


def _unknown_reference(name: str, function: Function, what: str, known: Collection[str]) -> Complaint:
    reference = function.reference
    said = no_such(what, reference, known, rest=f", or put {reference}.py beside the rubric")
    return Complaint(("functions", name, "reference"), said)


def _is_loss(settings: Settings, name: str) -> bool:
    return name in settings.functions and settings.functions[name].kind == "loss"


def _meaning_of_arguments(
    arguments: Sequence[str], kind: str, here: tuple[str | int, ...], others: Sequence[str] = ()
) -> Iterator[Complaint]:
    known = (*others, *QUANTITIES[kind])
    for place, argument in enumerate(arguments):
        _, what = split(argument)
        if what not in (*known, *CONSTANTS) and not _is_number(what):
            yield Complaint(
                (*here, place),
                f"{what!r} is neither a number nor something that can be passed; there are "
                f"{', '.join((*known, *CONSTANTS))}{nearest(what, known)}",
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _meaning_of_late(settings: Settings) -> Iterator[Complaint]:
    late = settings.late
    if late is None:
        return
    if late.due is not None and late.due.tzinfo is None:
        yield Complaint(
            ("late", "due"),
            "the time zone is missing; write it at the end, such as 2026-02-01T23:59:00+01:00",
        )
    for place, (before, after) in enumerate(zip(late.steps, late.steps[1:], strict=False), 1):
        if after.minutes <= before.minutes or after.factor > before.factor:
            yield Complaint(
                ("late", "steps", place),
                "the steps must be in order: each with more minutes and no larger factor than the one before",
            )
