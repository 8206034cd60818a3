"""Every command that the documentation names is one that exists, and every file that it links to is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import grader
from grading.commands import COMMANDS, GRADED, command

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
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
    elif words[0] == ".venv/bin/subgrader":
        check_grader(words[1:])
    elif words[0] == ".venv/bin/pytest":
        assert (ROOT / words[1]).is_dir()
        assert words[2].startswith("--submission="), "tests/checks/test_entrance.py runs it"
    else:
        assert command in (
            "python3 -m venv .venv",
            ".venv/bin/pip install --require-hashes -r requirements.lock",
            ".venv/bin/pip install .",
        ), f"{page} names a command that nothing tests"


def check_grader(arguments: list[str]) -> None:
    """The command line takes these arguments; placeholders like [PATH...] and DIR are left out."""
    if arguments and arguments[0] in COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            grader.main([arguments[0], "--help"])
        return
    known = {option for action in command("grade").parser()._actions for option in action.option_strings}
    for word in arguments:
        option = word.strip("[]").split()[0]
        assert not option.startswith("--") or option in known, option


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the pages' placeholders exist: a class of one, a rubric with all that they show, times."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "path" / "to" / "class").mkdir(parents=True)
    unwritten = "def svm_loss_naive(W, X, y, reg):\n    pass\n"
    (folder / "path" / "to" / "class" / "ada.py").write_text(unwritten, encoding="utf-8")
    (page,) = [page for page in PAGES if page.name == "rubric.md"]
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"^```toml\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    (times,) = re.findall(r"^```csv\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    (folder / "times.csv").write_text(times, encoding="utf-8")
    (folder / "roster.csv").write_text("name,email\nada,ada@example.edu\n", encoding="utf-8")
    rubric = (ROOT / "checks" / "rubric.toml").read_text(encoding="utf-8")
    additions = [block for block in shown if not block.startswith("[functions")]
    (folder / "my-rubric.toml").write_text("\n".join([rubric, *additions]), encoding="utf-8")
    (page,) = [page for page in PAGES if page.name == "extending.md"]
    for language, name in (("python", "squared_hinge.py"), ("toml", "rubric.toml")):
        block = re.search(
            rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        assert block is not None
        (folder / name).write_text(block[1], encoding="utf-8")
    return folder


CHEAP = ("rubric", "starter", "completion", "doctor", "pack", "path/to/class")
# With --data the class is trained on CIFAR-10: the tests of --execute and --data do so, with little of it.
RUN = sorted(
    {
        c
        for _, c in FOUND
        if c.startswith(".venv/bin/python grader.py ") and c.split()[2] in CHEAP and "--data" not in c
    }
)


@pytest.mark.parametrize("command", RUN)
def test_a_documented_command_runs(command: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    arguments = shlex.split(command.partition(">")[0])[2:]
    if arguments[0] == "path/to/class":
        arguments.append("--allow-unsafe")
    code = grader.main(arguments)
    # Whether this machine can build walls is not the documentation's business.
    assert code == GRADED or arguments[0] == "doctor"


def test_cheap_commands_are_run() -> None:
    assert len(RUN) >= 8


def test_the_site_builds_without_a_link_that_leads_nowhere_or_a_request_to_anywhere(tmp_path: Path) -> None:
    # Not --quiet: it keeps warnings from being counted, and with them what `strict` is for.
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([a-z]+:[^"]+)"', page.read_text("utf-8")
        )
        assert [address for address in loaded if not address.startswith("data:")] == [], page.name


def test_the_version_stands_in_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        grader.main(["--version"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert capsys.readouterr().out == f"subgrader {version}\n"
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
