"""The container image: a linter finds nothing, and what is copied into it is enough to grade."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "Containerfile"


def test_the_linter_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, FILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_is_not_root_that_grades_in_a_small_image_of_pinned_libraries() -> None:
    text = FILE.read_text()
    final = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001$", final, re.MULTILINE)
    assert "pip install" not in final
    assert "--require-hashes" in text
    assert len(set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))) == 1


def copied() -> list[tuple[Path, str]]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", FILE.read_text(), re.MULTILINE)
    pairs = [(words[:-1], words[-1]) for words in map(str.split, lines)]
    return [(path, target) for sources, target in pairs for name in sources for path in ROOT.glob(name)]


def test_what_is_copied_into_it_is_enough_to_grade(tmp_path: Path) -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for path, target in copied():
        assert any(path in ROOT.glob(pattern) for pattern in kept), f"{path} is left out by .dockerignore"
        place = tmp_path / target.strip("/")
        if path.is_dir():
            shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"))
        elif "requirements" not in path.name:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    command = re.search(r'ENTRYPOINT \["python", "(.+)"\]', FILE.read_text())
    assert command is not None
    done = subprocess.run(
        [
            sys.executable,
            tmp_path / command[1].strip("/"),
            ROOT / "submissions" / "ada.ipynb",
            "--out",
            tmp_path,
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "100/100  ada" in done.stdout, done.stderr


def test_the_libraries_of_a_cluster_are_those_of_every_other_run() -> None:
    pins = [
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-cluster.lock")
    ]
    assert pins[0] < pins[1]
    assert any(pin.startswith("distributed==") for pin in pins[1])
