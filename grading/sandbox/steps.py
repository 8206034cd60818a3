"""What steps cost to send, whose code they run, and what the replies to them say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grading.intake.submission import Submission
from grading.protocol import wire
from grading.protocol.frames import ProtocolError
from grading.sandbox import requests
from grading.sandbox.messages import (
    Assign,
    Call,
    Create,
    Invoke,
    Loaded,
    Lost,
    Outcome,
    PlugLoss,
    Raised,
    Step,
)
from grading.sandbox.text import clean
from grading.sandbox.worker_sentences import in_run_language
from grading.words import say

# What a reply may carry unless said otherwise: inputs back, a gradient, a history, with room to spare.
_REPLY_BYTES = 16 << 20
#: What a function may answer: enough for arrays of a wrong shape to be told what is wrong with them.
ANSWER_BYTES, _ANSWER_TIMES = 1 << 20, 16
_LONG_IMPORT = "scipy.special"
_MAX_SENTENCES = 50
_MAX_SENTENCE = 500


def long_import(submission: Submission) -> str | None:
    """The module that takes longer to import than many a hand-in to be graded, if the files need it."""
    if any(calling.tensors for calling in submission.callings):
        return "torch"
    text = [block.code for source in submission.sources for block in source.blocks]
    mentioned = all(any(word in code for code in text) for word in _LONG_IMPORT.split("."))
    return _LONG_IMPORT if mentioned else None


def function_of(step: Step) -> str:
    """Whose code a step runs, "" for nobody's."""
    if isinstance(step, (Call, Invoke)):
        return step.function if isinstance(step, Call) else step.method
    return step.name if isinstance(step, Create) else ""


def first_function_of(steps: Sequence[Step], first: int) -> str:
    """Whose code is the first to run in ``steps`` from number ``first`` on, "" if none does."""
    return next((name for k in range(first, len(steps)) if (name := function_of(steps[k]))), "")


def most_bytes(step: Step, asked: int) -> int:
    """What the arrays in an answer to ``step``, which sends ``asked`` bytes of them, may have."""
    if isinstance(step, Call):
        return ANSWER_BYTES + _ANSWER_TIMES * asked
    return _REPLY_BYTES + 2 * asked


def array_bytes(step: Step) -> int:
    """Bytes of the arrays that ``step`` sends."""
    if isinstance(step, (Call, Invoke)):
        values = (*step.args, *step.kwargs.values())
    elif isinstance(step, PlugLoss):
        values = (step.losses, step.gradients)
    elif isinstance(step, Assign):
        values = (step.value,)
    else:
        return 0
    return sum([value.nbytes for value in values if isinstance(value, np.ndarray)])


def outcome_of(step: Step, body: object, payload: bytearray) -> Outcome:
    """What the reply to ``step`` says.

    Raises:
        ProtocolError: it is no answer to a step.
    """
    if isinstance(body, (wire.WireReturned, wire.WireRaised)):
        return requests.outcome(body, payload)
    if not isinstance(body, wire.WireUnknown):
        raise ProtocolError("an answer to another kind of request")
    if isinstance(step, Call):
        return Raised("NameError", say("{name} is not there.", name=step.function))
    return Lost("skipped", say("The object that this needs is not there."))


def loaded_from(body: wire.Finished, submission: Submission) -> Loaded:
    """What is said at the end of loading, as far as it concerns ``submission``."""
    remarks = tuple(in_run_language(clean(remark, _MAX_SENTENCE)) for remark in body.remarks[:_MAX_SENTENCES])
    failures = {
        name: in_run_language(clean(body.failures[name], _MAX_SENTENCE))
        for name in submission.definitions
        if name in body.failures
    }
    return Loaded(remarks, failures)
