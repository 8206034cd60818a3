from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.protocol import packing, wire
from grading.protocol.frames import MAX_REPLY_HEADER, PREFIX, Assembler, ProtocolError, frame
from grading.sandbox import requests
from grading.sandbox.messages import Raised, Received, Returned, Seed
from grading.sandbox.pairs import PackedCalls, Pairs

NONCE = b"n" * 16
ENCODE = msgspec.msgpack.Encoder().encode


def reply(body: object, *arrays: packing.Array, index: int = 0) -> bytes:
    header = ENCODE([NONCE, index, msgspec.to_builtins(body)])
    return frame(header, [array.tobytes() for array in arrays])


def claiming(array: wire.WireArray, payload: bytes) -> bytes:
    """A reply that says it holds ``array``, whatever there is in ``payload``."""
    body = wire.WireReturned(wire.WireValue("numpy.ndarray", array), [], None)
    return frame(ENCODE([NONCE, 0, msgspec.to_builtins(body)]), [payload])


def described(array: packing.Array) -> wire.WireArray:
    return wire.WireArray(packing.NAMES[array.dtype], array.shape)


W, y = np.arange(12.0).reshape(3, 4), np.array([1, 0, 1], np.uint8)
VALID = [
    reply(wire.WireReturned(wire.WireValue("float", 1.5), [], 77)),
    reply(wire.WireReturned(wire.WireValue("numpy.ndarray", described(W)), [], None), W),
    reply(
        wire.WireReturned(
            wire.WireValue(
                "tuple",
                wire.WireItems([wire.WireValue("numpy.float64", 0.5), wire.WireValue("x", described(W))]),
            ),
            [described(y), described(W)],
            None,
        ),
        *(W, y, W),
    ),
    reply(wire.WireReturned(wire.WireValue("complex", wire.WireComplex(1.0, 2.0)), [], None)),
    reply(wire.WireReturned(wire.WireValue("dict", wire.WireOpaque()), [], None)),
    reply(wire.WireReturned(wire.WireValue("bool", described(y > 0)), [], None), y > 0),
    reply(wire.WireReturned(wire.WireValue("empty", described(W[:0])), [], None), W[:0]),
    reply(wire.Raised("ValueError", "shapes (3,4) and (5,)", "svm.py, line 3")),
    reply(wire.WireUnknown()),
    reply(wire.WirePairs(2), np.arange(26.0)),
    reply(wire.WireNothing(3)),
    reply(wire.Reached(wire.WirePlace(0, 1, 2))),
    reply(wire.Finished(["a remark"], {"svm_loss_naive": "it failed"})),
]


def taken(data: bytes, max_payload: int = 1000) -> object:
    """All that our side does with what a worker sends."""
    assembler = Assembler()
    assembler.feed(data)
    found = assembler.next(max_payload)
    if found is None:
        return None
    body = requests.decode_reply(found[0], NONCE, 0).body
    if isinstance(body, (wire.WireReturned, wire.Raised)):
        return requests.outcome_of(Seed(0), body, found[1])
    if isinstance(body, wire.WireNothing):
        return requests.nothing(body, found[1], 3)
    if isinstance(body, wire.WirePairs):
        pairs = Pairs(PackedCalls.of([(W,)] * 3))
        pairs.take(body, found[1])
        return pairs
    return body


def test_every_kind_of_reply_is_taken() -> None:
    kinds = [type(taken(data)).__name__ for data in VALID]
    assert kinds == ["Returned"] * 7 + ["Raised", "WireUnknown", "Pairs", "int", "Reached", "Finished"]
    outcome = taken(VALID[2])
    assert isinstance(outcome, Returned)
    assert isinstance(outcome.result.value, tuple)
    assert outcome.result.value[0] == Received("numpy.float64", 0.5)
    np.testing.assert_array_equal(outcome.inputs[0], y)
    np.testing.assert_array_equal(outcome.inputs[1], W)


