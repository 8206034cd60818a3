"""Renders a notebook's cells as harmless HTML: Markdown, mathematics and outputs as Jupyter shows them.

nbconvert renders a cell, latex2mathml its formulas (browsers draw MathML themselves, so no script is needed), and nh3
removes everything that could run, load, or link anywhere. Pictures are decoded and re-encoded. Each cell is rendered
separately, so that none reaches beyond its own place.

Converters may take forever with untrusted text, so this runs where processor time and memory are limited
(`grading.intake.reader`).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec

from grading.intake.combining_characters import unstacked
from grading.intake.ipynb import OURS, DamagedNotebookError, as_it_is, dictionaries, is_ours, joined
from grading.intake.pasted import set_apart
from grading.intake.png import NoPictureError, checked

_PICTURE = "image/png"
# In order of preference: the first that is present is shown.
_SHOWN = ("text/html", "text/markdown", "text/latex", _PICTURE, "text/plain")
_MOST_PICTURE_BYTES = 8_000_000  # of a notebook
_MOST_PICTURES = 4  # with an answer
_MOST_TEXT = 500_000  # characters of a notebook; the course's have some 30,000
_LONGEST = 100_000  # of a cell, and of an output
_LONGEST_FORMULA = 2_000
_MOST_SPANNED = 5_000  # extra columns and rows that the cells of tables may span, in a notebook
# Those of nbconvert, Pygments and terminals' colours. Nobody gets to frame a cell like our feedback.
_CLASS = re.compile(r"(?:ansi|hl|input|output)[\w-]*|prompt|highlight|[a-z][a-z0-9]{0,2}")
_LINK = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")  # of a terminal
_NOTHING_TO_SEE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
_MATHML = {
    "math": {"display"},
    "mo": {"stretchy", "fence", "separator", "form", "movablelimits"},
    "mspace": {"width", "linebreak"},
    "mtable": {"columnalign", "rowspacing", "columnspacing", "displaystyle"},
    "mtd": {"columnalign"},
    "mi": {"mathvariant"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    **{
        name: set[str]()
        for name in (
            *("mrow", "mn", "mtext", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "munderover"),
            *("mtr", "mpadded", "mphantom", "menclose", "mmultiscripts"),
        )
    },
}
_HTML = {
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "ol": {"start"},
    "img": {"src", "alt"},
    "pre": {"class"},
    "span": {"class"},
    "div": {"class"},
    **{
        name: set[str]()
        for name in (
            *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dl", "dt"),
            *("em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "mark", "p", "q", "s"),
            *("samp", "small", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot", "thead", "tr", "tt"),
            *("u", "ul", "var"),
        )
    },
}  # fmt: skip


def rendered_cells(notebook: bytes) -> list[tuple[str, str]]:
    """The kind ("code", "markdown", "raw") and the HTML of each cell of ``notebook``, untrusted bytes.

    Feedback inserted by an earlier run has the kind `OURS` and is left empty. Anything beyond the limits is replaced
    by "...".

    Raises:
        DamagedNotebookError: it cannot be read.
    """
    cells = as_it_is(notebook).get("cells")
    room = _Room()
    done = []
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            cell = {}
        if is_ours(cell):
            done.append((OURS, ""))
            continue
        kind = cell.get("cell_type")
        kind = kind if kind in ("code", "markdown") else "raw"
        done.append((str(kind), _rendered({**cell, "cell_type": kind}, room)))
    return done


class RenderedAnswer(msgspec.Struct, frozen=True):
    """A question and its answer as harmless HTML, with the pictures (PNG in base64) of the cells above the question."""

    question: str
    answer: str
    pictures: tuple[str, ...]


def rendered_answers(
    files: Sequence[tuple[str, bytes]], asked: Sequence[tuple[str, str | None]], shown: Sequence[int]
) -> list[RenderedAnswer]:
    """Render the questions and answers of ``asked``, a student's Markdown, that are to be ``shown``, like Jupyter.

    If there is no answer (None), all code of the hand-in is shown. Pictures and attachments of answers come from the
    notebooks among the ``files``, names and untrusted bytes, which contain all questions in this order.
    """
    room = _Room()
    notebooks = [data for name, data in files if name.lower().endswith(".ipynb")]
    cells = [cell for notebook in notebooks for cell in _cells_of(notebook)]
    places = _places([" ".join(question.split()) for question, _ in asked], cells)
    done = []
    for number in shown:
        place = places[number]
        pictures: list[str] = []
        attached: dict[str, Any] = {}
        if place is not None:
            before = max((p for p in places if p is not None and p < place), default=-1)
            after = min((p for p in places if p is not None and p > place), default=len(cells))
            pictures = _pictures_in(cells[before + 1 : place], room)
            for cell in cells[place:after]:
                theirs = cell.get("attachments")
                attached |= theirs if isinstance(theirs, dict) else {}
                attached |= set_apart(joined(cell.get("source")))[1]
        question, answer = (
            _code(files, room)
            if text is None
            else _rendered({"cell_type": "markdown", "source": text, "attachments": attached}, room)
            for text in asked[number]
        )
        done.append(RenderedAnswer(question, answer, tuple(pictures)))
    return done


def _code(files: Sequence[tuple[str, bytes]], room: _Room) -> str:
    """The code in a hand-in, by files and cells. File names, which often contain the student's name, are omitted."""
    pieces = []
    for name, data in files:
        texts: list[object] = []
        if name.lower().endswith(".ipynb"):
            texts = [cell.get("source") for cell in _cells_of(data) if cell.get("cell_type") == "code"]
        elif name.lower().endswith(".py"):
            texts = [data.decode("utf-8", "replace")]
        shown = [
            unstacked(f"<pre>{html.escape(text)}</pre>")
            for each in texts
            if (text := room.shown(each)).strip()
        ]
        pieces += ["".join(shown)] if shown else []
    return "<hr>".join(pieces)


