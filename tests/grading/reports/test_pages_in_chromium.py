"""The pages as a person has them: in a real browser, light, dark and narrow, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.reports import WRITERS, write_class, write_reports
from tests.grading.reports.chromium import Browser, Page, axe, chromium
from tests.grading.reports.grades import (
    FUNCTIONS,
    a_check,
    a_class,
    a_comparison,
    a_grade,
    a_passed_check,
    an_execution,
    trainings,
)
from tests.grading.reports.handed import a_cell, a_handed_notebook
from tests.grading.reports.test_injection import HOSTILE, a_hostile_grade

PROGRAM = chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        PROGRAM is None, reason="no Chromium is installed; on Debian: apt-get install chromium"
    ),
]
LOOKS = pytest.mark.parametrize(("width", "dark"), [(1200, False), (1200, True), (390, False)])
PAGES = pytest.mark.parametrize(
    "page", ["student/report.html", "passed/report.html", "index.html", "ada/report.html", "ada/source.html"]
)
BIG = 1000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    wide = a_check(id="gradient", expected=f"dW = {[[0.0] * 30]}", got=f"dW = {[[1.0] * 30]}")
    skipped = a_passed_check(id="kinks", status="skipped", points=0.0, message="The value is wrong.")
    kink = a_check(id="kinks", gradient=a_comparison())
    checks = [a_check(), wide, a_passed_check(), skipped, kink]
    pictured = [trainings([4.0, 2.0, None, 1.0]), trainings([3.0, 1e300], (32, 32, 3))]
    write_reports(
        a_grade("student", checks=checks, trainings=pictured, execution=an_execution()), folder, ["html"]
    )
    write_reports(a_grade("passed", checks=[a_passed_check()], manual=[]), folder, ["html"])
    outputs = [{"output_type": "stream", "name": "stdout", "text": "<script>alert(1)</script>" + "x" * 500}]
    handin, grade = a_handed_notebook(folder / "ada.ipynb", a_cell("code", "1" * 500, outputs=outputs))
    write_reports(grade, folder, ["html"], handin)
    write_class(a_class(9), FUNCTIONS, folder, ["html"])
    (folder / "big").mkdir()
    write_class(a_class(BIG), FUNCTIONS, folder / "big", ["html"])
    return folder


@PAGES
@LOOKS
def test_a_page_complains_of_nothing_and_asks_for_nothing(
    browser: Browser, out: Path, page: str, width: int, dark: bool
) -> None:
    opened = browser.page(out / page, width, dark)
    assert opened.complaints == []
    assert opened.requests == [(out / page).as_uri()]


@PAGES
@LOOKS
def test_axe_finds_no_serious_violation(
    browser: Browser, out: Path, page: str, width: int, dark: bool
) -> None:
    script = axe()
    if script is None:
        pytest.skip("axe-core-python is a development dependency: make test")
    assert browser.page(out / page, width, dark).violations(script) == []


@PAGES
def test_a_page_fits_the_width_of_a_phone(browser: Browser, out: Path, page: str) -> None:
    opened = browser.page(out / page, 390)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.evaluate("innerWidth") == 390


def test_dark_is_dark_and_light_is_light(browser: Browser, out: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    assert browser.page(out / "index.html", dark=False).evaluate(background) == "rgb(255, 255, 255)"
    assert browser.page(out / "index.html", dark=True).evaluate(background) == "rgb(20, 23, 28)"


def test_the_copy_button_copies_or_selects_the_python(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "student/report.html")
    opened.evaluate("document.querySelector('pre[data-copy] + button').focus()")
    opened.press("Enter")
    said = opened.evaluate(
        "new Promise((done) => setTimeout(() => "
        "done(document.querySelector('pre[data-copy] + button').textContent), 300))"
    )
    assert said in ("Copied", "Selected: press Ctrl+C")
    if said != "Copied":
        assert "W = np.array" in opened.evaluate("getSelection().toString()")


def test_the_link_to_a_function_leads_to_the_feedback_below_it_and_back(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "ada/report.html")
    opened.follow("article a")
    assert opened.evaluate("document.querySelector(':target').textContent").split()[1] == "svm_loss_naive:"
    opened.follow("aside a")
    assert opened.evaluate("document.querySelector(':target h3 code').textContent") == "svm_loss_naive"


def names(page: Page) -> list[str]:
    """The hand-ins that the table shows, from above."""
    shown: list[str] = page.evaluate(
        "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetParent !== null || row.offsetHeight)"
        ".map((row) => row.cells[0].textContent)"
    )
    return shown


def choose(page: Page, control: str, value: str) -> None:
    page.evaluate(
        f"{{ const control = document.getElementById({control!r}); control.value = {value!r};"
        " control.dispatchEvent(new Event('input', { bubbles: true }));"
        " control.dispatchEvent(new Event('change', { bubbles: true })); }"
    )


def click(page: Page, selector: str) -> None:
    page.evaluate(f"document.querySelector({selector!r}).click()")


def test_a_click_on_a_heading_sorts_and_another_turns_the_order_around(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "index.html")
    click(opened, "th[data-column='1'] button")
    scores = "[...document.querySelectorAll('tbody td.percent')].map((cell) => cell.textContent)"
    assert opened.evaluate(scores) == ["not graded"] * 3 + ["0"] * 3 + ["4"] * 3
    click(opened, "th[data-column='1'] button")
    assert opened.evaluate(scores) == ["4"] * 3 + ["0"] * 3 + ["not graded"] * 3
    assert (
        opened.evaluate("document.querySelector('th[data-column=\"1\"]').getAttribute('aria-sort')")
        == "descending"
    )
    click(opened, "th[data-column='0'] button")
    assert names(opened) == [f"student{i:04d}" for i in range(9)]


def test_a_heading_sorts_by_keyboard_too(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "index.html")
    opened.evaluate("document.querySelector('th[data-column=\"0\"] button').focus()")
    opened.press("Enter")
    assert names(opened)[0] == "student0008"


@pytest.mark.parametrize(
    ("control", "value", "shown"),
    [
        ("search", "STUDENT0004", ["student0004"]),
        ("search", "pdf", ["student0002", "student0005", "student0008"]),
        ("which", "full", ["student0000", "student0003", "student0006"]),
        ("which", "below", ["student0001", "student0004", "student0007"]),
        ("which", "none", ["student0002", "student0005", "student0008"]),
        ("which", "person", ["student0002", "student0005", "student0008"]),
        ("mistake", "no-delta", ["student0001", "student0004", "student0007"]),
        ("check", "2", ["student0001", "student0004", "student0007"]),
        ("search", "nobody", []),
    ],
)
def test_the_table_shows_what_was_asked_for(
    browser: Browser, out: Path, control: str, value: str, shown: list[str]
) -> None:
    opened = browser.page(out / "index.html")
    choose(opened, control, value)
    assert names(opened) == shown
    assert opened.evaluate("document.getElementById('found').textContent") == f"{len(shown)} of 9 submissions"


def test_choosing_a_mistake_shows_who_makes_it(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "index.html")
    click(opened, "button[data-mistake]")
    assert names(opened) == ["student0001", "student0004", "student0007"]


def test_names_can_be_hidden_and_shown_again(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "index.html")
    click(opened, "#anonymous")
    assert names(opened)[:2] == ["submission 1", "submission 2"]
    assert "student" not in opened.evaluate("document.body.innerText")
    click(opened, "#anonymous")
    assert names(opened) == [f"student{i:04d}" for i in range(9)]
    assert (
        opened.evaluate("document.querySelector('tbody a').getAttribute('href')") == "student0000/report.html"
    )


def test_of_a_thousand_submissions_few_are_laid_out_and_scrolling_brings_the_others(
    browser: Browser, out: Path
) -> None:
    opened = browser.page(out / "big" / "index.html")
    assert opened.evaluate("document.getElementById('found').textContent") == f"{BIG} of {BIG} submissions"
    assert len(names(opened)) == 100
    opened.evaluate(
        """new Promise((done) => {
          const scroller = document.querySelector("div.table");
          const step = () => {
            const before = scroller.scrollTop;
            scroller.scrollTop = scroller.scrollHeight;
            setTimeout(() => (scroller.scrollTop === before ? done() : step()), 100);
          };
          step();
        })"""
    )
    assert names(opened) == [f"student{i:04d}" for i in range(BIG)]


def test_a_thousand_submissions_are_sorted_and_filtered_all_and_not_only_those_in_view(
    browser: Browser, out: Path
) -> None:
    opened = browser.page(out / "big" / "index.html")
    click(opened, "th[data-column='0'] button")
    assert names(opened)[0] == f"student{BIG - 1:04d}"
    choose(opened, "search", "student0004")
    assert names(opened) == ["student0004"]
    choose(opened, "search", "")
    choose(opened, "which", "full")
    third = len(range(0, BIG, 3))
    assert opened.evaluate("document.getElementById('found').textContent") == f"{third} of {BIG} submissions"
    assert opened.complaints == []


def test_all_submissions_are_printed(browser: Browser, out: Path) -> None:
    opened = browser.page(out / "big" / "index.html")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(names(opened)) == BIG


def test_hostile_text_runs_nothing_and_changes_nothing(browser: Browser, tmp_path: Path) -> None:
    grades = [a_hostile_grade(text) for text in HOSTILE.values()]
    write_class(grades, FUNCTIONS, tmp_path, ["html"])
    for i, text in enumerate(HOSTILE.values()):
        (tmp_path / f"{i}.html").write_bytes(WRITERS["html"].render(a_hostile_grade(text)))
    for path in sorted(tmp_path.glob("*.html")):
        opened = browser.page(path)
        assert opened.complaints == [], path.name
        assert opened.requests == [path.as_uri()], path.name
        assert not any(event["method"] == "Page.javascriptDialogOpening" for event in browser.events)