@given(st.sampled_from(VALID), st.lists(st.integers(1, 40), max_size=30))
def test_frames_come_together_from_any_portions(data: bytes, portions: list[int]) -> None:
    assembler = Assembler()
    position = 0
    for portion in portions:
        if position + portion >= len(data):
            break
        assembler.feed(data[position : position + portion])
        assert assembler.next(1000) is None
        position += portion
    assembler.feed(data[position:] + VALID[0])
    whole = Assembler()
    whole.feed(data)
    assert assembler.next(1000) == whole.next(1000)
    assert assembler.pending == len(VALID[0])


@pytest.mark.parametrize(
    ("prefix", "complaint"),
    [
        (PREFIX.pack(b"GET ", 10, 0), "does not begin"),
        (PREFIX.pack(b"SGr1", MAX_REPLY_HEADER + 1, 0), "header of"),
        (PREFIX.pack(b"SGr1", 10, 1001), "arrays of 1001 bytes"),
        (PREFIX.pack(b"SGr1", 10, (1 << 64) - 1), "arrays of"),
    ],
)
def test_a_prefix_that_cannot_be_accepted_is_refused_before_anything_is_read(
    prefix: bytes, complaint: str
) -> None:
    with pytest.raises(ProtocolError, match=complaint):
        taken(prefix)


@pytest.mark.parametrize(
    ("wire_array", "payload"),
    [
        (wire.WireArray("|O", (1,)), b"\0" * 8),
        (wire.WireArray("<f8", (2,)), b"\0" * 8),
        (wire.WireArray("<f8", (1,)), b"\0" * 9),
        (wire.WireArray("<f8", (1 << 40, 1 << 40)), b"\0" * 8),
        (wire.WireArray("<f8", (0, 1 << 40, 1 << 40)), b""),
        (wire.WireArray("<f8", (1,) * 9), b"\0" * 8),
        (wire.WireArray("<f8", (-1, -1)), b"\0" * 8),
        (wire.WireArray("<f8", (1 << 41,)), b"\0" * 8),
        (wire.WireArray("<f8,<f8", (1,)), b"\0" * 16),
    ],
)
def test_an_array_that_does_not_add_up_is_refused(wire_array: wire.WireArray, payload: bytes) -> None:
    outcome = taken(claiming(wire.WireArray("|b1", (3,)), b"\x00\x01\xff"))
    assert isinstance(outcome, Returned)
    assert isinstance(outcome.result.value, np.ndarray)
    assert outcome.result.value.sum() == 2


@pytest.mark.parametrize("data", [reply(wire.WireUnknown(), index=1), VALID[0].replace(NONCE, b"m" * 16)])
def test_a_reply_to_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        taken(data)


@pytest.mark.parametrize(
    "data",
    [
        reply(wire.WireNothing(4)),
        reply(wire.WireNothing(0)),
        reply(wire.WireNothing(-1)),
        reply(wire.WireNothing(2), W),
    ],
)
def test_nothing_for_more_steps_than_there_are_or_for_none_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        taken(data)


def nested(depth: int) -> bytes:
    value: object = ["float", 1.0]
    for _ in range(depth):
        value = ["tuple", ["t", [value]]]
    return frame(ENCODE([NONCE, 0, ["returned", value, [], None]]), [])


def test_values_nested_beyond_the_limit_are_refused() -> None:
    assert isinstance(taken(nested(wire.MAX_DEPTH)), Returned)
    # The packer of msgspec cannot make the deepest; two bytes a level can be written by hand.
    value = b"\x92\xa1x\x92\xa1t\x91" * 30_000
    deepest = frame(b"\x93\xc4\x10" + NONCE + b"\x00\x94\xa8returned" + value, [])
    for data in (nested(wire.MAX_DEPTH + 1), nested(100), deepest):
        with pytest.raises(ProtocolError):
            taken(data)


