"""The page on which one marks, in a real browser, with a keyboard only, from a server that is killed in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading.gradebook.marking.marked_class import graded, notebook
from tests.grading.reports.chromium import Browser, Page, axe, chromium
from tests.grading.running.small_class import rows

PROGRAM = chromium()
ROOT = Path(__file__).resolve().parents[4]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        PROGRAM is None, reason="no Chromium is installed; on Debian: apt-get install chromium"
    ),
]
HOSTILE = (
    "<script>fetch('http://evil.example')</script><img src='http://evil.example/x.png' onerror='alert(1)'>"
    "<style>body { display: none }</style><a href='http://evil.example'>here</a> <b>bold</b>"
)


def test_a_class_is_marked_with_the_keyboard_and_nothing_is_lost(tmp_path: Path) -> None:
    out = graded(tmp_path, ada=notebook("Ten classes.", HOSTILE), tim=notebook("", "Blurry."))
    command = [sys.executable, str(ROOT / "grader.py"), "mark", str(out), "--as", "ada t."]
    # In a group of its own, whose readers end with it.
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert server.stdout is not None
    assert PROGRAM is not None
    try:
        url = next(line.strip() for line in server.stdout if "http://" in line)
        with Browser(PROGRAM, tmp_path / "profile") as browser:
            page = browser.page(url)
            mark_all(page)
            assert page.complaints == []
            here = url.partition("#")[0]
            assert [request for request in page.requests if not request.startswith(here)] == []
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        server.stdout.close()
    given = rows(
        out,
        "SELECT name, points, comment FROM hand_marks JOIN handins ON handins.id = handin ORDER BY hand_marks.id",
    )
    assert given == [
        ("ada", 2.5, ""),
        ("tim", 0.0, "Empty."),
        ("ada", 4.0, ""),
        ("ada", None, ""),
        ("ada", 1.0, "Empty."),
        ("tim", 4.0, ""),
    ]
    assert rows(out, "SELECT name, score FROM gradebook ORDER BY name") == [("ada", 7.5), ("tim", 8.0)]


def mark_all(page: Page) -> None:
    """Mark both questions of ada and tim; one mark is undone and given again."""
    where = "document.getElementById('where').textContent"
    status = "document.getElementById('status').textContent"

    def at(name: str, question: int) -> None:
        page.wait_for(f"{where} === '{name} · Question {question} of 3'")

    def press(keys: str) -> None:
        for key in keys:
            page.press(key)

    at("ada", 1)
    assert "token" in page.evaluate("Object.keys(sessionStorage).join()")
    assert page.evaluate("location.hash") == ""
    press("9")
    page.press("Enter")
    page.wait_for(f"{status}.startsWith('There are only 4 points')")
    page.evaluate("document.getElementById('points').select()")
    press("2.5")
    page.press("Enter")
    at("tim", 1)
    assert page.wait_for("!document.getElementById('note').hidden")
    press("0cEmpty.")
    page.press("Escape")
    press("k")
    at("ada", 1)
    page.wait_for(f"{status}.startsWith('What you typed for tim is not saved')")
    press("j")
    at("tim", 1)
    press("e")
    check(page)
    page.press("Tab")
    assert page.evaluate("document.activeElement.id") == "yes"
    page.press("Escape")
    press("c")
    page.press("Enter", ctrl=True)
    at("ada", 2)
    shown = page.wait_for(
        "document.getElementById('answer').shadowRoot.querySelector('b')?.getRootNode().innerHTML"
    )
    assert "evil" not in shown
    press("f")
    at("tim", 2)
    press("u")
    page.wait_for(f"{status}.startsWith('Taken back')")
    at("ada", 2)
    press("c")
    press("Empty.")
    page.press("Escape")
    press("1")
    page.press("Enter")
    at("tim", 2)
    press("f")
    at("ada", 3)
    press("m?")
    check(page)
    page.press("Escape")
    check(page)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def check(page: Page) -> None:
    """Nothing keeps people from the page as it is now."""
    script = axe()
    assert script is None or page.violations(script) == []
