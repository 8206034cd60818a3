"""The messages between the grader and a cluster's workers: bytes of a fixed form, both ways."""

from __future__ import annotations

import msgspec

from grading.grades.grade import Grade, IsolationFacts
from grading.running.code_version import library_versions, suite_hash
from grading.running.setup import RunSetup, suite_facts


class Task(msgspec.Struct, frozen=True, array_like=True):
    """Grade the hand-in in ``handin`` as ``setup`` says; without a hand-in, only say how it would be isolated."""

    versions: dict[str, str]
    setup: RunSetup
    handin: bytes | None = None


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The result of a task.

    Attributes:
        grade: the grade, unless something went wrong.
        isolation: how student code is isolated on that worker.
        refused: why the worker will not grade for this grader.
        died: how the process that graded it ended, for each attempt.
    """

    grade: Grade | None = None
    isolation: IsolationFacts | None = None
    refused: str | None = None
    died: str | None = None


def versions(setup: RunSetup) -> dict[str, str]:
    """Everything that a grade depends on apart from the hand-in; both sides must have the same.

    Raises:
        DatasetError: the data set cannot be obtained here.
    """
    facts = msgspec.structs.asdict(suite_facts(setup))
    return {
        "code": suite_hash()[:16],
        **library_versions(),
        **{name: " ".join(str(value).split())[:200] for name, value in facts.items()},
    }


def task(setup: RunSetup, versions: dict[str, str], handin: bytes | None = None) -> bytes:
    """Return a `Task` as bytes."""
    return encode(Task(versions, setup, handin))


def difference(theirs: dict[str, str], ours: dict[str, str]) -> str | None:
    """Say how a grader's ``versions`` differ from those here; None if they do not."""
    differ = [name for name in ours if ours[name] != theirs.get(name)]
    if not differ:
        return None
    return ", ".join(
        f"{name} {ours[name]} where the grader has {theirs.get(name, 'none')}" for name in differ
    )


encode = msgspec.msgpack.encode


def decode_reply(data: object) -> Reply:
    """Decode a reply strictly.

    Raises:
        ValueError: it is not a valid reply.
    """
    if not isinstance(data, bytes):
        raise ValueError(f"a {type(data).__name__} where a reply was expected")
    return msgspec.msgpack.decode(data, type=Reply)
