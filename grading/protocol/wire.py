"""The protocol's vocabulary: what headers hold. How arrays travel behind them is in `packing`.

Everything is data of a fixed shape; nothing that comes off the wire is ever executed or looked up by name.
Imports nothing of ours, so that the worker can use it where nothing else can be seen.
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
    """What is sent: positional, and nothing unknown."""


class WireArray(_Wire, tag="a"):
    """An array whose bytes follow behind the header, in the order in which headers name them."""

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
    """A value of the student's: the name of its type, and what of it can be sent."""

    type_name: str
    value: bool | int | float | str | WireArray | WireComplex | WireOpaque | WireItems | None


class WireShared(_Wire, tag="s"):
    """The array that the worker has mapped, as it was shared, whatever student code has done to it."""

    shape: Shape


WireArgument: TypeAlias = bool | int | float | str | WireArray | WireShared | None

A = TypeVar("A", covariant=True)  # an argument, or an array: as the grader has it, or as it travels


class Call(_Wire, Generic[A], tag="call"):
    """Call ``function`` (an asked-for name) on fresh writable arrays; ``layout`` is one of `inside.memory_layouts`.

    ``return_inputs`` asks for the array arguments as they are after the call; ``count_bytecodes`` for the number of
    bytecodes executed in student code during it. Both depend on the worker's word alone.
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
    """Call a method of the object ``handle``, as `Call` does a function."""

    handle: str
    method: str
    args: tuple[A, ...] = ()
    kwargs: Mapping[str, A] = {}
    return_inputs: bool = False


class PlugLoss(_Wire, Generic[A], tag="plug"):
    """Replace the method ``loss`` of the object ``handle`` by a stand-in with prepared answers that keeps its inputs.

    Call k (from 0) returns ``(losses[k % K], gradients[k % K])``. What it was called with is read with
    `PluggedCalls`, which is the worker's word; with ``tells_batches``, what W becomes tells it, too.

    Attributes:
        losses, gradients: (K,) and (K, D, C), float64.
        tells_batches: whether to each gradient the samples of the batch are added, each in the column of its label.
        weights: the attribute that holds W.
        loss: what the method is called.
    """

    handle: str
    losses: A
    gradients: A
    tells_batches: bool = False
    weights: str = "W"
    loss: str = "loss"


class PluggedCalls(_Wire, tag="plugged"):
    """Return the stand-in's calls so far as a list of (W, X_batch, y_batch, reg), with W as it was then.

    Where all are alike, arrays of one type and shape and a float: as four arrays, in which calls are the first axis.
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
    """`submission.Block`."""

    code: str
    cell: str | None
    first_line: int
    whole: bool = False


class WireSource(_Wire):
    """`submission.Source`."""

    name: str
    module: str
    blocks: list[WireBlock]


class WireDefinition(_Wire):
    """Where an asked-for name is defined: see `submission.Definition`."""

    name: str
    source: str
    cell: str | None
    first_line: int
    last_line: int


class WireCalling(_Wire):
    """How one of the student's functions or classes is called, where that is not as in the course.

    Attributes:
        name: by which it is asked for.
        kind: "class", or what a function does: "loss", "train" or "predict"; "network", "network_train" or
            "network_predict" for what is called with parameters of its own.
        tensors: whether arrays are PyTorch's.
        turned_weights: whether W is (C, D).
        turned_samples: whether X is (D, N).
        arguments: of the loss, of the train, or of the class's train; empty for the course's.
        returns: of a loss: what it returns, empty for the loss and dW.
        make: with what an object of the class is made.
        minimizes: the loss functions whose sum the class minimizes, where it has no method for that; of a train, the
            one that it is called with.
        roles: what methods of the class are: "train", "predict" or "loss", by their names.
        weights: the attribute of the class that holds W.
        shapes: of a network's parameters, a letter for each side: {"W1": "DH", "b1": "H"}.
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
    """Load these files and provide these names; pass over the statements in ``skip``, which did not end."""

    nonce: bytes
    sources: list[WireSource]
    definitions: list[WireDefinition]
    skip: list[WirePlace]
    callings: list[WireCalling] = []


class Batch(_Wire, tag="batch"):
    """Take these steps in order; answer each with a frame, at once, or, if ``together``, many in one piece."""

    nonce: bytes
    steps: list[WireStep]
    together: bool


class WireFile(_Wire):
    """A file of the hand-in, with forward slashes in its name, and its bytes."""

    name: str
    content: WireArray


class Cell(_Wire):
    """A code cell, its number among all cells, and the variables to send after it ("best_svm.W")."""

    number: int
    code: str
    wanted: tuple[str, ...] = ()


class Execute(_Wire, tag="execute"):
    """Write these files, go to ``folder`` among them, and run the cells of a notebook that lies there.

    Each cell is answered by two frames, `Entered` before it runs and `Ended` after it, whose index is the place of the
    cell among ``cells``.
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
    """Calls whose arguments are arrays, of which there are few kinds, and then other things.

    Call k has arrays as ``layouts[numbers[k]]`` says, and behind them ``others[k]``.
    """

    layouts: list[list[WireArray]]
    numbers: list[int]
    others: list[list[WireArgument]]


class Pairs(_Wire, tag="pairs"):
    """Call ``function`` again and again. ``calls`` are `WireCalls`, packed once for all hand-ins.

    What comes back as most loss functions answer, a float or an array that holds one, and an array of float64 in the
    shape of the first argument, is answered by `WirePairs`, many calls at a time; other calls as steps of a `Batch`.
    """

    nonce: bytes
    function: str
    calls: msgspec.Raw


Request: TypeAlias = Load | Batch | Execute | TrainAgain | Pairs


class Reached(_Wire, tag="reached"):
    """Said before each top-level statement, so that one which never ends is known by name."""

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
    """Student code raised; ``where`` is "svm.py, line 12". Clean it before it is shown: see `requests.raised`."""

    type_name: str
    message: str
    where: str | None = None


class WirePairs(_Wire, tag="paired"):
    """The answers of ``count`` calls, from the index of the reply on: first the floats, then the arrays.

    Attributes:
        listed: whether each was a list instead of a tuple.
        shape: of the array of one number in the place of each float; None for plain floats.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]
    listed: bool = False
    shape: Shape | None = None


class WireNothing(_Wire, tag="nothing"):
    """What ``count`` steps returned, from the index of the reply on: None, each of them."""

    count: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]


class WireUnknown(_Wire, tag="unknown"):
    """The step names an object that this process does not have."""


class Entered(_Wire, tag="entered"):
    """Said before each cell of a notebook, so that one which never ends is known."""


class Ended(_Wire, tag="ended"):
    """What came of a cell.

    Attributes:
        error: what it raised.
        printed: the beginning of what it printed, and the end where that is not all.
        pictures: the PNGs that it showed, as arrays of bytes.
        dropped: how many more there were, or larger ones.
        found: the wanted variables that are there.
        remarks: sentences.
    """

    error: Raised | None
    printed: str
    pictures: list[WireArray]
    dropped: int
    found: dict[str, WireValue]
    remarks: list[str]


class Reply(_Wire):
    """One answer: to the batch with this nonce, to its step number ``index`` (0 throughout for `Load`)."""

    nonce: bytes
    index: int
    body: Reached | Finished | WireReturned | Raised | WirePairs | WireNothing | WireUnknown | Entered | Ended
