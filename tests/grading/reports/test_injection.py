"""What a student calls a file, writes or prints is text in every form, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import msgspec
import pytest
from rich.console import Console

from grading.commands.terminal import Terminal
from grading.grades.grade import Counterexample, Diagnosis, Grade, ManualItem, Place
from grading.reports import CLASS_WRITERS, WRITERS
from grading.reports.gradebook import inert
from grading.reports.text import visible
from tests.grading.reports.grades import FUNCTIONS, a_check, a_grade

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x="',
    "apostrophe": "' onfocus='alert(1)' autofocus='",
    "image": "<img src=x onerror=alert(1)>",
    "closing": "</title></style></script></textarea><svg onload=alert(1)>",
    "template": "{{ 7*7 }}{% for x in y %}${7*7}",
    "escape": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "direction": "\u202eevil\u2066x",
    "lines": "a\r\n::error::b\n# heading\n| cell | cell |",
    "markdown": "[x](javascript:alert(1)) ![y](http://x.example/z) `code` ~~no~~",
    "formula": "=cmd|'/c calc'!A1",
    "semicolon": "a;=1+1",
    "plus": "+1",
    "tab": "\t=1",
    "wide": "＝1+1",
    "rich": "[red]x[/red] [link=http://x.example]y[/link]",
    "surrogate": "\ud800",
    "property": "a,line=1::b",
    "cdata": "]]> <!-- &lol; \x00",
}
hostile_texts = pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))


def a_hostile_grade(text: str, **changes: object) -> Grade:
    """The text in every place that a student can write into."""
    check = a_check(
        message=text,
        remarks=[text],
        expected="loss = 1.0",
        got=text,
        counterexample=Counterexample(code=text),
        diagnosis=Diagnosis(id="x", title=text, hint=text),
    )
    grade = a_grade(
        checks=[check],
        functions={"svm_loss_naive": Place(source=text, lines=(1, 2))},
        manual=[ManualItem(question=text, answer=text, max_points=1.0, points=0.5, comment=text)],
        warnings=[text],
        **changes,  # type: ignore[arg-type]
    )
    facts = msgspec.structs.replace(grade.submission, name=text, path=text)
    return msgspec.structs.replace(grade, submission=facts)


def everything(text: str) -> list[tuple[str, str]]:
    """Every form of a hostile grade."""
    grade = a_hostile_grade(text)
    other = a_hostile_grade(text, reason=text)
    forms = [(w.file_name, w.render(grade)) for w in WRITERS.values()]
    forms += [
        (w.file_name, w.render([grade, other], FUNCTIONS))
        for writers in CLASS_WRITERS.values()
        for w in writers
    ]
    return [(name, content.decode()) for name, content in forms]


class Tags(HTMLParser):
    """The tags and attribute names of a page, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


@hostile_texts
def test_no_form_holds_an_unseen_character(text: str) -> None:
    for name, content in everything(text):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", content), name


@hostile_texts
def test_pages_have_the_same_tags_whatever_the_text(text: str) -> None:
    for name, content in everything(text):
        if name.endswith(".html"):
            (plain,) = [page for other, page in everything("plain") if other == name]
            assert Tags(content).found == Tags(plain).found, name


@hostile_texts
def test_markdown_has_the_same_lines_and_no_markup_of_the_students(text: str) -> None:
    plain = dict(everything("plain"))
    for name, content in everything(text):
        if name.endswith(".md"):
            bare = re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", content)
            assert "<" not in bare, name
            assert not re.search(r"(?<!\\)\]\(", bare), name
            assert not re.search(r"(?m)^\s*::", bare), name
            headings = re.findall(r"(?m)^#+ ", bare)
            assert headings == re.findall(r"(?m)^#+ ", re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", plain[name]))


@hostile_texts
def test_a_workflow_command_ends_where_its_line_does(text: str) -> None:
    plain = dict(everything("plain"))["github-annotations.txt"]
    found = dict(everything(text))["github-annotations.txt"]
    assert found.count("\n") == plain.count("\n")
    assert all(re.fullmatch(r"::error [^\n]*?[^:]::[^\n]*", line) for line in found.splitlines())
    for line in found.splitlines():
        properties = line.removeprefix("::error ").partition("::")[0]
        assert [part.partition("=")[0] for part in properties.split(",")] in (
            ["file", "title"],
            ["file", "line", "endLine", "title"],
        )


@hostile_texts
def test_no_cell_is_a_formula(text: str) -> None:
    for name, content in everything(text):
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content)):
                assert not [cell for cell in row if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", cell)], name


@hostile_texts
def test_every_cell_is_quoted_so_that_no_other_separator_splits_it(text: str) -> None:
    for name, content in everything(text):
        if name.endswith(".csv"):
            assert not re.sub(r'"(?:[^"]|"")*"', "", content).strip(",\n"), name


@hostile_texts
def test_xml_holds_the_text_and_no_element_of_the_students(text: str) -> None:
    root = ET.fromstring(dict(everything(text))["junit.xml"])
    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert visible(text).split()[-1] in (failure.text or "")


@hostile_texts
def test_json_says_the_text_with_what_is_unseen_written_out(text: str) -> None:
    forms = dict(everything(text))
    assert json.loads(forms["report.json"])["checks"][0]["got"] == visible(text)
    assert json.loads(forms["gradebook.json"])["submissions"][1]["reason"] == visible(text)


@hostile_texts
def test_gradescope_shows_all_texts_as_plain_text(text: str) -> None:
    results = json.loads(dict(everything(text))["results.json"])
    formats = {results["output_format"], results["test_output_format"], results["test_name_format"]}
    assert formats == {"text"}
    assert visible(text) in results["output"]


@hostile_texts
@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_terminal_shows_the_text_on_one_line_and_obeys_none_of_it(
    text: str, is_terminal: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(1)
    if is_terminal:
        terminal.console = Console(highlight=False, width=1000, force_terminal=True, color_system=None)
    terminal.graded(a_hostile_grade(text, reason=text))
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    assert "".join(visible(text).split()) in "".join(shown.split())


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@sum", "\tx", " =1", "\n=1", "＝1"])
def test_what_could_begin_a_formula_is_preceded_by_an_apostrophe(name: str) -> None:
    assert inert(name) == "'" + name


@pytest.mark.parametrize("name", ["ada", "a=b", "1-2", ""])
def test_what_begins_no_formula_stays_as_it_is(name: str) -> None:
    assert inert(name) == name
