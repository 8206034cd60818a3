"""Every command that the documentation names is one that exists, and every file that it links to is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

import grader
from grading.commands import command

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "submissions/README.md",
    *(ROOT / "docs").glob("*.md"),
]


def commands(page: Path) -> list[str]:
    """Lines of code blocks that are commands, without their comments, and commands in running text."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`((?:\.venv/bin/|grader\.py |make )[^`]+)`", text)
    return [line for line in lines if re.match(r"(\$ )?(make |uv |python3 -m|\.venv/bin/|grader\.py )", line)]


FOUND = [(page.name, command) for page in PAGES for command in commands(page)]


def test_the_pages_name_commands() -> None:
    assert len({command for _, command in FOUND}) >= 10


@pytest.mark.parametrize(("page", "command"), FOUND)
def test_a_documented_command_exists(page: str, command: str) -> None:
    words = shlex.split(command.removeprefix("$ "))
    if words[0] == "make":
        subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)
    elif "grader.py" in words:
        check_grader(words[words.index("grader.py") + 1 :])
    elif words[0] == ".venv/bin/pytest":
        assert (ROOT / words[1]).is_dir()
        assert words[2] == "--submission", "tests/checks/test_entrance.py runs it"
    else:
        assert command in (
            "python3 -m venv .venv",
            ".venv/bin/pip install --require-hashes -r requirements.lock",
        ), f"{page} names a command that nothing tests"


def check_grader(arguments: list[str]) -> None:
    """The command line takes these arguments; placeholders like [PATH...] and DIR are left out."""
    if arguments and arguments[0] in grader.COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            grader.main([arguments[0], "--help"])
        return
    known = {option for action in command("grade").parser()._actions for option in action.option_strings}
    for word in arguments:
        option = word.strip("[]").split()[0]
        assert not option.startswith("--") or option in known, option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
