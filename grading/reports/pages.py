"""Shared by all HTML pages: templates with escaping, and a policy under which only our own script can run."""

from __future__ import annotations

import base64
import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from grading import PROGRAM
from grading.words import say, spoken, together, translated

if TYPE_CHECKING:
    from jinja2 import Environment

    from grading.grades.grade import SuiteFacts

TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def environment() -> Environment:
    """The Jinja environment: everything is escaped, and a missing name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from grading.reports.compiled import Compiled

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=None if sys.dont_write_bytecode else Compiled(TEMPLATES / "__pycache__"),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "say": _say,
        "strong": _strong,
        "code": _code,
        "language": _language,
        "gap": _gap,
        "colon": _colon,
    }
    made.globals |= {"program": PROGRAM, "assignment": assignment}
    return made


def assignment(suite: SuiteFacts | None) -> str:
    """The rubric's names for the course and the assignment."""
    return "" if suite is None else " · ".join(filter(None, (suite.course, suite.assignment)))


def _say(template: str, **values: object) -> Markup:
    """`grading.words.say` for pages: values are escaped, except our own markup."""
    escaped = {name: escape(value) for name, value in values.items()}
    # Not the method of the markup, which takes five times as long: it looks for what need not be escaped.
    return Markup(_escaped(translated(template)).format_map(escaped))


@cache
def _escaped(text: str) -> str:
    return str(escape(text))


def _strong(text: object) -> Markup:
    return Markup("<strong>{}</strong>").format(text)


def _code(text: object) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _gap() -> str:
    """The separator of two sentences."""
    return together("|", "|")[1:-1]


def _colon() -> str:
    """The separator between a term and its explanation."""
    return say(": ")


def _language() -> str:
    """The page's language code, so that it is typeset, hyphenated and read aloud accordingly."""
    return "zh-Hans" if spoken() == "zh" else spoken()


def page(
    template: str, script: str, styles: tuple[str, ...], *, pictures: bool = False, **values: object
) -> bytes:
    """Render a whole page from a template, with its script and styles inside; ``pictures`` may be, too.

    The page requests nothing from anywhere, and its Content-Security-Policy admits one script and one style, by their
    hashes: markup that got past the escaping could neither run nor load anything.
    """
    script_text, style_text = _text(script), "".join(_text(name) for name in styles)
    policy = (
        f"default-src 'none'; script-src {_hash(script_text)}; style-src {_hash(style_text)}; "
        f"{'img-src data:; ' if pictures else ''}"
        "base-uri 'none'; form-action 'none'"
    )
    text = (
        environment()
        .get_template(template)
        .render(
            # Both are our own files, without any student content.
            script=Markup(script_text),
            style=Markup(style_text),
            policy=policy,
            **values,
        )
    )
    return text.encode()


def fragment(template: str, style: str, **values: object) -> str:
    """Render a piece of a page, with its style inside, to be embedded."""
    return environment().get_template(template).render(style=Markup(_text(style)), **values)


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
