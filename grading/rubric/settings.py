"""The types that a rubric file is read into."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from grading.protocol.arguments import split
from grading.rubric.calling import ArgumentText, Calling
from grading.words import Language
from reference.losses import LossError, has_shapes, register

Points = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Function(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that is asked for.

    Attributes:
        kind: a loss function, or what trains or predicts: a method of a class, or a plain function; "network" for a
            loss of parameters of its own, a method or a plain function, and the network's train and predict.
        reference: the loss it is judged by: "svm", "softmax", or NAME for a file NAME.py beside the rubric.
        points: check -> points. A check that is not named here is not run.
        naive: for a vectorized loss, the function it must agree with.
        hidden: checks of which students learn nothing before the results are released.
        arguments: what a loss or a train is called with, in order, where that is not as in the course.
        parameters: what these are called in the starter and in what students read.
        returns: what a loss returns: the loss and dW, or a part from which they follow; "dscores" is the gradient with
            respect to the scores.
    """

    kind: Literal["loss", "train", "predict", "network", "network_train", "network_predict"]
    reference: str
    points: dict[str, Points]
    naive: str | None = None
    hidden: tuple[str, ...] = ()
    arguments: tuple[ArgumentText, ...] = ()
    parameters: tuple[str, ...] = ()
    returns: tuple[Literal["loss", "dW", "dscores", "probs"], ...] = ("loss", "dW")

    @property
    def is_network(self) -> bool:
        """Whether it is called with parameters of its own, not with W."""
        return self.kind.startswith("network")

    @property
    def takes_loss(self) -> bool:
        """Whether a train is called with the loss that it should minimize."""
        return any(split(argument)[1] == "loss" for argument in self.arguments)

    @property
    def counts_passes(self) -> bool:
        """Whether a train takes a number of passes over the data instead of a number of steps."""
        return any(split(argument)[1] == "epochs" for argument in self.arguments)

    @property
    def is_regularized(self) -> bool:
        """Whether a loss is called with the regularization strength."""
        return not self.arguments or any(split(argument)[1] == "reg" for argument in self.arguments)


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the accuracy check trains, and the share of right predictions that it asks for."""

    threshold: Share
    learning_rate: Positive
    reg: Annotated[float, msgspec.Meta(ge=0)]
    num_iters: Count
    batch_size: Count
    runs: Count


#: The checks of a search, in the order in which they are reported.
SEARCH_CHECKS = ("grid", "best", "rescored", "minimum")


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The search for the best model in a notebook, asked for only when notebooks are run.

    Attributes:
        model: the variable that holds the best model; its weights are ``model.W``.
        results: the variable with ``results[learning_rate, reg] = (training accuracy, validation accuracy)``.
        best: the variable with the best validation accuracy.
        test: the variable with the test accuracy of the best model.
        history: the variable with the losses of a training.
        learning_rates, regs: the variables with the sides of the grid.
        minimum: the true accuracy on validation pictures that the best model must be compatible with.
        points: check -> points. A check that is not named here is not run.
    """

    model: str
    results: str = "results"
    best: str = "best_val"
    test: str = "test_accuracy"
    history: str = "loss_hist"
    learning_rates: str = "learning_rates"
    regs: str = "regularization_strengths"
    minimum: Share = 0.0
    points: dict[str, Points] = {}

    @property
    def weights(self) -> str:
        """The weights of the best model, as an expression."""
        return f"{self.model}.W"

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that the checks look at."""
        return (
            *(self.results, self.best, self.weights, self.test),
            *(self.history, self.learning_rates, self.regs),
        )


DataName = Literal["digits", "cifar10"]
Hint = Literal["none", "line", "kind", "fix"]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What classifiers are trained on.

    Attributes:
        name: the data set: "digits", or "cifar10", which needs a folder.
    """

    name: DataName = "digits"


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one submission's process may use: wall time, processor time, and address space."""

    call_seconds: Positive = 10.0
    load_seconds: Positive = 20.0
    training_seconds: Positive = 60.0
    cpu_seconds: Count = 300
    handin_seconds: Positive = 120.0
    address_space_mebibytes: Annotated[int, msgspec.Meta(ge=512)] = 1024
    notebook_cell_seconds: Positive = 600.0
    notebook_seconds: Positive = 1800.0
    notebook_address_space_mebibytes: Annotated[int, msgspec.Meta(ge=512)] = 6144


class ExamSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much a loss function is asked.

    Attributes:
        size: "chosen", a selection that exposes thousands of wrong functions, or "full", all that has been drawn.
    """

    size: Literal["chosen", "full"] = "chosen"


class RepairSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The search for the change that makes a wrong loss function right.

    Attributes:
        candidates: how many changed functions are tried at most; 0 for no search. Points do not depend on it, but for
            those of ``[partial]``.
        hint: what students are told: nothing, the line, what kind of change it is as well, or the change itself.
    """

    candidates: Annotated[int, msgspec.Meta(ge=0)] = 1500
    hint: Hint = "line"


class PartialCredit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The share of a check's points that a function gets which fails it and which ``one_edit`` makes right."""

    one_edit: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0


