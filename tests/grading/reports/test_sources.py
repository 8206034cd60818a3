"""Feedback where the function stands: in the student's notebook, and on a page of the student's files."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

from grading.grades.grade import Grade, Place
from grading.intake.submission import Handin
from grading.reports import write_reports
from grading.reports.sources import commented
from tests.grading.reports.grades import PIXEL, a_check, a_comparison
from tests.grading.reports.handed import FUNCTION, a_cell, a_handed_notebook, a_notebook, as_handed_in
from tests.grading.reports.test_html_report import Outline, words
from tests.grading.reports.test_injection import HOSTILE, hostile_texts


def annotated(handin: Handin, grade: Grade, out: Path) -> dict[str, Any]:
    folder = write_reports(grade, out, ["notebook"], handin)
    (path,) = (folder / "feedback").iterdir()
    notebook: dict[str, Any] = json.loads(path.read_bytes())
    return notebook


def source_page(handin: Handin, grade: Grade, out: Path) -> str:
    return (write_reports(grade, out, ["html"], handin) / "source.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("minor", [2, 5])
def test_the_feedback_stands_below_the_cell_of_the_function(tmp_path: Path, minor: int) -> None:
    handed = a_handed_notebook(tmp_path / "svm.ipynb", a_cell("code", "x = 1"), minor=minor)
    notebook = annotated(*handed, tmp_path)
    whose = [cell["metadata"].get("subgrader", {}).get("feedback", "") for cell in notebook["cells"]]
    assert whose == ["summary", "", "", "svm_loss_naive", ""]
    said = "".join(notebook["cells"][3]["source"])
    for part in (
        "Feedback from subgrader",
        "The loss is wrong.",
        "The delta is missing.",
        "✓ Passed: interface",
    ):
        assert part in said, part
    nbformat.validate(nbformat.from_dict(notebook))


def test_the_summary_names_what_was_not_found(tmp_path: Path) -> None:
    notebook = annotated(*a_handed_notebook(tmp_path / "svm.ipynb"), tmp_path)
    assert "`Softmax`: not found" in "".join(notebook["cells"][0]["source"])


def test_the_students_cells_are_as_they_were(tmp_path: Path) -> None:
    odd = a_cell("code", "1", metadata={"tags": ["x"]}, outputs=[{"output_type": "display_data", "data": {}}])
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb", odd, a_cell("markdown", ["a\n", "b"]))  # type: ignore[arg-type]
    before = json.loads(handin.path.read_bytes())
    after = annotated(handin, grade, tmp_path)
    theirs = [cell for cell in after.pop("cells") if "subgrader" not in cell["metadata"]]
    assert theirs == before.pop("cells")
    assert after == before


def test_a_second_run_does_not_stack_its_feedback_on_the_first(tmp_path: Path) -> None:
    first = annotated(*a_handed_notebook(tmp_path / "svm.ipynb"), tmp_path / "first")
    place = Place(source="again.ipynb, cell 3", lines=(1, 2))
    second = annotated(*as_handed_in(tmp_path / "again.ipynb", first, place), tmp_path / "second")
    assert second == first


def test_a_notebook_of_version_3_becomes_one_of_version_4_in_the_same_way_each_time(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "language": "python", "input": FUNCTION, "outputs": [], "collapsed": False}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
    handed = as_handed_in(tmp_path / "old.ipynb", old, Place(source="old.ipynb, cell 1", lines=(1, 2)))
    notebook = annotated(*handed, tmp_path / "a")
    assert "".join(notebook["cells"][1]["source"]) == FUNCTION
    assert annotated(*handed, tmp_path / "b") == notebook


@hostile_texts
def test_what_a_student_wrote_is_text_in_the_inserted_cells(tmp_path: Path, text: str) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    check = msgspec.structs.replace(grade.checks[0], message=text, got=text, remarks=[text])
    notebook = annotated(handin, msgspec.structs.replace(grade, checks=[check]), tmp_path)
    said = "\n".join(notebook["cells"][3]["source"])
    bare = re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1\s*$", "", said)
    assert "<" not in bare
    assert not re.search(r"(?<!\\)\]\(", bare)


def test_the_page_shows_the_code_with_line_numbers_and_the_feedback_below(tmp_path: Path) -> None:
    text = words(source_page(*a_handed_notebook(tmp_path / "svm.ipynb", a_cell("code", "x = 1")), tmp_path))
    function, feedback, after = (text.index(part) for part in ("def svm_loss_naive", "The delta is", "x = 1"))
    assert function < feedback < after


def test_what_is_wrong_in_two_checks_for_one_reason_is_named_once(tmp_path: Path) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    twice = msgspec.structs.replace(grade, checks=[*grade.checks, a_check(id="gradient")])
    once, both = (source_page(handin, each, tmp_path).count("The delta is") for each in (grade, twice))
    assert once == both > 0


def test_the_report_links_to_the_function_and_the_page_back_to_the_check(tmp_path: Path) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    page = Outline(source_page(handin, grade, tmp_path))
    report = Outline((tmp_path / "ada" / "report.html").read_text(encoding="utf-8"))
    for here, there, other in ((report, page, "source.html#"), (page, report, "report.html#")):
        links = {attributes["href"] for tag, attributes in here.tags if tag == "a" and "href" in attributes}
        targets = {
            str(link).removeprefix(other) for link in links if link is not None and link.startswith(other)
        }
        assert targets
        assert targets <= {attributes.get("id") for _, attributes in there.tags}


def test_without_the_files_the_report_has_no_link_that_leads_nowhere(tmp_path: Path) -> None:
    _, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    folder = write_reports(grade, tmp_path, ["html"])
    assert "source.html" not in (folder / "report.html").read_text(encoding="utf-8")


def test_a_hand_in_that_changed_since_is_not_shown_with_feedback_on_another(tmp_path: Path) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    assert len(commented(handin, grade)) == 1
    handin.path.write_text(json.dumps(a_notebook([a_cell("code", "other")])), encoding="utf-8")
    assert commented(handin, grade) == []
    handin.path.unlink()
    assert commented(handin, grade) == []


def test_a_file_is_shown_whole_with_the_feedback_where_its_function_ends(tmp_path: Path) -> None:
    text = f"import numpy\n\n{FUNCTION}\n\nlast = 1\n"
    handin, grade = as_handed_in(tmp_path / "svm.py", text, Place(source="svm.py", lines=(3, 4)))
    page = source_page(handin, grade, tmp_path)
    assert re.findall(r'data-line="(\d+)"', page) == ["1", "2", "3", "4", "5", "6", "7"]
    said = words(page)
    assert said.index("return") < said.index("The delta is missing") < said.index("last")
    assert not (tmp_path / "ada" / "feedback").exists()


@hostile_texts
def test_code_markdown_and_output_of_a_student_are_text_on_the_page(tmp_path: Path, text: str) -> None:
    tags = [Outline(source_page(*_with_everywhere(tmp_path / name, said), tmp_path)).tags
            for name, said in (("a.ipynb", text), ("b.ipynb", "plain"))]  # fmt: skip
    found = [[tag for tag, _ in each if tag not in ("span", "pre")] for each in tags]
    assert found[0] == found[1]
    names = {name for _, attributes in tags[0] for name in attributes}
    assert not {name for name in names if name.startswith("on")} | ({"style", "srcset"} & names)


def _with_everywhere(path: Path, text: str) -> tuple[Handin, Grade]:
    path.parent.mkdir(exist_ok=True)
    rich = {
        "text/html": text,
        "image/svg+xml": text,
        "application/javascript": text,
        "text/latex": text,
        "text/markdown": text,
        "image/png": text,
        "text/plain": "plain",
    }
    outputs: list[dict[str, object]] = [
        {"output_type": "display_data", "data": rich, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": f"x{text}"},
        {"output_type": "error", "ename": text, "evalue": text, "traceback": [f"x{text}"]},
    ]
    return a_handed_notebook(
        path, a_cell("markdown", text), a_cell("raw", text), a_cell("code", text, outputs=outputs)
    )


def test_a_small_picture_is_shown_and_what_only_says_it_is_one_is_not(tmp_path: Path) -> None:
    def drawn(data: str) -> dict[str, object]:
        return {
            "output_type": "display_data",
            "data": {"image/png": data, "text/plain": "a figure"},
            "metadata": {},
        }

    liar = base64.b64encode(b"<svg onload=alert(1)>").decode()
    outputs = [drawn(PIXEL), drawn(liar), drawn('x"><script>'), drawn(PIXEL + "A" * 300_000)]
    pasted = a_cell("markdown", f"![a](data:image/png;base64,{'A' * 1000}) seen")
    page = source_page(
        *a_handed_notebook(tmp_path / "svm.ipynb", a_cell("code", "1", outputs=outputs), pasted), tmp_path
    )
    assert re.search(r"!\[a\]\(attachment:pasted-\w+\) seen", page)
    assert [a["src"] for tag, a in Outline(page).tags if tag == "img"] == [f"data:image/png;base64,{PIXEL}"]
    assert page.count("a figure") == 3


def test_colours_of_a_terminal_and_the_end_of_a_long_output_are_left_out(tmp_path: Path) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m" + "x" * 10_000}]
    page = source_page(
        *a_handed_notebook(tmp_path / "svm.ipynb", a_cell("code", "1", outputs=outputs)), tmp_path
    )
    assert '<pre class="output" tabindex="0">redxxx' in page
    assert page.count("x" * 5000) == 0


@pytest.mark.parametrize(
    "broken", [None, 1, "x", {}, {"cell_type": "code", "source": 3, "outputs": 5, "metadata": 7}]
)
def test_cells_that_are_none_do_not_stop_the_report(tmp_path: Path, broken: Any) -> None:
    cells = [a_cell("code", FUNCTION), broken]
    place = Place(source="svm.ipynb, cell 1", lines=(1, 2))
    handed = as_handed_in(tmp_path / "svm.ipynb", a_notebook([]) | {"cells": cells}, place)
    folder = write_reports(handed[1], tmp_path, ["html", "notebook"], handed[0])
    assert (folder / "source.html").exists()
    assert (folder / "feedback" / "svm.ipynb").exists()


def test_the_page_is_html_without_a_fault(tmp_path: Path) -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is a development dependency: make test")
    page = source_page(*_with_everywhere(tmp_path / "svm.ipynb", HOSTILE["closing"]), tmp_path)
    html5lib.HTMLParser(strict=True).parse(page)


def test_a_hidden_check_is_in_neither_page_nor_notebook_before_the_release(tmp_path: Path) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb")
    secret = a_check(id="kinks", hidden=True, message="a secret", gradient=a_comparison())
    grade = msgspec.structs.replace(grade, checks=[*grade.checks, secret])
    for release in (False, True):
        folder = write_reports(grade, tmp_path, ["html", "notebook"], handin, release=release)
        for path in ("source.html", "report.html", "feedback/svm.ipynb"):
            text = (folder / path).read_text(encoding="utf-8")
            assert ("a secret" in text, "kinks" in text) == (release, release), path


def test_a_notebooks_page_shows_its_cells_with_the_feedback_below_the_function(tmp_path: Path) -> None:
    handin, grade = a_handed_notebook(tmp_path / "svm.ipynb", a_cell("markdown", "# Mine\n$x^2$"))
    (page,) = (write_reports(grade, tmp_path, ["notebook-html"], handin) / "feedback").iterdir()
    text = page.read_text(encoding="utf-8")
    assert page.name == "svm.html"
    for part in ("<h1>Mine</h1>", "<msup>", "The loss is wrong.", "The delta is missing."):
        assert part in text, part
    assert text.index("def</span>") < text.index("The loss is wrong.")
    assert 'href="' not in text
