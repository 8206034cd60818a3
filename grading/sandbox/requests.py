"""Our side of the wire: encodes steps, measures what they send, and decodes replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from grading.intake.submission import Submission, compiled_key
from grading.protocol import packing, wire
from grading.protocol.frames import ProtocolError, frame
from grading.sandbox.messages import (
    OPAQUE,
    Array,
    Assign,
    Call,
    Create,
    Invoke,
    Loaded,
    Lost,
    Outcome,
    PlugLoss,
    Raised,
    Received,
    Repeated,
    Returned,
    Step,
)
from grading.sandbox.shared_array import SharedArray
from grading.sandbox.text import clean
from grading.sandbox.worker_sentences import in_run_language
from grading.words import say

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(wire.Reply).decode

# The most that a reply may carry unless stated otherwise: inputs back, a gradient, a history, with room to spare.
_REPLY_BYTES = 16 << 20
#: The most that a function may answer: enough for arrays of a wrong shape to be described as such.
ANSWER_BYTES, _ANSWER_TIMES = 1 << 20, 16
_LONG_IMPORT = "scipy.special"
_PLAIN = frozenset((int, float, str, bool, type(None)))
_MAX_SENTENCES = 50
_MAX_SENTENCE = 500


class _Encoder:
    def __init__(self, shared: SharedArray | None = None) -> None:
        self.arrays: list[bytes] = []
        self._shared = shared

    def array(self, array: Array) -> wire.WireArray:
        packed = packing.packed(array, self.arrays)
        if packed is None:
            raise TypeError(f"an array of dtype {array.dtype} cannot be sent to a worker")
        return packed

    def argument(self, value: object) -> wire.WireArgument:
        if isinstance(value, np.ndarray):
            return self.array(value)
        if type(value) in _PLAIN:
            return value  # type: ignore[return-value]
        if isinstance(value, Repeated):
            return wire.WireRepeated(self.array(value.entries), value.shape)
        if isinstance(value, SharedArray):
            return wire.WireShared(value.array.shape) if value is self._shared else self.array(value.array)
        # NumPy's float64 and str_ are subclasses of Python's types, but msgpack wants the real ones.
        for kind in (int, float, str):
            if isinstance(value, kind):
                return kind(value)
        raise TypeError(f"a {type(value).__name__} cannot be sent to a worker")

    def step(self, step: Step) -> Any:
        sent: Any = step
        match step:
            case Call() | Invoke():
                # In the order in which the worker takes the arrays out.
                args = tuple(map(self.argument, step.args))
                kwargs = {name: self.argument(value) for name, value in step.kwargs.items()}
                sent = replace(sent, args=args, kwargs=kwargs)
            case Assign():
                sent = replace(sent, value=self.argument(step.value))
            case PlugLoss():
                sent = replace(sent, losses=self.array(step.losses), gradients=self.array(step.gradients))
        return sent


def batch_frame(
    nonce: bytes, steps: Sequence[Step], shared: SharedArray | None = None, *, together: bool = False
) -> bytes:
    """Build the frame that tells a worker to run ``steps``.

    Args:
        nonce: what the replies must carry.
        steps: what to run.
        shared: the array that the worker has mapped and need not be sent.
        together: whether replies may wait for each other.

    Raises:
        TypeError: an argument cannot be sent.
    """
    encoder = _Encoder(shared)
    wire_steps = [encoder.step(step) for step in steps]
    return frame(_encode(wire.Batch(nonce, wire_steps, together)), encoder.arrays)


def packed_calls(calls: Sequence[Sequence[object]], layouts: Sequence[str]) -> tuple[bytes, bytes]:
    """Encode the arguments of calls, and their memory layouts, as `wire.WireCalls`, and the bytes of their arrays.

    Raises:
        TypeError: an argument cannot be sent, or an array comes after something else.
    """
    encoder = _Encoder()
    kinds: dict[bytes, int] = {}
    packed = wire.WireCalls([], [], [])
    for call, layout in zip(calls, layouts, strict=True):
        arguments = [encoder.argument(value) for value in call]
        arrays = [a for a in arguments if isinstance(a, wire.WireArray | wire.WireRepeated)]
        others = arguments[len(arrays) :]
        if arguments != [*arrays, *others]:
            raise TypeError("arrays must stand before all other arguments")
        kind = layout, arrays
        number = kinds.setdefault(_encode(kind), len(kinds))
        if number == len(packed.kinds):
            packed.kinds.append(kind)
        packed.numbers.append(number)
        packed.others.append(others)
    return _encode(packed), b"".join(encoder.arrays)


def pairs_frame(
    nonce: bytes, function: str, headers: Sequence[msgspec.Raw], payloads: Sequence[bytes]
) -> bytes:
    """Build the frame that asks a worker for the answers of ``function`` to packed calls."""
    calls = list(zip(headers, map(len, payloads), strict=True))
    return frame(_encode(wire.Pairs(nonce, function, calls)), list(payloads))


def packed_step(step: Step) -> tuple[wire.WireStep, bytes]:
    """Encode one step, and the bytes of its arrays.

    Raises:
        TypeError: an argument cannot be sent.
    """
    encoder = _Encoder()
    return encoder.step(step), b"".join(encoder.arrays)


def load_frame(nonce: bytes, submission: Submission, skip: Sequence[wire.WirePlace]) -> bytes:
    """Build the frame that gives a worker the student's files, and nothing else that we know."""
    return frame(_encode(load(nonce, submission, skip)), [])