def _cells_of(notebook: bytes) -> list[dict[str, Any]]:
    try:
        return dictionaries(as_it_is(notebook).get("cells"))
    except DamagedNotebookError:
        return []


def _places(questions: Sequence[str], cells: Sequence[dict[str, Any]]) -> list[int | None]:
    """The number of the cell that contains each question, from the top; None if it is not found."""
    texts = [
        " ".join(_Room().shown(set_apart(joined(cell.get("source")))[0]).split())
        if cell.get("cell_type") == "markdown"
        else ""
        for cell in cells
    ]
    places: list[int | None] = []
    start = 0
    for question in questions:
        found = next((n for n in range(start, len(texts)) if question and question in texts[n]), None)
        places.append(found)
        start = start if found is None else found
    return places


def _pictures_in(cells: Sequence[dict[str, Any]], room: _Room) -> list[str]:
    """The last pictures in the outputs of some cells."""
    encoded = []
    for cell in cells:
        for output in dictionaries(cell.get("outputs")):
            data = output.get("data")
            if isinstance(data, dict) and data.get(_PICTURE):
                encoded.append(data[_PICTURE])
    pictures = [room.picture(each) for each in encoded[-_MOST_PICTURES:]]
    return [each for each in pictures if each is not None]


class _Room:
    """Keeps account of how much of a notebook can still be shown."""

    def __init__(self) -> None:
        self.text = _MOST_TEXT
        self.pictures = _MOST_PICTURE_BYTES
        self.spans = _MOST_SPANNED

    def shown(self, value: object) -> str:
        """As much of a string of a notebook as there is room for."""
        text = joined(value)
        most = min(_LONGEST, self.text)
        self.text -= min(len(text), most)
        return text if len(text) <= most else text[:most] + " ..."

    def span(self, value: str) -> str | None:
        """The number of columns or rows that a table's cell spans; None if not a number, or more than are left."""
        count = int(value) if value.isascii() and value.isdigit() and len(value) < 5 else self.spans + 1
        if count > self.spans:
            return None
        self.spans -= count
        return value

    def picture(self, encoded: object) -> str | None:
        """A PNG in base64, re-encoded; None if it cannot be shown."""
        text = "".join(joined(encoded).split())
        if not text or len(text) > self.pictures:
            return None
        self.pictures -= len(text)
        with contextlib.suppress(NoPictureError, binascii.Error, ValueError):
            return base64.b64encode(checked(base64.b64decode(text, validate=True)).png).decode()
        return None


def _as_a_terminal_leaves_it(text: str) -> str:
    """Printed lines as they finally look, after progress bars have overwritten each other."""
    lines = (line.rstrip("\r") for line in _LINK.sub("", text).split("\n"))
    return "\n".join(_NOTHING_TO_SEE.sub("", line[line.rfind("\r") + 1 :]) for line in lines)