def test_more_items_than_the_limit_are_refused() -> None:
    items = [wire.WireValue("", None)] * (wire.MAX_ITEMS + 1)
    data = reply(wire.WireReturned(wire.WireValue("list", wire.WireItems(items)), [], None))
    with pytest.raises(ProtocolError, match="items"):
        taken(data)


def test_text_is_cleaned_and_cut_on_our_side() -> None:
    raised = wire.Raised("E\x1b[31m\nx" + "y" * 500, "\x1b[2J" + "m" * 9000, "\u202e" + "w" * 900)
    outcome = taken(reply(raised))
    assert isinstance(outcome, Raised)
    assert outcome.type_name.startswith("E xy")
    assert len(outcome.type_name) == wire.MAX_TYPE_NAME
    assert len(outcome.message) == wire.MAX_MESSAGE
    assert outcome.where is not None
    assert outcome.where[0] == "w"
    assert len(outcome.where) == wire.MAX_WHERE


STRANGE: tuple[object, ...] = (
    *(None, True, -1, 0, 1, 2**63, 2**64 - 1, 1e308, float("nan"), "", "<f8", "|O", "a", "t", b"", NONCE),
    *([], {}, [[]], {"a": 1}, ["a", "<f8", [2**40] * 8], ["a", "|b1", [96]], ["t", [["t", ["t", []]]]]),
)

# Mutations of frames: of the bytes, of the lengths, and of the structure within the header.


def flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def replace(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] = rng.choice(
        (0, 0x7F, 0x80, 0x90, 0x9F, 0xC0, 0xC4, 0xDC, 0xDD, 0xDF, 0xFF)
    )


def remove(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.randrange(1, 9)]


def insert(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data) + 1)
    data[start:start] = rng.randbytes(rng.randrange(1, 9))


def splice(rng: random.Random, data: bytearray) -> None:
    other = rng.choice(VALID)
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


def lengths(rng: random.Random, data: bytearray) -> None:
    if len(data) >= PREFIX.size:
        interesting = (0, 1, 7, 96, 1000, 1 << 20, 1 << 31, (1 << 32) - 1)
        data[4:8] = rng.choice(interesting).to_bytes(4, "little")
        data[8:16] = rng.choice((*interesting, (1 << 64) - 1)).to_bytes(8, "little")


def structure(rng: random.Random, data: bytearray) -> None:
    """Replace one part of the header by something else that msgpack can hold, with lengths that fit."""
    try:
        _, header_size, _ = PREFIX.unpack_from(data)
        content = msgspec.msgpack.decode(bytes(data[PREFIX.size : PREFIX.size + header_size]))
    except Exception:
        return
    payload = bytes(data[PREFIX.size + header_size :])
    parts = [(content, k) for k in range(len(content))] if isinstance(content, list) else []
    for holder, key in parts:
        if isinstance(holder[key], list):
            parts += [(holder[key], k) for k in range(len(holder[key]))]
    if parts:
        holder, key = rng.choice(parts)
        holder[key] = rng.choice((*STRANGE, [holder[key]] * 3))
    data[:] = frame(ENCODE(content), [payload])


MUTATIONS: list[Callable[[random.Random, bytearray], None]] = [
    *(flip, replace, remove, insert, splice, lengths),
    *[structure] * 4,
]


def test_a_hundred_thousand_mutated_frames_are_taken_or_refused_and_nothing_else() -> None:
    rng = random.Random(231)
    taken_frames = refused = 0
    for valid in itertools.islice(itertools.cycle(VALID), 110_000):
        data = bytearray(valid)
        for _ in range(rng.randrange(1, 4)):
            if data:
                rng.choice(MUTATIONS)(rng, data)
        try:
            outcome = taken(bytes(data))
        except ProtocolError:
            refused += 1
        else:
            taken_frames += 1
            if isinstance(outcome, Returned):
                assert sum(array.nbytes for array in outcome.inputs) <= 1000
    # Mutations that all fail at the first byte would show nothing.
    assert taken_frames > 5_000
    assert refused > 50_000
