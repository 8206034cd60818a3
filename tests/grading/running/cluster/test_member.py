"""The process that grades on a cluster's worker, and what is said when it cannot."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grading.intake.find import find
from grading.intake.packed_handin import pack
from grading.rubric.reading import load_rubric
from grading.running.cluster import client, worker
from grading.running.cluster.client import ClusterError
from grading.running.cluster.member import Member
from grading.running.cluster.messages import Reply, Task, decode_reply, task, versions
from grading.running.setup import RunSetup
from tests.grading.running.small_class import RIGHT, make_class


@pytest.fixture
def setup(tmp_path: Path) -> RunSetup:
    make_class(tmp_path / "class", ada=RIGHT)
    return RunSetup(load_rubric(tmp_path / "rubric.toml"), allow_unsafe=True)


def test_a_task_comes_back_as_a_grade_that_names_the_place_the_hand_in_has_here(
    tmp_path: Path, setup: RunSetup
) -> None:
    [handin] = find([tmp_path / "class" / "ada.py"])
    reply = decode_reply(worker.answer(task(setup, versions(setup), pack(handin))))
    assert reply.grade is not None
    assert reply.grade.score == 4
    assert reply.grade.submission.path == str(handin.path)


def test_a_grader_of_another_version_is_refused_with_what_differs(setup: RunSetup) -> None:
    other = versions(setup) | {"numpy": "1.0"}
    with Member() as member:
        reply = member.answer(Task(other, setup))
    assert reply == Reply(refused=f"it has numpy {versions(setup)['numpy']} where the grader has 1.0")
    assert "the worker at tcp://x cannot be used: it has numpy" in client._refusal(
        "the worker at tcp://x", reply
    )


def test_a_process_that_dies_is_replaced_and_reported_when_it_dies_again(
    tmp_path: Path, setup: RunSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif '-m' in sys.orig_argv and 'grading.running.cluster.member' in sys.orig_argv: os._exit(7)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(worker, "HOME", tmp_path)
    reply = worker.Members().answer(task(setup, versions(setup)))
    assert decode_reply(reply) == Reply(died="ended with exit code 7, twice")


@pytest.mark.parametrize("data", [b"", b"\x90\x90", msgspec.msgpack.encode([1, 2]), None, Path])
def test_what_is_no_reply_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_reply(data)


def test_workers_that_cannot_be_asked_are_reported_in_one_line() -> None:
    class Broken:
        def wait_for_workers(self, count: int, timeout: float) -> None: ...

        def run(self, *arguments: object) -> None:
            raise ModuleNotFoundError("No module named 'grading'")

    with pytest.raises(ClusterError, match=r"the workers cannot grade \(No module named 'grading'\)"):
        client._levels(Broken(), b"")  # type: ignore[arg-type]