def load(nonce: bytes, submission: Submission, skip: Sequence[wire.WirePlace]) -> wire.Load:
    """Return the content of the frame of `load_frame`."""
    sources = [
        wire.WireSource(
            source.name,
            source.module,
            [
                wire.WireBlock(
                    block.code,
                    block.cell,
                    block.first_line,
                    block.whole,
                    submission.compiled.get(compiled_key(source, block), b""),
                )
                for block in source.blocks
            ],
        )
        for source in submission.sources
    ]
    definitions = [
        wire.WireDefinition(definition.name, definition.source, definition.cell, *definition.lines)
        for definition in submission.definitions.values()
    ]
    return wire.Load(nonce, sources, definitions, list(skip), list(submission.callings))


def long_import(submission: Submission) -> str | None:
    """The module, if the files need it, that takes longer to import than many hand-ins take to grade."""
    if any(calling.tensors for calling in submission.callings):
        return "torch"
    text = [block.code for source in submission.sources for block in source.blocks]
    mentioned = all(any(word in code for code in text) for word in _LONG_IMPORT.split("."))
    return _LONG_IMPORT if mentioned else None


def called_by(step: Step) -> str:
    """The function or method that a step calls; "" if it calls none."""
    if isinstance(step, Call):
        return step.function
    return step.method if isinstance(step, Invoke) else ""


def function_of(step: Step) -> str:
    """The function whose code a step runs; "" for none."""
    return step.name if isinstance(step, Create) else called_by(step)


def first_function_of(steps: Sequence[Step], first: int) -> str:
    """The first function whose code runs in ``steps`` from number ``first`` on; "" if there is none."""
    return next((name for k in range(first, len(steps)) if (name := function_of(steps[k]))), "")


def most_bytes(step: Step, asked: int) -> int:
    """The maximum size of the arrays in an answer to ``step``, which sends ``asked`` bytes of arrays."""
    if isinstance(step, Call):
        return ANSWER_BYTES + _ANSWER_TIMES * asked
    return _REPLY_BYTES + 2 * asked


def array_bytes(step: Step) -> int:
    """The size in bytes of the arrays that a worker gets by ``step``."""
    if isinstance(step, (Call, Invoke)):
        values = (*step.args, *step.kwargs.values())
    elif isinstance(step, PlugLoss):
        values = (step.losses, step.gradients)
    elif isinstance(step, Assign):
        values = (step.value,)
    else:
        return 0
    return sum([value.nbytes for value in values if isinstance(value, (np.ndarray, Repeated))])


