"""Generates the JSON schema of rubric files, for editors that complete and check TOML."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from grading.rubric.checks import all_checks
from grading.rubric.settings import Settings


def rubric_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12), made from the types, with the words of their docstrings."""
    (reference,), components = msgspec.json.schema_components([Settings])
    for type_ in _structs(Settings):
        described = components.get(type_.__name__)
        if described is not None:
            described.update(_documented(type_, described))
    function = components["Function"]["properties"]
    checks = sorted(all_checks())
    function["points"]["propertyNames"] = {"enum": checks}
    function["hidden"]["items"] = {"enum": checks}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "subgrader rubric",
        **reference,
        "$defs": components,
    }


def _structs(root: type) -> list[type]:
    """The data classes in the module of ``root``."""
    module = inspect.getmodule(root)
    return [
        value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, msgspec.Struct)
    ]


def _documented(type_: type, described: dict[str, Any]) -> dict[str, Any]:
    """Describe a type by its docstring's first paragraph, and its properties by the entries under Attributes."""
    text = inspect.getdoc(type_) or ""
    head, _, attributes = text.partition("Attributes:\n")
    properties = {name: dict(entry) for name, entry in described["properties"].items()}
    for names, words in re.findall(r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE):
        for name in names.split(", "):
            if name in properties:
                properties[name]["description"] = " ".join(words.replace("``", "").split())
    return {**described, "description": " ".join(head.split()), "properties": properties}
