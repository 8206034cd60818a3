"""Templates that have been compiled before."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from grading.reports.compiled import Compiled


def rendered(templates: Path, kept: Path) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates), bytecode_cache=Compiled(kept), autoescape=True
    )
    return environment.get_template("page.html").render(name="<Ada>")


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("Hello, {{ name }}!")
    return folder


def test_what_was_compiled_is_found_again(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rendered(templates, tmp_path / "kept") == "Hello, &lt;Ada&gt;!"
    assert list((tmp_path / "kept").iterdir())
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert rendered(templates, tmp_path / "kept") == "Hello, &lt;Ada&gt;!"


def test_a_template_that_has_changed_is_compiled_again(templates: Path, tmp_path: Path) -> None:
    rendered(templates, tmp_path / "kept")
    (templates / "page.html").write_text("Goodbye, {{ name }}!")
    assert rendered(templates, tmp_path / "kept") == "Goodbye, &lt;Ada&gt;!"


def test_a_damaged_file_is_no_obstacle(templates: Path, tmp_path: Path) -> None:
    rendered(templates, tmp_path / "kept")
    for file in (tmp_path / "kept").iterdir():
        file.write_bytes(file.read_bytes()[:-20])
    assert rendered(templates, tmp_path / "kept") == "Hello, &lt;Ada&gt;!"


def test_where_nothing_can_be_written_nothing_is_kept(templates: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("where the folder would be")
    assert rendered(templates, tmp_path / "a file") == "Hello, &lt;Ada&gt;!"
    assert rendered(templates, tmp_path / "a file" / "below") == "Hello, &lt;Ada&gt;!"
