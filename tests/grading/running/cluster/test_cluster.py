"""A class graded by a real scheduler and real workers, on this machine's loopback."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from grading.intake.reader import Reader
from grading.rubric.reading import load_rubric
from grading.running.cluster import client
from grading.running.cluster.client import ClusterError, grade_on_cluster
from grading.running.setup import RunSetup
from tests.grading.running.small_class import RIGHT, WRONG, make_class

ROOT = Path(__file__).resolve().parents[4]
FAULT = Path(__file__).with_name("kills_workers.py")
NAMES = [f"student{k}" for k in range(5)]

if find_spec("distributed") is None:
    pytest.skip("distributed is not installed", allow_module_level=True)


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of dask's, until the end of the block."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"} | variables
    command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler that gives a task up once it has lost two workers."""
    file = folder / "scheduler.json"
    with started(
        *("scheduler", "--port", "0", "--scheduler-file", str(file)),
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1",
    ):
        yield json.loads(when_there(file).read_text())["address"]


def when_there(path: Path) -> Path:
    for _ in range(600):
        if path.exists():
            return path
        time.sleep(0.05)
    raise AssertionError(f"{path} has not come")


def grader(work: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    rubric = work.parent / "rubric.toml"
    arguments = [str(work), "--out", str(out), "--rubric", str(rubric), "--allow-unsafe", *options]
    command = [sys.executable, str(ROOT / "grader.py"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def grades(out: Path) -> dict[str, Any]:
    """All grades, without times, and without the place of the programs that make the walls."""
    found = {path.parent.name: json.loads(path.read_text()) for path in out.glob("*/report.json")}
    for grade in found.values():
        grade["isolation"].pop("detail")
        for timed in (grade, *grade["checks"]):
            timed.pop("seconds")
    return found


def test_a_lost_worker_costs_nothing_and_a_hand_in_that_kills_workers_costs_only_itself(
    tmp_path: Path,
) -> None:
    others = {name: WRONG if k == 1 else RIGHT for k, name in enumerate(NAMES)}
    work = make_class(tmp_path / "class", **others, zoe_kills_workers=RIGHT)
    worker = ("worker", "--nthreads", "1", "--preload", str(FAULT), "--local-directory", str(tmp_path))
    with (
        scheduler(tmp_path) as address,
        started(*worker, "--no-nanny", address) as victim,
        started(*worker, address),
        started(*worker, address),
        grader(work, tmp_path / "out", "--cluster", address) as run,
    ):
        when_there(tmp_path / "out" / NAMES[0] / "report.json")
        victim.kill()
        said, _ = run.communicate(timeout=120)
    assert said.splitlines()[-1].startswith("5 graded (1 with failures), 1 not graded")
    assert run.returncode == 3

    with grader(work, tmp_path / "here", "--jobs", "2") as local:
        local.communicate(timeout=120)
    there, here = grades(tmp_path / "out"), grades(tmp_path / "here")
    killer = there.pop("zoe_kills_workers")
    del here["zoe_kills_workers"]
    assert there == here
    assert killer["state"] == "not_graded"
    assert killer["reason"].startswith("every worker of the cluster that tried it was lost")


def test_without_a_scheduler_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_SECONDS_TO_CONNECT", 0.5)
    setup = RunSetup(load_rubric())
    with pytest.raises(ClusterError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 ") as raised:
        next(grade_on_cluster([], setup, "tcp://127.0.0.1:1", lambda *_: None, Reader(apart=False)))
    assert "\n" not in str(raised.value)


def test_the_commands_of_dask_that_the_page_on_clusters_names_exist() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    named = re.findall(r"^dask (\w+) (.*)$", page, flags=re.MULTILINE)
    assert {command for command, _ in named} == {"scheduler", "worker"}
    for command, options in named:
        module = importlib.import_module(f"distributed.cli.dask_{command}")
        known = {option for parameter in module.main.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", options)) <= known