def decode_reply(header: bytes, nonce: bytes, index: int) -> wire.Reply:
    """Decode a reply's header, and check that it is the reply we are waiting for.

    Raises:
        ProtocolError: it is not a reply, or not to this batch and step.
    """
    try:
        reply = _decode(header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ProtocolError(f"a reply that cannot be read: {clean(str(error), 200)}") from None
    if reply.nonce != nonce:
        raise ProtocolError("a reply to something that was not asked")
    if reply.index != index:
        raise ProtocolError(f"a reply to step {reply.index} where step {index} was next")
    return reply


def received(value: wire.WireValue, unpacker: packing.Unpacker) -> Received:
    """Decode a value.

    Raises:
        ProtocolError: it is nested deeper or longer than a worker may send, or its arrays do not add up.
    """
    return _received(value, unpacker, 0)


def _received(value: wire.WireValue, unpacker: packing.Unpacker, depth: int) -> Received:
    if depth > wire.MAX_DEPTH:
        raise ProtocolError("a value nested too deeply")
    content: Any = value.value
    # By exact type first, because nearly every value is one of these.
    kind = type(content)
    if kind is wire.WireArray:
        content = unpacker.take(content)
    elif kind is float or kind is int or content is None:
        pass
    elif isinstance(content, wire.WireItems):
        if len(content.items) > wire.MAX_ITEMS:
            raise ProtocolError(f"{len(content.items)} items, over the limit of {wire.MAX_ITEMS}")
        content = tuple([_received(item, unpacker, depth + 1) for item in content.items])
    elif isinstance(content, str):
        content = clean(content, wire.MAX_TEXT)
    elif isinstance(content, wire.WireComplex):
        content = complex(content.real, content.imag)
    elif isinstance(content, wire.WireOpaque):
        content = OPAQUE
    return Received(_type_name(value.type_name), content)


_known_type_names: dict[str, str] = {
    name: name for name in ("numpy.ndarray", "numpy.float64", "float", "int", "tuple", "list", "NoneType")
}


def _type_name(name: str) -> str:
    return _known_type_names.get(name) or clean(name, wire.MAX_TYPE_NAME).replace("\n", " ").replace(
        "\t", " "
    )


def raised(body: Raised) -> Raised:
    """Clean an error of the student's code."""
    where = None if body.where is None else clean(body.where, wire.MAX_WHERE)
    return Raised(_type_name(body.type_name), clean(body.message, wire.MAX_MESSAGE), where)


def nothing(body: wire.WireNothing, payload: bytearray, remaining: int) -> int:
    """Return how many of the ``remaining`` steps have returned None.

    Raises:
        ProtocolError: more than there are, or anything besides that.
    """
    packing.Unpacker(payload).finish()
    if body.count > remaining:
        raise ProtocolError(f"{body.count} answers where {remaining} were asked for")
    return body.count


def outcome_of(step: Step, body: object, payload: bytearray) -> Outcome:
    """Decode the reply to ``step``.

    Raises:
        ProtocolError: it is not an answer to a step, its arrays do not add up, or a value is beyond the limits.
    """
    unpacker = packing.Unpacker(payload)
    if isinstance(body, wire.WireReturned):
        result = received(body.result, unpacker)
        inputs = tuple([unpacker.take(array) for array in body.inputs])
        unpacker.finish()
        return Returned(result, inputs, body.bytecodes)
    if isinstance(body, Raised):
        unpacker.finish()
        return raised(body)
    if not isinstance(body, wire.WireUnknown):
        raise ProtocolError("an answer to another kind of request")
    if isinstance(step, Call):
        return Raised("NameError", say("{name} is not there.", name=step.function))
    return Lost("skipped", say("The object that this needs is not there."))


def loaded_from(body: wire.Finished, submission: Submission) -> Loaded:
    """Decode the message that ends loading, as far as it concerns ``submission``."""
    remarks = tuple(in_run_language(clean(remark, _MAX_SENTENCE)) for remark in body.remarks[:_MAX_SENTENCES])
    failures = {
        name: in_run_language(clean(body.failures[name], _MAX_SENTENCE))
        for name in submission.definitions
        if name in body.failures
    }
    return Loaded(remarks, failures)
