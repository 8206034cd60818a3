"""A notebook's cells as Jupyter shows them, and nothing in them that could do anything."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
from PIL import Image

from grading.intake.ipynb import DamagedNotebookError
from grading.intake.rendered_cells import rendered_cells


def picture(width: int, height: int) -> str:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def cell(kind: str, source: str, **more: object) -> dict[str, object]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def output(**data: object) -> dict[str, object]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def rendered(*cells: dict[str, object]) -> list[str]:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return [html for _, html in rendered_cells(json.dumps(notebook).encode())]


def test_markdown_mathematics_tables_and_outputs_are_shown_as_jupyter_shows_them() -> None:
    text, code = rendered(
        cell("markdown", "# Loss\n$x_i^2$ and\n$$\\frac{1}{N}$$\n\n| a |\n|---|\n| 1 |\n"),
        cell(
            "code",
            "import numpy",
            execution_count=3,
            outputs=[
                {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m", "\n"]},
                output(text_html="<table><tr><td colspan=2>0.37</td></tr></table>", text_plain="not this"),
                output(image_png=picture(4, 3), text_plain="nor that"),
                output(text_latex="$$\\sqrt{2}$$"),
                {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[0;31mE\x1b[0m: no"]},
            ],
        ),
    )
    assert "<h1>Loss</h1>" in text
    assert "<msubsup>" in text
    assert '<math display="block"><mrow><mfrac>' in text
    assert "<td>1</td>" in text
    assert '<span class="kn">import</span>' in code
    assert '<span class="ansi-red-fg">red</span>' in code
    assert '<td colspan="2">0.37</td>' in code
    assert 'src="data:image/png;base64,' in code
    assert "<msqrt>" in code
    assert "not this" not in code
    assert "nor that" not in code


def test_tasks_columns_and_pasted_pictures_are_kept() -> None:
    picture_of_colab = f"![p](data:image/png;base64,{picture(4, 3)}) ![q](data:image/png;base64,AAAA)"
    (text,) = rendered(
        cell(
            "markdown",
            f"- [ ] a\n- [x] b\n\n| c |\n|:-:|\n| d |\n\n{picture_of_colab}\n\n$$\\begin{{align}}e&=f\\end{{align}}$$",
        )
    )
    assert ">☐ a</li>" in text
    assert ">☑ b</li>" in text
    assert '<td align="center">d</td>' in text
    assert text.count('src="data:image/png;base64,') == 1
    assert '<mtd columnalign="right"><mi>e</mi></mtd>' in text


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("a\r\n 0%|  |\r 50%|# |\r100%|##|\r\nb", "a\n100%|##|\nb"),
        ("1/2\b\b\b\r2/2 \x07[==]", "2/2 [==]"),
        ("\x1b]8;;http://e.example\x07here\x1b]8;;\x07", "here"),
    ],
    ids=["tqdm", "Keras", "link"],
)
def test_of_progress_bars_the_last_state_is_shown(printed: str, seen: str) -> None:
    stream = {"output_type": "stream", "name": "stderr", "text": printed}
    (code,) = rendered(cell("code", "", execution_count=None, outputs=[stream]))
    assert "output_stderr" in code
    assert f"<pre>{seen}" in code


HOSTILE = [
    "<script>alert(1)</script><style>body{display:none}</style>",
    "<img src=x onerror=alert(1)><svg onload=alert(1)><iframe src=//e.example></iframe>",
    "[a](javascript:alert(1)) <a href='https://e.example' target=_top>b</a> ![c](https://e.example/c.png)",
    "<form action=//e.example><input name=q></form><meta http-equiv=refresh content=0><base href=//e.example>",
    "</div></section></main><b style='position:fixed' id=x>over all</b>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "$\\href{javascript:alert(1)}{x}$ $\\text{<img src=x onerror=alert(1)>}$ ![d](attachment:no.png)",
    f"<img src='data:image/png;base64,{picture(8, 8)}'><img src='data:image/svg+xml,<svg/onload=alert(1)>'>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_cell_runs_loads_or_leads_anywhere(text: str) -> None:
    for html in rendered(
        cell("markdown", text),
        cell("raw", text),
        cell("code", "", execution_count=None, outputs=[output(text_html=text), output(text_markdown=text)]),
    ):
        markup = re.sub(r">[^<]*", ">", html)  # what is text may say anything
        assert not re.search(r"(?i)<(script|style|iframe|svg|form|input|meta|base|main|section)\b", markup)
        assert not re.search(r"(?i)\s(on\w+|href|style|id|target|action)\s*=", markup)
        assert "src=" not in markup


def test_pictures_that_grow_formulas_without_end_and_much_text_stay_small() -> None:
    html = rendered(
        cell(
            "code",
            "",
            execution_count=None,
            outputs=[output(image_png=picture(20_000, 20_000), text_plain="large")],
        ),
        cell("markdown", "$" + "\\frac{1}{" * 500 + "1" + "}" * 500 + "$"),
        *[cell("raw", "x" * 1_000_000)] * 6,
        cell("markdown", "no room is left"),
    )
    assert "<img" not in html[0]
    assert "large" in html[0]
    assert "<code>" in html[1]
    assert sum(map(len, html[2:])) < 600_000
    assert "no room" not in html[-1]


def test_no_table_is_wider_or_higher_than_a_browser_lays_out_at_once() -> None:
    table = "<table><tr>" + "<td colspan=1000 rowspan=65534>x" * 50 + "</table>"
    html = "".join(rendered(*[cell("markdown", table)] * 50))
    spans = [int(number) for number in re.findall(r'(?:col|row)span="(\d+)"', html)]
    assert sum(spans) <= 5_000
    assert spans


def test_no_cell_is_framed_as_our_feedback_is() -> None:
    (html,) = rendered(
        cell("markdown", '<div class="feedback good ansi-red-fg"><p class="label">100 of 100</p></div>')
    )
    assert "feedback" not in html
    assert "label" not in html
    assert 'class="ansi-red-fg"' in html


def test_feedback_that_an_earlier_run_inserted_is_left_out() -> None:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell("markdown", "100 of 100")]}
    notebook["cells"][0]["metadata"] = {"subgrader": {"feedback": "summary"}}  # type: ignore[index]
    assert rendered_cells(json.dumps(notebook).encode()) == [("subgrader", "")]


def test_what_is_no_notebook_says_so() -> None:
    with pytest.raises(DamagedNotebookError):
        rendered_cells(b"[1, 2")