def _rendered(cell: dict[str, Any], room: _Room) -> str:
    from nbformat import v4

    source = joined(cell.get("source"))
    source, pasted = set_apart(source) if cell["cell_type"] == "markdown" else (source, {})
    source = room.shown(source)
    pictures: set[str] = set()
    if cell["cell_type"] == "raw":
        return unstacked(f"<pre>{html.escape(source)}</pre>")
    if cell["cell_type"] == "markdown":
        attached = _attached(cell.get("attachments"), room) | _attached(pasted, room)
        pictures |= {picture for bundle in attached.values() for picture in bundle.values()}
        made = v4.new_markdown_cell(source, attachments=attached)
    else:
        outputs = [output for each in dictionaries(cell.get("outputs")) if (output := _output(each, room))]
        pictures |= {data[_PICTURE] for output in outputs if _PICTURE in (data := output.get("data", {}))}
        count = cell.get("execution_count")
        made = v4.new_code_cell(
            source, outputs=outputs, execution_count=count if isinstance(count, int) else None
        )
    convert, clean = _converters()
    shown = {f"data:{_PICTURE};base64,{each}" for each in pictures}
    return unstacked(clean(convert(v4.new_notebook(cells=[made])), shown, room))


def _attached(attachments: object, room: _Room) -> dict[str, dict[str, str]]:
    attached = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        picture = room.picture(bundle.get(_PICTURE)) if isinstance(bundle, dict) else None
        if picture is not None:
            attached[str(name)] = {_PICTURE: picture}
    return attached


def _output(output: dict[str, Any], room: _Room) -> Any:
    """An output in nbformat's form, with only the representation that is shown."""
    from nbformat import v4

    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return v4.new_output(
            "stream", name=name, text=room.shown(_as_a_terminal_leaves_it(joined(output.get("text"))))
        )
    if kind == "error":
        lines = output.get("traceback")
        text = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
        return v4.new_output("error", ename="", evalue="", traceback=[room.shown(text)])
    data = output.get("data")
    for mime in _SHOWN:
        if not isinstance(data, dict) or mime not in data:
            continue
        content = room.picture(data[mime]) if mime == _PICTURE else room.shown(data[mime])
        if content:
            # Mathematics is rendered with Markdown.
            mime = "text/markdown" if mime == "text/latex" else mime
            return v4.new_output("display_data", {mime: content})
    return None


@cache
def _converters() -> tuple[Callable[[Any], str], Callable[[str, set[str], _Room], str]]:
    """The functions that render a notebook as HTML and make it harmless; they take a second to load."""
    import nh3
    from jinja2 import pass_context
    from nbconvert.exporters import HTMLExporter

    # The default searches for templates in the folder that the grader was started in.
    exporter = HTMLExporter(template_name="basic", extra_template_basedirs=[])
    exporter.register_filter("markdown2html", pass_context(_markdown()))

    def convert(notebook: Any) -> str:
        return str(exporter.from_notebook_node(notebook)[0])

    def clean(markup: str, pictures: set[str], room: _Room) -> str:
        def kept(tag: str, attribute: str, value: str) -> str | None:
            if attribute in ("colspan", "rowspan"):
                return room.span(value)
            if attribute == "class":
                return " ".join(name for name in value.split() if _CLASS.fullmatch(name))
            if attribute == "alt" and value.startswith("No description"):
                return ""  # nbconvert says so, but only in English
            return value if attribute != "src" or value in pictures else None

        return nh3.clean(
            markup,
            tags={*_HTML, *_MATHML},
            attributes=_HTML | _MATHML,
            attribute_filter=kept,
            url_schemes={"data"},
            link_rel=None,
        )

    return convert, clean


def _markdown() -> Callable[[Any, str], str]:
    """The function that renders a text cell as HTML, including mathematics."""
    from latex2mathml.converter import convert as to_mathml
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return self._mathematics(body, "inline")

        def block_math(self, body: str) -> str:
            return self._mathematics(body, "block")

        def latex_environment(self, name: str, body: str) -> str:
            return self._mathematics(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

        def image(self, text: str, url: str, title: str | None = None) -> str:
            known = url.removeprefix("attachment:") in self.attachments
            return str(super().image(text, url, title)) if known else self.escape_html(text)

        def _mathematics(self, body: str, display: str) -> str:
            if len(body) <= _LONGEST_FORMULA:
                # It knows most of LaTeX, and raises many kinds of errors for the rest.
                with contextlib.suppress(Exception):
                    return to_mathml(body, display=display)
            return f"<code>{self.escape_html(body)}</code>"

    def markdown(context: Any, source: str) -> str:
        attached = context.get("cell", {}).get("attachments", {})
        made = Renderer(escape=False, attachments=attached, exclude_anchor_links=True)
        markup = str(MarkdownWithMath(renderer=made).render(source))
        # Keeps which tasks of a list are done, and how columns are aligned, without form elements and styles.
        box = '<input class="task-list-item-checkbox" type="checkbox" disabled'
        markup = markup.replace(f"{box}/>", "☐ ").replace(f"{box} checked/>", "☑ ")
        return re.sub(r' style="text-align:(left|center|right)"', r' align="\1"', markup)

    return markdown
