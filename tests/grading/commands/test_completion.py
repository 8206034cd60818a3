"""Shell completion: bash is asked what it would complete."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import grader
from grading import commands


@pytest.mark.skipif(shutil.which("bash") is None, reason="asks bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ru", {"rubric"}),
        ("--al", {"--allow-unsafe"}),
        ("rubric --e", {"--explain"}),
        ("starter --r", {"--rubric"}),
        ("completion ", {"bash", "zsh", "tcsh"}),
        ("mark --i", {"--import"}),
        ("watch --l", {"--lang"}),
        ("test --", {"--rubric", "--hunt"}),
    ],
)
def test_bash_completes_commands_and_options(
    typed: str, offered: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(["completion", "bash"]) == commands.GRADED
    script = tmp_path / "completion.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    words = ["grader.py", *typed.split(" ")]
    array = " ".join(f"'{word}'" for word in words)
    asked = (
        f"source {script}; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; "
        f"_shtab_grader_py grader.py '{words[-1]}' '{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    said = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert offered <= {word.strip() for word in said.stdout.splitlines()}


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script_that_names_the_commands(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(["completion", shell]) == commands.GRADED
    script = capsys.readouterr().out
    assert all(name in script for name in commands.COMMANDS)
