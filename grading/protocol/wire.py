"""The protocol's vocabulary: the contents of headers. How arrays are sent after them is in `packing`.

Everything is data of a fixed shape; nothing that is received is ever executed or looked up by name. Imports nothing of
ours, so that the worker can use it where nothing else can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec

MAX_DIMENSIONS = 8
MAX_DEPTH = 3
MAX_ITEMS = 20_000
MAX_TEXT = 10_000
MAX_TYPE_NAME = 80
MAX_MESSAGE = 2_000
MAX_WHERE = 200

Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Shape: TypeAlias = Annotated[tuple[Size, ...], msgspec.Meta(max_length=MAX_DIMENSIONS)]


class _Wire(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """Base of all messages: positional, with no unknown fields."""


class WireArray(_Wire, tag="a"):
    """An array whose bytes follow the header, in the order in which headers name them."""

    dtype: str
    shape: Shape


class WireComplex(_Wire, tag="c"):
    """A complex number."""

    real: float
    imag: float


class WireOpaque(_Wire, tag="o"):
    """Something that cannot be sent."""


class WireItems(_Wire, tag="t"):
    """A tuple or a list."""

    items: list[WireValue]


class WireValue(_Wire):
    """A value of the student's: the name of its type, and as much of its content as can be sent."""

    type_name: str
    value: bool | int | float | str | WireArray | WireComplex | WireOpaque | WireItems | None


class WireRepeated(_Wire, tag="r"):
    """An array that is filled with a few entries, in C order, again and again: only these are sent."""

    entries: WireArray
    shape: Shape


class WireShared(_Wire, tag="s"):
    """The array that the worker has mapped, as it was shared, whatever student code has done to it since."""

    shape: Shape


WireArgument: TypeAlias = bool | int | float | str | WireArray | WireRepeated | WireShared | None

A = TypeVar("A", covariant=True)  # an argument or an array, as the grader holds it or as it is sent


class Call(_Wire, Generic[A], tag="call"):
    """Call ``function`` (a requested name) on new writable arrays; ``layout`` is one of `inside.memory_layouts`.

    ``return_inputs`` asks for the array arguments as they are after the call, ``count_bytecodes`` for the number of
    bytecodes executed in student code during it. Both are only what the worker claims.
    """

    function: str
    args: tuple[A, ...]
    kwargs: Mapping[str, A] = {}
    return_inputs: bool = False
    count_bytecodes: bool = False
    layout: str = ""


class Create(_Wire, tag="create"):
    """Make an object of the class ``name`` without arguments and keep it as ``handle``."""

    name: str
    handle: str


class Assign(_Wire, Generic[A], tag="assign"):
    """Set an attribute of the object ``handle``."""

    handle: str
    attribute: str
    value: A


class Read(_Wire, tag="read"):
    """Return an attribute of the object ``handle``."""

    handle: str
    attribute: str


class Invoke(_Wire, Generic[A], tag="invoke"):
    """Call a method of the object ``handle``, as `Call` does with a function."""

    handle: str
    method: str
    args: tuple[A, ...] = ()
    kwargs: Mapping[str, A] = {}
    return_inputs: bool = False


class PlugLoss(_Wire, Generic[A], tag="plug"):
    """Replace the method ``loss`` of the object ``handle`` with a stand-in that has set answers and keeps its inputs.

    Call k (from 0) returns ``(losses[k % K], gradients[k % K])``. The inputs of its calls are read with `PluggedCalls`,
    which is only what the worker claims; with ``tells_batches``, the resulting W reveals them, too.

    Attributes:
        losses, gradients: (K,) and (K, D, C), float64.
        tells_batches: whether each sample of the batch is added to the gradient, in the column of its label.
        weights, loss: the attribute that holds W, and the name of the method.
    """

    handle: str
    losses: A
    gradients: A
    tells_batches: bool = False
    weights: str = "W"
    loss: str = "loss"


class PluggedCalls(_Wire, tag="plugged"):
    """Return the stand-in's calls so far as a list of (W, X_batch, y_batch, reg), with W as it was at each call.

    If all are alike (arrays of one type and shape, and a float), as four arrays whose first axis is the call.
    """

    handle: str


class Seed(_Wire, tag="seed"):
    """Seed ``numpy.random``, ``random`` and every generator made without a seed from here on."""

    seed: int


WireStep: TypeAlias = (
    Call[WireArgument]
    | Create
    | Assign[WireArgument]
    | Read
    | Invoke[WireArgument]
    | PlugLoss[WireArray]
    | PluggedCalls
    | Seed
)


class WireBlock(_Wire):
    """`submission.Block`, and its statements, if they have been compiled by those who read it."""

    code: str
    cell: str | None
    first_line: int
    whole: bool = False
    compiled: bytes = b""


class WireSource(_Wire):
    """`submission.Source`."""

    name: str
    module: str
    blocks: list[WireBlock]


class WireDefinition(_Wire):
    """Where a requested name is defined: see `submission.Definition`."""

    name: str
    source: str
    cell: str | None
    first_line: int
    last_line: int