Identifier = Annotated[str, msgspec.Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What students call things: the course's words, where the rubric does not say otherwise.

    Attributes:
        weights: the attribute of a classifier that holds W; of plain functions, the argument.
        loss: the method of a classifier that train calls.
        learning_rate, reg, num_iters, batch_size, verbose: the keyword arguments of train.
    """

    weights: Identifier = "W"
    loss: Identifier = "loss"
    learning_rate: Identifier = "learning_rate"
    reg: Identifier = "reg"
    num_iters: Identifier = "num_iters"
    batch_size: Identifier = "batch_size"
    verbose: Identifier = "verbose"


EditionName = Literal[
    "cs231n", "cs231n-2015", "cs231n-2016", "cs231n-2025", "comp411", "dlcourse", "eecs498", "two-layer-net"
]


class LateStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What more than so many minutes of being late make of a score."""

    minutes: Annotated[int, msgspec.Meta(ge=0)]
    factor: Share


class LatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What being late costs.

    Attributes:
        due: until when work is in time, with its offset from UTC; may be given with ``--due`` instead.
        grace_minutes: up to so many minutes late cost nothing.
        steps: in order of minutes; the last one whose minutes are exceeded holds. Minutes count from ``due``.
    """

    due: datetime | None = None
    grace_minutes: Annotated[int, msgspec.Meta(ge=0)] = 0
    steps: tuple[LateStep, ...] = ()


class Manual(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a person marks, such as the style of the code."""

    title: str
    points: Points


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of a rubric file; the shipped one explains each setting.

    Attributes:
        title: the name of the assignment.
        course: the name of the course, which stands before it at the top of every report.
        seed: every random case is drawn from it: the same submission gets the same grade.
        functions: what is asked for, by name: a function, or a method of a class as "LinearSVM.train".
        accuracy: the settings of the accuracy check, by data set and loss.
        data: what classifiers are trained on.
        reg_scale: the regularization is reg_scale * reg * sum(W * W); "either" accepts 1.0 and 0.5.
        delta: the margin of the SVM loss.
        tolerance: what is off by more than rounding, but by no more than this share of the size of a sum, is accepted.
        class_loops_allowed: whether a vectorized function may loop over the classes.
        manual_points: points for each inline question of a notebook; graded by hand, not part of the score.
        manual: further items that are graded by hand.
        late: what being late costs; nothing if there is no such table.
        limits: what one submission may use.
        exam: how much a loss function is asked.
        repair: how it is searched for what makes a wrong function right, and what students are told of that.
        partial: points for what is nearly right.
        names: what students call things, where that is not as in the course.
        edition: of which assignment this is a rubric; what it does not say is as in the rubric shipped for that.
        calling: how functions and classes are called, where that is not as in the course.
    """

    title: str
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    functions: dict[str, Function]
    accuracy: dict[DataName, dict[str, Accuracy]]
    data: Data = Data()
    reg_scale: Positive | Literal["either"] = 1.0
    delta: Positive = 1.0
    tolerance: Annotated[float, msgspec.Meta(ge=0, le=1e-4)] = 1e-12
    class_loops_allowed: bool = True
    manual_points: Points = 0.0
    manual: tuple[Manual, ...] = ()
    late: LatePolicy | None = None
    search: dict[str, Search] = {}
    lang: Language = "en"
    limits: LimitSettings = LimitSettings()
    course: str = ""
    exam: ExamSettings = ExamSettings()
    repair: RepairSettings = RepairSettings()
    partial: PartialCredit = PartialCredit()
    names: Names = Names()
    edition: EditionName = "cs231n"
    calling: Calling = Calling()

    @property
    def reg_scales(self) -> tuple[float, ...]:
        """The accepted values of ``reg_scale``, the course's first."""
        return (1.0, 0.5) if isinstance(self.reg_scale, str) else (self.reg_scale,)


class Rubric(msgspec.Struct, frozen=True, kw_only=True):
    """Settings, and the hash of the text that they were read from.

    Attributes:
        losses: name -> text of the losses that lie beside the rubric. They are known in every process that the rubric
            gets to.
        data_folder: where CIFAR-10 is, if that was said; classifiers are then trained on it, whatever ``[data]`` says.
    """

    settings: Settings
    sha256: str
    losses: dict[str, str] = {}
    data_folder: str | None = None

    @property
    def data_name(self) -> DataName:
        """The data set that classifiers are trained on."""
        return self.settings.data.name if self.data_folder is None else "cifar10"

    def __post_init__(self) -> None:
        for name, text in self.losses.items():
            register(name, text)
        for name, function in self.settings.functions.items():
            if function.reference in self.losses and function.is_network != has_shapes(function.reference):
                raise LossError(
                    f'functions.{name}: kind = "{function.kind}" goes with parameters of its own, and these with '
                    f'their shapes: {function.reference}.py needs shapes = {{"w": "D"}}, or kind = "loss" none'
                )

    @property
    def max_score(self) -> float:
        """The sum of the points of all checks."""
        return sum(sum(function.points.values()) for function in self.settings.functions.values())

    @property
    def asked_names(self) -> tuple[str, ...]:
        """The functions and classes that a submission must define, in rubric order."""
        names = [name.partition(".")[0] for name in self.settings.functions]
        return tuple(dict.fromkeys(names))

    @property
    def search_points(self) -> float:
        """The points of the searches, which count only if notebooks are run."""
        return sum(sum(search.points.values()) for search in self.settings.search.values())
