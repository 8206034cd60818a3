"""What all HTML pages share: templates with escaping, and a policy under which only our own script can run."""

from __future__ import annotations

import base64
import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grading import PROGRAM
from grading.words import say, spoken, together, translated

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from grading.grades.grade import SuiteFacts

TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def environment() -> Environment:
    """The Jinja environment: everything is escaped, and a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from grading.reports.compiled import Compiled

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=None if sys.dont_write_bytecode else Compiled(TEMPLATES / "__pycache__"),
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
    """The course and the assignment, as the rubric calls them."""
    return "" if suite is None else " · ".join(filter(None, (suite.course, suite.assignment)))


def _say(template: str, **values: object) -> Markup:
    """`grading.words.say` for pages: values are escaped, but for those that are markup of ours."""
    from markupsafe import escape

    return escape(translated(template)).format_map(values)


def _strong(text: object) -> Markup:
    from markupsafe import Markup

    return Markup("<strong>{}</strong>").format(text)


def _code(text: object) -> Markup:
    from markupsafe import Markup

    return Markup("<code>{}</code>").format(text)


def _gap() -> str:
    """What stands between two sentences."""
    return together("|", "|")[1:-1]


def _colon() -> str:
    """What stands between a thing and what is said of it."""
    return say(": ")


def _language() -> str:
    """What a page says of its language, so that it is set, hyphenated and read aloud as that."""
    return "zh-Hans" if spoken() == "zh" else spoken()


def page(
    template: str, script: str, styles: tuple[str, ...], *, pictures: bool = False, **values: object
) -> bytes:
    """A whole page from a template, with its script and styles inside it; ``pictures`` may be, too.

    The page asks for nothing from anywhere, and its Content-Security-Policy admits one script and one style, by their
    hashes: markup that got past the escaping could neither run nor load anything.
    """
    from markupsafe import Markup

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
            # Both are files of ours, without anything of a student's.
            script=Markup(script_text),
            style=Markup(style_text),
            policy=policy,
            **values,
        )
    )
    return text.encode()


def fragment(template: str, style: str, **values: object) -> str:
    """A piece of a page, with its style inside it, to be put among other things."""
    from markupsafe import Markup

    return environment().get_template(template).render(style=Markup(_text(style)), **values)


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