class WireCalling(_Wire):
    """How one of the student's functions or classes is called, where that differs from the course.

    Attributes:
        name: its requested name.
        kind: "class", or what a function computes: "loss", "train" or "predict"; "network", "network_train" or
            "network_predict" if it is called with parameters of its own.
        tensors: whether arrays are PyTorch tensors.
        turned_weights, turned_samples: whether W is (C, D), and whether X is (D, N).
        arguments: those of the loss, of the train, or of the class's train; empty for the course's.
        returns: for a loss, what it returns; empty for the loss and dW.
        make: the arguments with which an object of the class is made.
        minimizes: the loss functions whose sum the class minimizes, if it has no method for that; for a train, the one
            that it is called with.
        roles, weights: the methods of the class, by name: "train", "predict" or "loss"; its attribute that holds W.
        shapes: those of a network's parameters, a letter for each axis: {"W1": "DH", "b1": "H"}.
    """

    name: str
    kind: str
    tensors: bool = False
    turned_weights: bool = False
    turned_samples: bool = False
    arguments: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    minimizes: tuple[str, ...] = ()
    roles: dict[str, str] = {}
    weights: str = "W"
    shapes: dict[str, str] = {}


class WirePlace(_Wire):
    """One top-level statement of the student's: source and block by number, and its line in that block."""

    source: int
    block: int
    line: int


class Load(_Wire, tag="load"):
    """Load these files and provide these names; skip the statements in ``skip``, which did not end."""

    nonce: bytes
    sources: list[WireSource]
    definitions: list[WireDefinition]
    skip: list[WirePlace]
    callings: list[WireCalling] = []


class Batch(_Wire, tag="batch"):
    """Run these steps in order; answer each with a frame, at once or, if ``together``, many in one frame."""

    nonce: bytes
    steps: list[WireStep]
    together: bool


class WireFile(_Wire):
    """A file of the hand-in: its name, with forward slashes, and its bytes."""

    name: str
    content: WireArray


class Cell(_Wire):
    """A code cell, its number among all cells, and the variables to send after it ("best_svm.W")."""

    number: int
    code: str
    wanted: tuple[str, ...] = ()


class Execute(_Wire, tag="execute"):
    """Write these files, change to ``folder`` among them, and run the cells of a notebook that is there.

    Each cell is answered with two frames, `Entered` before it runs and `Ended` after it, whose index is the position of
    the cell in ``cells``.
    """

    nonce: bytes
    files: list[WireFile]
    folder: str
    cells: list[Cell]


class TrainAgain(_Wire, tag="train again"):
    """Train another ``model`` as the notebook did, with these settings, class c as classes[c]; answered like a cell."""

    nonce: bytes
    model: str
    learning_rate: float
    reg: float
    classes: list[int]


class WireCalls(_Wire):
    """Calls of few kinds: call k has the layout and the arrays ``kinds[numbers[k]]``, followed by ``others[k]``."""

    kinds: list[tuple[str, list[WireArray | WireRepeated]]]
    numbers: list[int]
    others: list[list[WireArgument]]


class Pairs(_Wire, tag="pairs"):
    """Call ``function`` many times. ``calls`` are `WireCalls`, each packed once, with the bytes of their arrays.

    Answers of the usual form (a float, or an array of one number, and a float64 array with the shape of the first
    argument) are sent as `WirePairs`, many calls at a time; other answers, as for the steps of a `Batch`.
    """

    nonce: bytes
    function: str
    calls: list[tuple[msgspec.Raw, int]]


Request: TypeAlias = Load | Batch | Execute | TrainAgain | Pairs


class Reached(_Wire, tag="reached"):
    """Sent before each top-level statement, so that one that never ends can be identified."""

    place: WirePlace


class Finished(_Wire, tag="finished"):
    """Loading is over."""

    remarks: list[str]
    failures: dict[str, str]


class WireReturned(_Wire, tag="returned"):
    """`messages.Returned`."""

    result: WireValue
    inputs: list[WireArray]
    bytecodes: int | None


class Raised(_Wire, tag="raised"):
    """Student code raised; ``where`` is "svm.py, line 12". Clean it before showing it: see `requests.raised`."""

    type_name: str
    message: str
    where: str | None = None


class WirePairs(_Wire, tag="paired"):
    """The answers to ``count`` calls, starting at the index of the reply: first the floats, then the arrays.

    Attributes:
        listed: whether each was a list instead of a tuple.
        shape: of the one-number array in place of each float; None for plain floats.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]
    listed: bool = False
    shape: Shape | None = None


class WireNothing(_Wire, tag="nothing"):
    """Reports that ``count`` steps, starting at the index of the reply, each returned None."""

    count: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]


class WireUnknown(_Wire, tag="unknown"):
    """The step names an object that this process does not have."""


class Entered(_Wire, tag="entered"):
    """Sent before each cell of a notebook, so that one that never ends can be identified."""


class Ended(_Wire, tag="ended"):
    """The result of a cell.

    Attributes:
        error: what it raised.
        printed: the beginning of what it printed, and the end if that is not everything.
        pictures: the PNGs that it showed, as arrays of bytes.
        dropped: how many further or larger ones there were.
        found, remarks: the requested variables that exist, and sentences.
    """

    error: Raised | None
    printed: str
    pictures: list[WireArray]
    dropped: int
    found: dict[str, WireValue]
    remarks: list[str]


class Reply(_Wire):
    """One answer to the batch with this nonce, to its step number ``index`` (0 throughout for `Load`)."""

    nonce: bytes
    index: int
    body: Reached | Finished | WireReturned | Raised | WirePairs | WireNothing | WireUnknown | Entered | Ended
