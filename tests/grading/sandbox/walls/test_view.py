from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from grading.sandbox.inside.clearing import clear
from grading.sandbox.walls import bubblewrap
from grading.sandbox.walls.view import PROJECT, View, parents, view, worker_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has walls to see through")


def covers(paths: tuple[Path, ...], path: Path) -> bool:
    return any(path.is_relative_to(root) for root in paths)


def test_numpy_scipy_and_the_standard_library_can_be_read() -> None:
    import numpy as np
    import scipy

    for module in (np, scipy, os):
        assert covers(view().readable, Path(str(module.__file__)).resolve())


def test_nothing_hidden_can_be_read_not_even_what_hides_more(tmp_path: Path) -> None:
    for folder in ("os", "site-packages/numpy", "site-packages/inner/site-packages/other", "json"):
        (tmp_path / folder).mkdir(parents=True)
    hidden = tmp_path / "site-packages", tmp_path / "site-packages/inner/site-packages"
    found = View(Path("/bin/python"), (tmp_path,), hidden, (), ())
    assert found.readable == (Path("/bin/python"), tmp_path / "json", tmp_path / "os")


@pytest.mark.parametrize("name", ["sklearn", "hypothesis", "pytest", "IPython"])
def test_no_other_package_can_be_read(name: str) -> None:
    import importlib.util

    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    assert not covers(view().readable, Path(spec.origin).resolve())


def worker_files() -> list[Path]:
    """The modules of the worker's side, relative to the project."""
    found = [file for path in worker_side() for file in ([path] if path.is_file() else path.rglob("*.py"))]
    return [file.relative_to(PROJECT) for file in found]


def test_nothing_of_the_project_can_be_read_but_the_workers_own_side() -> None:
    assert not covers(view().readable, PROJECT / "reference")
    assert not covers(view().readable, PROJECT / "grading")
    assert {file.name for file in worker_files()} >= {
        "frames.py",
        "packing.py",
        "wire.py",
        "zygote.py",
        "library.py",
    }
    assert all(
        file.parts[:2] in {("grading", "sandbox"), ("grading", "protocol"), ("grading", "__init__.py")}
        for file in worker_files()
    )
    assert not {"client.py", "selftest.py", "messages.py", "requests.py"} & {
        file.name for file in worker_files()
    }


def test_the_workers_side_imports_nothing_else_of_the_project() -> None:
    allowed = {
        str(file.with_suffix("")).replace("/", ".").removesuffix(".__init__") for file in worker_files()
    }
    for file in worker_files():
        for line in (PROJECT / file).read_text().splitlines():
            words = line.split()
            if words[:1] == ["from"] and words[1].partition(".")[0] in {"grading", "reference", "checks"}:
                assert words[1] in allowed, (file, line)


def test_a_hidden_folder_is_left_out_of_what_holds_it(tmp_path: Path) -> None:
    for name in ("lib/python3/site-packages/secret", "lib/python3/json", "lib/other"):
        (tmp_path / name).mkdir(parents=True)
    lib = tmp_path / "lib"
    hidden = lib / "python3/site-packages"
    seen = View(tmp_path / "python", (lib,), (hidden,), (), ()).readable
    assert set(seen) == {tmp_path / "python", lib / "other", lib / "python3/json"}


def test_parents_come_from_the_outside_in() -> None:
    paths = [Path("/a/b/c"), Path("/a/d")]
    assert parents(paths) == [Path("/a"), Path("/a/b")]


def test_the_command_line_shows_nothing_but_what_is_listed() -> None:
    command = bubblewrap.command(Path("/usr/bin/bwrap"), view(), user_namespace=True)
    shown = {command[k + 1] for k, word in enumerate(command) if word in {"--ro-bind", "--dev-bind"}}
    listed = {*view().python, *view().packages, *view().devices, view().executable}
    own = set(worker_side())
    loaders = {path for path in map(Path, shown) if path.name.startswith("ld-")}
    assert {Path(path) for path in shown} <= listed | own | loaders
    assert "--bind" not in command
    assert "--proc" not in command


def test_whatever_a_folder_holds_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "file").write_text("x")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "closed/within").mkdir(parents=True)
    (folder / "closed").chmod(0)
    here = Path.cwd()
    try:
        os.chdir(folder)
        for _ in range(1200):
            Path("deep").mkdir()
            os.chdir("deep")
        clear(str(folder))
    finally:
        os.chdir(here)
    assert list(tmp_path.iterdir()) == []
